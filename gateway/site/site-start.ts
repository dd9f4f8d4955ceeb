import { codeOf, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { encodeProblem } from '../../config/check-report.ts';
import type { LoadOptions } from '../../config/load.ts';
import type { Loaded, Site } from '../../config/site.ts';
import type { Permit } from '../rules/permit.ts';
import type { Rule } from '../rules/rule.ts';
import { readChecked } from './checked-site.ts';
import { type KeptSite, KeptSites } from './kept-sites.ts';
import { hashSite, readSiteFiles, type SiteFiles } from './site-files.ts';

/** Where a site that runs was read from. */
export interface SiteSource {
  /** The site's directory, which belongs to people: it is read only. */
  readonly dir: string;
  /** Where `${env:NAME}` looks; the process's own by default. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly files: SiteFiles;
  /** The kept copy that runs in the place of the directory. */
  readonly kept: KeptSite | null;
}

export interface LoadedFiles {
  readonly files: SiteFiles;
  readonly loaded: Loaded<Site<Rule, Permit>>;
}

/** How a site is read: by the loader itself, or elsewhere by a thread. */
export type LoadSite = (dir: string, options: LoadOptions) => Promise<Loaded<Site<Rule, Permit>>>;

const TRIES = 5;

/** By the loader in this very thread; it and every schema are loaded with the first site. */
export const loadHere: LoadSite = async (dir, options) => {
  const [{ loadSite }, { kinds }] = await Promise.all([import('../../config/load.ts'), import('../kinds.ts')]);
  return await loadSite(dir, kinds, options);
};

/** A directory's site with the very files that it was read from: files that change meanwhile are read again. */
export async function loadFiles(
  dir: string,
  options: LoadOptions = {},
  load: LoadSite = loadHere,
): Promise<LoadedFiles> {
  for (let tries = 1; ; tries++) {
    const files = await wholeFiles(dir);
    if (typeof files === 'string') return notRight(new Map(), files);
    const loaded = await load(dir, options);
    const after = await wholeFiles(dir);
    if (typeof after !== 'string' && hashSite(files) === hashSite(after)) return { files, loaded };
    if (tries === TRIES) return notRight(files, 'the files of the site do not stop changing');
  }
}

/** Or why there are too many of them to be a site. */
async function wholeFiles(dir: string): Promise<SiteFiles | string> {
  try {
    return await readSiteFiles(dir);
  } catch (error) {
    if (codeOf(error) === 'site-too-large') return textOf(error);
    throw error;
  }
}

function notRight(files: SiteFiles, message: string): LoadedFiles {
  const problem = { file: 'site.yaml', line: 1, column: 1, message, severity: 'error' } as const;
  return { files, loaded: { site: null, problems: [problem] } };
}

/** What a gateway starts with. */
export interface SiteToStart {
  readonly site: Site<Rule, Permit>;
  readonly source: SiteSource;
  readonly data: string;
  /** It need not be kept as checked: it is so already, or does not stand in the directory. */
  readonly isKnown: boolean;
}

/**
 * What a gateway starts with: the site's directory, but for two cases in which the site that was applied last goes on.
 * It was put in the place of the directory, which has not been changed since; or the directory is not right, and a box
 * that comes back from a power cut must keep its watch. Null when there is no site that is right.
 */
export async function siteToStart(
  dir: string,
  dataOf: (gateway: string | null) => string | null,
  log: Log,
  { load = loadHere, mark = null }: { readonly load?: LoadSite; readonly mark?: string | null } = {},
): Promise<SiteToStart | null> {
  const known = mark === null ? null : await knownFiles(dir, dataOf, mark, log);
  const { files, loaded } = known ?? (await loadFiles(dir, {}, load));
  for (const problem of loaded.problems) console.error(encodeProblem(problem));
  const data = dataOf(loaded.site?.gateway ?? null);
  if (data === null) return null;
  const [last] = await new KeptSites(data).list();
  const isPutBack = last !== undefined && last.from !== 'directory' && last.directory === hashSite(files);
  if (last !== undefined && (isPutBack || loaded.site === null)) {
    const kept = await loadKept(last, dir, log, load);
    if (kept !== null) {
      const why = isPutBack ? 'it was put in the place of the directory' : 'the directory is not right';
      log.warn({ site: dir, number: last.number, by: last.by }, `the site that was applied last goes on: ${why}`);
      return { ...kept, data, isKnown: true };
    }
  }
  if (loaded.site === null) return null;
  return { site: loaded.site, source: { dir, files, kept: null }, data, isKnown: known !== null };
}

/** The directory's site as it was checked before, where its files are the same. */
async function knownFiles(
  dir: string,
  dataOf: (gateway: string | null) => string | null,
  mark: string,
  log: Log,
): Promise<LoadedFiles | null> {
  const files = await wholeFiles(dir);
  if (typeof files === 'string') return null;
  // Only to find what was kept, which says itself what site it is.
  const [, gateway = null] = /^gateway:\s*["']?([a-z0-9-]+)/m.exec(files.get('site.yaml')?.toString() ?? '') ?? [];
  const data = dataOf(gateway);
  const loaded = data === null ? null : await readChecked(data, files, mark, { dir, env: process.env }, log);
  return loaded === null ? null : { files, loaded };
}

async function loadKept(kept: KeptSite, dir: string, log: Log, load: LoadSite) {
  try {
    const { files, loaded } = await loadFiles(kept.path, { secretsDir: dir }, load);
    if (loaded.site !== null) return { site: loaded.site, source: { dir, files, kept } };
    const problems = loaded.problems.map(encodeProblem);
    log.error({ number: kept.number, problems }, 'the site that was applied last is not right any more');
  } catch (error) {
    log.error({ number: kept.number, code: codeOf(error) }, `the kept site cannot be read: ${textOf(error)}`);
  }
  return null;
}
