import { expect, test } from 'vitest';
import { openApi } from '../../../gateway/api/open-api.ts';
import { idOf } from '../../../gateway/api/secret.ts';
import { fakeContext } from '../../tools/fake-context.ts';
import { type ApiUnderTest, apiUnderTest, cookieIn } from './api-under-test.ts';

const DAY_MS = 86_400_000;
const SECRET = 'the-secret-of-a-link';

async function withInvitation(): Promise<ApiUnderTest> {
  const api = await apiUnderTest();
  await api.context.accounts.putInvitation(idOf(SECRET), 'admin', api.context.wire.now() + DAY_MS);
  return api;
}

const look = (api: ApiUnderTest, secret = SECRET) => api.ask({ url: `/api/v1/invitation?secret=${secret}` });
const take = (api: ApiUnderTest, body: object) =>
  api.ask({
    method: 'POST',
    url: '/api/v1/invitation',
    body: { secret: SECRET, password: 'lantern-and-gong', ...body },
  });

test('a link is looked at as often as one likes, and taken once', async () => {
  await using api = await withInvitation();
  expect((await look(api)).json()).toEqual({ role: 'admin' });
  expect((await look(api)).json()).toEqual({ role: 'admin' });
  const taken = await take(api, { name: 'first' });
  expect(taken.json()).toEqual({ name: 'first', role: 'admin' });
  const session = await api.ask({ url: '/api/v1/session', headers: { cookie: cookieIn(taken) } });
  expect(session.json()).toEqual({ name: 'first', role: 'admin' });
  expect(api.context.accounts.lines.at(-1)).toMatchObject({ who: 'first', what: 'invitation-taken' });
  const again = await take(api, { name: 'second' });
  expect([again.statusCode, again.json().code]).toEqual([410, 'invitation-gone']);
  expect((await look(api)).statusCode).toBe(410);
  expect([...api.context.accounts.accounts.keys()]).toEqual(['first']);
});

test('of two who take it at once, one gets in', async () => {
  await using api = await withInvitation();
  const both = await Promise.all([take(api, { name: 'first' }), take(api, { name: 'second' })]);
  expect(both.map(({ statusCode }) => statusCode).toSorted()).toEqual([200, 410]);
  expect(api.context.accounts.accounts.size).toBe(1);
});

test('a link that a newer one replaces while the password is worked on adds nobody', async () => {
  await using api = await withInvitation();
  api.context.accounts.takeInvitation = async () => undefined;
  expect((await take(api, { name: 'late' })).statusCode).toBe(410);
  expect(api.context.accounts.accounts.size).toBe(0);
});

test('it is good until its time has come', async () => {
  await using api = await withInvitation();
  await api.context.wire.advance(DAY_MS - 1);
  expect((await look(api)).statusCode).toBe(200);
  await api.context.wire.advance(1);
  expect((await look(api)).statusCode).toBe(410);
  expect((await take(api, { name: 'late' })).statusCode).toBe(410);
});

test('a name that is taken, a weak password or a wrong secret do not use it up', async () => {
  await using api = await withInvitation();
  await api.context.accounts.put({ name: 'taken', role: 'viewer', passwordHash: '', createdAt: 0 });
  expect((await take(api, { name: 'taken' })).json()).toMatchObject({ status: 409, code: 'name-taken' });
  expect((await take(api, { name: 'ok', password: 'short' })).json()).toMatchObject({ status: 400, code: 'invalid' });
  expect((await take(api, { name: '<b>' })).json()).toMatchObject({ status: 400, code: 'invalid' });
  expect((await take(api, { name: 'ok', secret: 'other' })).json()).toMatchObject({ status: 410 });
  expect((await look(api)).statusCode).toBe(200);
  expect(api.context.accounts.accounts.get('taken')?.role).toBe('viewer');
});

test('the link that is handed out has its secret in the fragment, and only the hash is kept', async () => {
  const context = fakeContext();
  await using api = await openApi({ listen: { host: '127.0.0.1', port: 0 }, consoleDir: '/nowhere' }, context);
  const link = await api.invite('installer');
  const [, secret = ''] = /^http:\/\/127\.0\.0\.1:\d+\/#\/welcome\?secret=([\w-]{43})$/.exec(link) ?? [];
  expect(context.accounts.invitation).toEqual({
    id: idOf(secret),
    role: 'installer',
    expiresAt: context.wire.now() + DAY_MS,
  });
  expect(context.accounts.lines).toMatchObject([{ who: 'gateway', what: 'invitation-made' }]);
  expect(JSON.stringify(context.accounts.lines)).not.toContain(secret);
});
