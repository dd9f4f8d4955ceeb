import { createHash, createHmac, randomBytes } from 'node:crypto';
import { headerOf, type PushRequest } from '../push-request.ts';
import { type Guard, LET_IN, type Verdict } from './guard.ts';
import { isSameSecret } from './same-secret.ts';

const REALM = 'gengfu';
/** How long a nonce of ours is taken: a camera fetches one before each event, or keeps one for a while. */
const NONCE_LASTS_MS = 300_000;

const FIELD = /(\w+)=(?:"([^"]*)"|([^\s,"]+))/g;

/** `username="x", nc=00000001` → a map of its fields (RFC 9110, 11.4). */
const fieldsOf = (text: string): ReadonlyMap<string, string> =>
  new Map([...text.matchAll(FIELD)].map(([, name = '', quoted, plain]) => [name.toLowerCase(), quoted ?? plain ?? '']));

/**
 * A user and a password that never go over the wire (RFC 7616, MD5 or SHA-256, quality of protection `auth`). Nonces are made
 * of the time and a key of this process, so that none has to be kept. `lineMs` is a clock that never steps.
 */
export function openDigest(username: string, password: string, lineMs: () => number): Guard {
  const key = randomBytes(32);
  const stamp = (at: number) => `${at.toString(36)}.${createHmac('sha256', key).update(String(at)).digest('hex')}`;
  const isFresh = (nonce: string): boolean => {
    const at = Number.parseInt(nonce, 36);
    return Number.isFinite(at) && isSameSecret(nonce, stamp(at)) && lineMs() - at <= NONCE_LASTS_MS;
  };
  // Most cameras know MD5 only, and take the first that is offered.
  const challenge = (stale: boolean): Verdict => ({
    is: 'refused',
    why: stale ? 'old' : 'credentials',
    headers: {
      'WWW-Authenticate': `Digest realm="${REALM}", qop="auth", algorithm=MD5, nonce="${stamp(Math.round(lineMs()))}"${stale ? ', stale=true' : ''}`,
    },
  });

  const responseOf = (request: PushRequest, fields: ReadonlyMap<string, string>): string | undefined => {
    const of = (name: string) => fields.get(name) ?? '';
    const algorithm = of('algorithm').toUpperCase() || 'MD5';
    if (of('qop') !== 'auth' || (algorithm !== 'MD5' && algorithm !== 'SHA-256')) return undefined;
    const hash = (text: string) =>
      createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
        .update(text)
        .digest('hex');
    // RFC 7616, 3.4.1 to 3.4.3.
    const secret = hash(`${username}:${REALM}:${password}`);
    const action = hash(`${request.method}:${of('uri')}`);
    return hash(`${secret}:${of('nonce')}:${of('nc')}:${of('cnonce')}:auth:${action}`);
  };

  return {
    needsBody: false,
    check(request) {
      const [, text] = /^digest +(.+)$/i.exec(headerOf(request, 'authorization') ?? '') ?? [];
      if (text === undefined) return challenge(false);
      const fields = fieldsOf(text);
      const expected = responseOf(request, fields);
      const isUser = isSameSecret(fields.get('username') ?? '', username);
      const isRight = expected !== undefined && isSameSecret(fields.get('response') ?? '', expected);
      if (!isUser || !isRight || fields.get('uri') !== request.target) return challenge(false);
      const nonce = fields.get('nonce') ?? '';
      if (!isFresh(nonce)) return challenge(true);
      return { ...LET_IN, once: `${nonce} ${fields.get('nc')} ${fields.get('cnonce')}`, isOfThisRun: true };
    },
  };
}
