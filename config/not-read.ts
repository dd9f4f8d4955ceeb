/**
 * Kinds of link, and protocols of profiles, that sites may name but this version has no driver for. What needs one is
 * left out with a warning, so that the rest of the site runs.
 */
const NOT_READ: readonly unknown[] = ['http'];

/** Whether it is a kind of link or a protocol that is left out; asked only where no driver has it. */
export const isNotRead = (kind: unknown): kind is string => NOT_READ.includes(kind);

/** What stands for a link, a profile or a device that is left out. */
export const LEFT_OUT = 'left out';
export type LeftOut = typeof LEFT_OUT;
