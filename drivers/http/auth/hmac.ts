import { createHmac } from 'node:crypto';
import { parseDeviceTime } from '../../device-time.ts';
import { headerOf } from '../push-request.ts';
import type { Guard, KnownTime } from './guard.ts';
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

/** Whether a push of that time is not of now. While nobody knows the time, only what is too old for any time that it can be. */
const isOld = (at: number, { now, provenAt }: KnownTime, toleranceMs: number): boolean =>
  now === undefined ? provenAt !== undefined && at + toleranceMs < provenAt : Math.abs(now - at) > toleranceMs;

/**
 * HMAC-SHA256 (RFC 2104) over the body, or over `timestamp + join + body` where there is a timestamp's header. While nobody
 * knows the time, an alarm is not refused for a clock that has not been set: only what is older than what came before is.
 */
export function openHmac({ header, secret, timestampHeader, join, toleranceMs }: HmacOptions): Guard {
  return {
    needsBody: true,
    check(request, body, time) {
      const stamp = timestampHeader === undefined ? undefined : headerOf(request, timestampHeader);
      const mac = createHmac('sha256', secret);
      if (timestampHeader !== undefined) mac.update(`${stamp ?? ''}${join}`);
      const given = parseSignature(headerOf(request, header) ?? '');
      const expected = mac.update(body).digest();
      const isRight = isSameSecret(given ?? '', expected);
      if (!isRight || (timestampHeader !== undefined && stamp === undefined))
        return { is: 'refused', why: 'signature' };
      const once = expected.toString('base64');
      if (stamp === undefined) return { is: 'let-in', once };
      const signedAt = parseStamp(stamp);
      if (signedAt === undefined || isOld(signedAt, time, toleranceMs)) return { is: 'refused', why: 'old' };
      return { is: 'let-in', once, signedAt };
    },
  };
}
