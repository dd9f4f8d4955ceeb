import type { LightMyRequestResponse } from 'fastify';
import type { App } from '../../../gateway/api/app.ts';
import { buildApp } from '../../../gateway/api/open-api.ts';
import { idOf } from '../../../gateway/api/secret.ts';
import type { Role } from '../../../gateway/ledger/accounts.ts';
import { type FakeContext, fakeContext } from '../../tools/fake-context.ts';

export interface Asked {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'HEAD';
  readonly url: string;
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly as?: Role | undefined;
  readonly from?: string;
}

export interface ApiUnderTest extends AsyncDisposable {
  readonly app: App;
  readonly context: FakeContext;
  ask(asked: Asked): Promise<LightMyRequestResponse>;
}

/** The cookie of somebody of that role, whose session is there already. */
export function cookieOf(context: FakeContext, role: Role, forMs = 3_600_000): string {
  const secret = `secret-of-${role}`;
  const expiresAt = context.wire.now() + forMs;
  context.accounts.sessions.set(idOf(secret), { id: idOf(secret), account: `some-${role}`, role, expiresAt });
  return `gengfu=${secret}`;
}

const hasBody = (method: string): boolean => method === 'POST' || method === 'PATCH';

/** The API over a gateway in memory, asked without a socket. */
export async function apiUnderTest(context: FakeContext = fakeContext()): Promise<ApiUnderTest> {
  const app = await buildApp({ consoleDir: `${import.meta.dirname}/no-such-directory` }, context);
  await app.ready();
  return {
    app,
    context,
    ask: ({ method = 'GET', url, body, headers = {}, as, from = '10.0.0.9' }) =>
      app.inject({
        method,
        url,
        headers: {
          ...(hasBody(method) ? { 'content-type': 'application/json' } : {}),
          ...(as === undefined ? {} : { cookie: cookieOf(context, as) }),
          ...headers,
        },
        ...(hasBody(method) ? { payload: body ?? {} } : {}),
        remoteAddress: from,
      }),
    [Symbol.asyncDispose]: () => app.close(),
  };
}

/** `name=value` of the cookie that an answer sets. */
export const cookieIn = (answer: { headers: Readonly<Record<string, unknown>> }): string =>
  String(answer.headers['set-cookie']).split(';')[0] ?? '';
