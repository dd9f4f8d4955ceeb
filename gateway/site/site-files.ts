import { hash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, Fault } from '#kit/fault.ts';
import { listFiles } from '../../config/list-files.ts';
import { Report } from '../../config/report.ts';

/** The files of a site that are read, by their path in its directory. */
export type SiteFiles = ReadonlyMap<string, Buffer>;

export interface FileChange {
  readonly file: string;
  readonly change: 'added' | 'removed' | 'changed';
}

/** All files of a site together: ten of them are kept. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Undefined for what cannot be read, has no end (a pipe, a device), or is too large by itself. */
async function readRegular(path: string): Promise<Buffer | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() && found.size <= MOST_BYTES ? await readFile(path) : undefined;
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return undefined;
  }
}

/**
 * The files that a site's directory has now; what cannot be read is left out, which the loader tells. Throws the Fault
 * `site-too-large` past 16 MB.
 */
export async function readSiteFiles(dir: string): Promise<SiteFiles> {
  const files = new Map<string, Buffer>();
  let bytes = 0;
  for (const file of (await listFiles(dir, new Report())) ?? []) {
    const text = await readRegular(join(dir, file));
    if (text === undefined) continue;
    bytes += text.length;
    if (bytes > MOST_BYTES) throw new Fault('site-too-large', `the files of ${dir} are more than ${MOST_BYTES} bytes`);
    files.set(file, text);
  }
  return files;
}

/** sha256 of each file, hex. */
export const hashFiles = (files: SiteFiles): ReadonlyMap<string, string> =>
  new Map([...files].map(([file, text]) => [file, hash('sha256', text, 'hex')]));

/** One for all of them, whatever their order. */
export function hashSite(files: SiteFiles): string {
  const lines = [...hashFiles(files)].map(([file, of]) => `${of}  ${file}\n`);
  return hash('sha256', lines.sort().join(''), 'hex');
}

/** What became of files, in the order of their names. */
export function differFiles(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): FileChange[] {
  const all = [...new Set([...before.keys(), ...after.keys()])].sort();
  return all.flatMap((file): FileChange[] => {
    if (!after.has(file)) return [{ file, change: 'removed' }];
    if (!before.has(file)) return [{ file, change: 'added' }];
    return before.get(file) === after.get(file) ? [] : [{ file, change: 'changed' }];
  });
}
