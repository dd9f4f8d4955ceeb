import { headerOf } from '../push-request.ts';
import { type Guard, LET_IN } from './guard.ts';
import { isSameSecret } from './same-secret.ts';

/** `Authorization: Bearer …` (RFC 6750, 2.1). */
export const openBearer = (token: string): Guard => ({
  needsBody: false,
  check(request) {
    const given = /^bearer +(\S+)$/i.exec(headerOf(request, 'authorization') ?? '')?.[1] ?? '';
    if (isSameSecret(given, token)) return LET_IN;
    return { is: 'refused', why: 'credentials', headers: { 'WWW-Authenticate': 'Bearer' } };
  },
});

/** A token as the first part of the path after the link's own, for a camera that can be given nothing but an address. */
export const openPathToken = (token: string): Guard => ({
  needsBody: false,
  check({ rest: [given = '', ...rest] }) {
    return isSameSecret(given, token) ? { is: 'let-in', rest } : { is: 'refused', why: 'credentials' };
  },
});
