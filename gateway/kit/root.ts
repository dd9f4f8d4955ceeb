import { join } from 'node:path';

/** The program's own folder: a checkout, or a build whose parts stand two folders down as this file does. */
export const ROOT = join(import.meta.dirname, '..', '..');
