import { createHash, randomBytes } from 'node:crypto';

/** 32 random bytes, base64url: a cookie's or a one-time link's. It is given away and never kept. */
export const newSecret = (): string => randomBytes(32).toString('base64url');

/** sha256 in hex: what is kept in place of a secret. */
export const idOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
