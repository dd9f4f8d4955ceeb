import type { Auth } from '../kind.ts';
import { openBasic } from './basic.ts';
import { openBearer, openPathToken } from './bearer.ts';
import { openDigest } from './digest.ts';
import { type Guard, LET_IN } from './guard.ts';
import { openHmac } from './hmac.ts';
import { openSignMd5 } from './sign-md5.ts';

/** The guard that a link's `auth` asks for; none lets everybody in, which `check` allows on loopback only. */
export function openGuard(auth: Auth | undefined, lineMs: () => number): Guard {
  if (auth === undefined) return { needsBody: false, check: () => LET_IN };
  switch (auth.kind) {
    case 'hmac-sha256':
      return openHmac({ ...auth, toleranceMs: auth.tolerance });
    case 'sign-md5-token':
      return openSignMd5(auth.token);
    case 'bearer':
      return openBearer(auth.token);
    case 'path-token':
      return openPathToken(auth.token);
    case 'basic':
      return openBasic(auth.username, auth.password);
    case 'digest':
      return openDigest(auth.username, auth.password, lineMs);
    default:
      return auth satisfies never;
  }
}
