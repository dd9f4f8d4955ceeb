import { hash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { ROOT } from '#kit/root.ts';

/** What reads and checks a site, and what ships to be taken into one. */
const FOLDERS = [join('gateway', 'parts'), 'config', join('config', 'packs'), join('config', 'profiles')];

/**
 * A mark of this very program and of all that ships with it: another one after an update, or when one of the files was
 * written to. Null for a checkout, whose files are too many to look at and change all the time.
 */
export function programMark(root = ROOT, isBuilt = extname(import.meta.url) === '.js'): string | null {
  if (!isBuilt) return null;
  const files = FOLDERS.flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name))).sort();
  const lines = files.map((file) => {
    const { size, mtimeMs, ctimeMs, ino } = statSync(join(root, file));
    return `${file} ${size} ${mtimeMs} ${ctimeMs} ${ino}`;
  });
  return hash('sha256', [process.version, ...lines].join('\n'), 'hex');
}
