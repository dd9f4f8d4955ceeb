import { createHmac } from 'node:crypto';
import { parseDeviceTime } from '../../device-time.ts';
import { headerOf } from '../push-request.ts';
import type { Guard } from './guard.ts';
import { isSameSecret } from './same-secret.ts';

export interface HmacOptions {
  readonly header: string;
  readonly secret: string;
  readonly timestampHeader?: string | undefined;
  /** What stands between the timestamp and the body where both are signed. */
  readonly join: string;
  readonly toleranceMs: number;
}

/** A SHA-256 in hex or base64, with or without `sha256=` before it; undefined if it is neither. */
function parseSignature(text: string): Buffer | undefined {
  const plain = text.trim().replace(/^sha256=/i, '');
  if (/^[0-9a-f]{64}$/i.test(plain)) return Buffer.from(plain, 'hex');
  return /^[A-Za-z0-9+/_-]{43}=?$/.test(plain) ? Buffer.from(plain, 'base64') : undefined;
}

/** Seconds or milliseconds, as a header has them, or ISO 8601 with its zone. */
const parseStamp = (text: string): number | undefined =>
  parseDeviceTime(/^\d+(\.\d+)?$/.test(text) ? Number(text) : text);

/**
 * HMAC-SHA256 (RFC 2104) over the body, or over `timestamp + join + body` where there is a timestamp's header. While nobody
 * knows the time the timestamp's age is not looked at: an alarm is not refused for a clock that has not been set.
 */
export function openHmac({ header, secret, timestampHeader, join, toleranceMs }: HmacOptions): Guard {
  return {
    needsBody: true,
    check(request, body, wallMs) {
      const stamp = timestampHeader === undefined ? undefined : headerOf(request, timestampHeader);
      const mac = createHmac('sha256', secret);
      if (timestampHeader !== undefined) mac.update(`${stamp ?? ''}${join}`);
      const given = parseSignature(headerOf(request, header) ?? '');
      const expected = mac.update(body).digest();
      const isRight = isSameSecret(given ?? '', expected);
      if (!isRight || (timestampHeader !== undefined && stamp === undefined))
        return { is: 'refused', why: 'signature' };
      if (stamp !== undefined) {
        const at = parseStamp(stamp);
        if (at === undefined || (wallMs !== undefined && Math.abs(wallMs - at) > toleranceMs))
          return { is: 'refused', why: 'old' };
      }
      return { is: 'let-in', once: expected.toString('base64') };
    },
  };
}
