import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The version in package.json, which stands one folder up in a checkout and in a build alike. */
export const VERSION: string = (
  JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as { version: string }
).version;
