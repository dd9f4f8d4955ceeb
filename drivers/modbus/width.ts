import { TYPES } from './decode.ts';
import type { Register } from './register.ts';

/** Registers that a value takes; bits of a bit table take one bit. */
export const widthOf = ({ type }: Pick<Register, 'type'>): number => TYPES[type];
