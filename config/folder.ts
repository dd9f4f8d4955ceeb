import { isUtf8 } from 'node:buffer';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { codeOf, textOf } from '#kit/fault.ts';
import { type Entry, parseFile } from './document.ts';
import { suggest } from './nearest.ts';
import type { Report } from './report.ts';

const LARGEST_BYTES = 4 * 1024 * 1024;

const SINGLE = ['site', 'links', 'devices', 'rules', 'permits', 'people'] as const;
const FOLDERS = ['links', 'devices', 'rules', 'permits', 'profiles'] as const;

/** The parsed files of a site's directory, each list in the order of its files' names. */
export interface Folder {
  readonly site: Entry | undefined;
  /** Files that hold lists, `site.yaml` first. */
  readonly lists: readonly Entry[];
  readonly people: Entry | undefined;
  readonly profiles: readonly Entry[];
}

const start = (file: string) => ({ file, line: 1, column: 1 });

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
    report.error(start('site.yaml'), 'there is no site.yaml here; "gengfu init DIR" writes a first site');
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

/** The files of a site's directory that are read, `site.yaml` first; undefined when it cannot be. */
export async function listFiles(dir: string, report: Report): Promise<string[] | undefined> {
  const names = await listNames(dir, '.', report);
  if (names === undefined) return undefined;
  const folders = FOLDERS.filter((name) => names.includes(name)).map((name) => listFolder(dir, name, report));
  return [...pick(names, '', report), ...(await Promise.all(folders)).flat()];
}

async function listNames(dir: string, file: string, report: Report): Promise<string[] | undefined> {
  try {
    return (await readdir(join(dir, file))).sort();
  } catch (error) {
    report.markIncomplete();
    const reason = codeOf(error) === 'ENOENT' ? 'there is no such directory' : textOf(error);
    report.error(start(file), file === '.' ? `the site ${dir} cannot be read: ${reason}` : `cannot be read: ${reason}`);
    return undefined;
  }
}

async function listFolder(dir: string, folder: string, report: Report): Promise<string[]> {
  return pick((await listNames(dir, folder, report)) ?? [], `${folder}/`, report);
}

/** The files that are read; of others that look as if they were meant to be, a warning. */
function pick(names: readonly string[], folder: string, report: Report): string[] {
  const visible = names.filter((name) => !name.startsWith('.'));
  for (const name of visible) {
    const isOther = folder === '' && name.endsWith('.yaml') && !isSingle(name);
    if (name.endsWith('.yml')) report.warn(start(folder + name), 'is not read: give it the ending .yaml');
    else if (isOther)
      report.warn(
        start(name),
        `is not read; ${suggest(
          name,
          SINGLE.map((single) => `${single}.yaml`),
          'read here',
        )}`,
      );
  }
  const wanted = visible.filter((name) => name.endsWith('.yaml') && (folder !== '' || isSingle(name)));
  const order = (name: string) => (name === 'site.yaml' ? 0 : 1);
  return wanted.sort((a, b) => order(a) - order(b)).map((name) => folder + name);
}

const isSingle = (name: string): boolean => SINGLE.some((single) => name === `${single}.yaml`);

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
