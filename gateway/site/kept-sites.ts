import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf, Fault, textOf } from '#kit/fault.ts';
import { hashSite, type SiteFiles } from './site-files.ts';

/** How many applied sites are kept. */
export const SITES_KEPT = 10;
const ABOUT = 'applied.json';
const PENDING = '.pending';
const FOLDER = /^([1-9]\d{0,8})-\d{8}T\d{6}Z-[0-9a-f]{12}$/;
const FILE = /^((site|links|devices|rules|permits|people)|(links|devices|rules|permits|profiles)\/[^/.][^/]*)\.yaml$/;

const FROM = ['directory', 'back', 'upstream'] as const;

export interface About {
  /** UTC milliseconds. */
  readonly at: number;
  /** sha256 of its files. */
  readonly hash: string;
  readonly by: string;
  /** Whence it was applied: the site's directory, an earlier site that was put back, an upstream. */
  readonly from: (typeof FROM)[number];
  /** The number of the one that was put back. */
  readonly of: number | null;
  /** sha256 of the files that the directory had then: what this site runs in the place of. */
  readonly directory: string | null;
}

/** A site as it was applied. The one of the highest number is the present one. */
export interface KeptSite extends About {
  readonly number: number;
  /** Its files, as in a site's directory. */
  readonly path: string;
}

/** A copy that is on the disk and not yet one of those kept. */
export interface PendingSite {
  readonly path: string;
  /** Makes it the present one, and lets the oldest go. */
  commit(): Promise<KeptSite>;
  discard(): Promise<void>;
}

/** The last ten applied sites: copies of their files in the data directory, readable by the gateway's user only. */
export class KeptSites {
  readonly #dir: string;

  constructor(data: string) {
    this.#dir = join(data, 'sites');
  }

  /** Newest first. What is no kept site, or cannot be read, is none. */
  async list(): Promise<readonly KeptSite[]> {
    const names = await readdir(this.#dir).catch((error: unknown) => {
      if (codeOf(error) === undefined) throw error;
      return [];
    });
    const found = await Promise.all(names.map((name) => this.#read(name)));
    return found.filter((each) => each !== undefined).sort((a, b) => b.number - a.number);
  }

  /**
   * Writes a copy, synced. Throws the Fault `site-not-kept` where the disk does not take it, `site-file` for a file that no
   * site has.
   */
  async write(files: SiteFiles, told: Omit<About, 'hash'>): Promise<PendingSite> {
    const path = join(this.#dir, PENDING);
    const wrong = [...files.keys()].find((file) => !FILE.test(file));
    if (wrong !== undefined) throw new Fault('site-file', `a site has no file ${wrong}`);
    const kept: About = { ...told, hash: hashSite(files) };
    await this.#onDisk(async () => {
      await rm(path, { recursive: true, force: true });
      await mkdir(path, { recursive: true, mode: 0o700 });
      for (const [file, text] of files) await writeSynced(join(path, file), text);
      await writeSynced(join(path, ABOUT), JSON.stringify(kept));
    });
    return {
      path,
      commit: () => this.#onDisk(() => this.#commit(path, kept)),
      discard: () => rm(path, { recursive: true, force: true }),
    };
  }

  async #commit(pending: string, kept: About): Promise<KeptSite> {
    const before = await this.list();
    const number = (before[0]?.number ?? 0) + 1;
    const time = new Date(kept.at).toISOString().replace(/[-:]|\.\d+/g, '');
    const path = join(this.#dir, `${number}-${time}-${kept.hash.slice(0, 12)}`);
    await rename(pending, path);
    await syncFolder(this.#dir);
    for (const old of before.slice(SITES_KEPT - 1)) await rm(old.path, { recursive: true, force: true });
    return { ...kept, number, path };
  }

  async #read(name: string): Promise<KeptSite | undefined> {
    const [, number] = FOLDER.exec(name) ?? [];
    if (number === undefined) return undefined;
    const path = join(this.#dir, name);
    try {
      const told = parseAbout(JSON.parse(await readFile(join(path, ABOUT), 'utf8')));
      return told === undefined ? undefined : { ...told, number: Number(number), path };
    } catch {
      return undefined;
    }
  }

  async #onDisk<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      await rm(join(this.#dir, PENDING), { recursive: true, force: true }).catch(() => undefined);
      throw new Fault('site-not-kept', `the site cannot be kept in ${this.#dir}: ${textOf(error)}`, {
        cause: error,
        hint: codeOf(error) === 'ENOSPC' ? 'free space on the disk of the data directory' : 'see the data directory',
      });
    }
  }
}

/** By hand: a start that has its site already needs no schema of anything. */
function parseAbout(json: unknown): About | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const { at, hash, by, from, of, directory } = json as Record<keyof About, unknown>;
  const whence = FROM.find((each) => each === from);
  if (typeof at !== 'number' || typeof hash !== 'string' || typeof by !== 'string' || whence === undefined)
    return undefined;
  if ((of !== null && typeof of !== 'number') || (directory !== null && typeof directory !== 'string'))
    return undefined;
  return { at, hash, by, from: whence, of, directory };
}

async function writeSynced(path: string, text: Buffer | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await using file = await open(path, 'w', 0o600);
  await file.writeFile(text);
  await file.sync();
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}
