import { isUtf8 } from 'node:buffer';
import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { textOf } from '#kit/fault.ts';
import { type Entry, parseFile } from './document.ts';
import { listFiles, listNames } from './list-files.ts';
import type { Report } from './report.ts';

const LARGEST_BYTES = 4 * 1024 * 1024;

/** The parsed files of a site's directory, each list in the order of its files' names. */
export interface Folder {
  readonly site: Entry | undefined;
  /** Files that hold lists, `site.yaml` first. */
  readonly lists: readonly Entry[];
  readonly people: Entry | undefined;
  readonly profiles: readonly Entry[];
}

/** Reads a site's directory; what cannot be read or parsed is reported and left out. */
export async function readFolder(dir: string, report: Report): Promise<Folder> {
  const files = await listFiles(dir, report);
  if (files === undefined) return { site: undefined, lists: [], people: undefined, profiles: [] };
  const entries = new Map<string, Entry>();
  for (const file of files) {
    const text = await readText(dir, file, report);
    const entry = text === undefined ? undefined : parseFile(file, text, report);
    if (entry !== undefined) entries.set(file, entry);
  }
  if (!files.includes('site.yaml')) {
    report.error(
      { file: 'site.yaml', line: 1, column: 1 },
      'there is no site.yaml here; "gengfu init DIR" writes a first site',
    );
  }
  const chosen = (isWanted: (file: string) => boolean) =>
    [...entries].filter(([file]) => isWanted(file)).map(([, entry]) => entry);
  const isProfile = (file: string) => file.startsWith('profiles/');
  return {
    site: entries.get('site.yaml'),
    lists: chosen((file) => !isProfile(file) && file !== 'people.yaml'),
    people: entries.get('people.yaml'),
    profiles: chosen(isProfile),
  };
}

/**
 * The lists of a file, or of all files of a folder, that stands beside the site's directory; places are named by the path
 * that was given.
 */
export async function readBeside(path: string, report: Report): Promise<Entry[]> {
  const found = await stat(path).catch(() => null);
  const dir = found?.isDirectory() ? path : dirname(path);
  const names = found?.isDirectory() ? ((await listNames(path, '.', report)) ?? []) : [basename(path)];
  const entries: Entry[] = [];
  for (const name of names.filter((each) => each.endsWith('.yaml') || !found?.isDirectory())) {
    const shown = join(dir, name);
    const text = await readText(dir, name, report, shown);
    const entry = text === undefined ? undefined : parseFile(shown, text, report);
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

async function readText(dir: string, file: string, report: Report, shown = file): Promise<string | undefined> {
  const refuse = (message: string, line = 1, column = 1) => {
    report.markIncomplete();
    report.error({ file: shown, line, column }, message);
    return undefined;
  };
  try {
    const root = await realpath(dir);
    const path = await realpath(join(dir, file));
    if (!path.startsWith(root.endsWith(sep) ? root : root + sep)) {
      return refuse("leads out of the site's directory: copy the file into it");
    }
    const { size, ...kind } = await describe(path);
    if (!kind.isFile) return refuse('is not a file');
    if (size > LARGEST_BYTES) return refuse(`is ${size} bytes long; at most ${LARGEST_BYTES} are read: split it`);
    const bytes = await readFile(path);
    // A mark of byte order is not part of the text.
    if (isUtf8(bytes)) return bytes.toString('utf8').replace(/^\uFEFF/, '');
    const [line, column] = firstForeign(bytes.toString('utf8'));
    return refuse('is not UTF-8 (GBK, perhaps): save it as UTF-8', line, column);
  } catch (error) {
    return refuse(`cannot be read: ${textOf(error)}`);
  }
}

async function describe(path: string): Promise<{ size: number; isFile: boolean }> {
  const found = await stat(path);
  return { size: found.size, isFile: found.isFile() };
}

/** Line and column of the first character that decoding could not make out. */
function firstForeign(text: string): [number, number] {
  const before = text.slice(0, Math.max(0, text.indexOf('\uFFFD')));
  return [before.split('\n').length, before.length - before.lastIndexOf('\n')];
}
