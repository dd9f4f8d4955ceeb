import { isDeepStrictEqual } from 'node:util';

/** Whether two values say the same; what is one and the same is known to be so at once. */
export const isEqual = (one: unknown, other: unknown): boolean => one === other || isDeepStrictEqual(one, other);
