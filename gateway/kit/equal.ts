import { isDeepStrictEqual } from 'node:util';

/** Whether two values say the same; what is one and the same is known to be so at once. */
export const isEqual = (one: unknown, other: unknown): boolean => one === other || isDeepStrictEqual(one, other);

/** Numbers that went through a conversion of units may differ in their last digits. */
const SAME_SHARE = 1e-9;

/** Whether a value that was read is the one that was wanted. */
export const isSameValue = (wanted: number | string, read: number | string | null): boolean =>
  typeof wanted === 'number' && typeof read === 'number'
    ? Math.abs(wanted - read) <= SAME_SHARE * Math.max(1, Math.abs(wanted))
    : wanted === read;
