import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const key = randomBytes(32);
const digest = (text: string | Uint8Array) => createHmac('sha256', key).update(text).digest();

/** Whether two secrets are the same; how long it takes says nothing of where they differ, or of their lengths. */
export const isSameSecret = (a: string | Uint8Array, b: string | Uint8Array): boolean =>
  timingSafeEqual(digest(a), digest(b));
