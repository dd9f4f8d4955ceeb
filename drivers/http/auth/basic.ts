import { headerOf } from '../push-request.ts';
import { type Guard, LET_IN } from './guard.ts';
import { isSameSecret } from './same-secret.ts';

/** A user and a password in each request (RFC 7617). */
export const openBasic = (username: string, password: string): Guard => ({
  needsBody: false,
  check(request) {
    const encoded = /^basic +(\S+)$/i.exec(headerOf(request, 'authorization') ?? '')?.[1] ?? '';
    if (isSameSecret(Buffer.from(encoded, 'base64'), `${username}:${password}`)) return LET_IN;
    return {
      is: 'refused',
      why: 'credentials',
      headers: { 'WWW-Authenticate': 'Basic realm="gengfu", charset="UTF-8"' },
    };
  },
});
