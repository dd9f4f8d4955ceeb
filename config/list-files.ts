import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, textOf } from '#kit/fault.ts';
import { suggest } from './nearest.ts';
import type { Report } from './report.ts';

const SINGLE = ['site', 'links', 'devices', 'rules', 'permits', 'people'] as const;
const FOLDERS = ['links', 'devices', 'rules', 'permits', 'profiles'] as const;

const start = (file: string) => ({ file, line: 1, column: 1 });

/** The files of a site's directory that are read, `site.yaml` first; undefined when it cannot be. */
export async function listFiles(dir: string, report: Report): Promise<string[] | undefined> {
  const names = await listNames(dir, '.', report);
  if (names === undefined) return undefined;
  const folders = FOLDERS.filter((name) => names.includes(name)).map((name) => listFolder(dir, name, report));
  return [...pick(names, '', report), ...(await Promise.all(folders)).flat()];
}

/** The sorted names in a folder of it; undefined when it cannot be read. */
export async function listNames(dir: string, file: string, report: Report): Promise<string[] | undefined> {
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
