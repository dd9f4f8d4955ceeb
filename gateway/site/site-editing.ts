import { chown, mkdir, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf, Fault } from '#kit/fault.ts';
import { replaceFile } from '#kit/replace-file.ts';
import { openScratch } from '#kit/scratch.ts';
import type { Loaded } from '../../config/site.ts';
import type { GatewaySite } from '../kinds.ts';
import type { SiteTexts } from './device-edits.ts';
import { readSiteFiles, type SiteFiles } from './site-files.ts';
import { lockSite, unwritable } from './site-lock.ts';
import { type LoadSite, loadHere } from './site-start.ts';

/** A change of some of a site's files: what it makes of the texts that stand there. Throws a Fault for what cannot be. */
export type SiteEdit = (texts: SiteTexts) => Promise<SiteTexts> | SiteTexts;

/** Files that the API and the commands may write: never rules, secrets or people. */
const WRITABLE = /^((site|links|devices)|devices\/[^/.\p{C}][^/\p{C}]*)\.yaml$/u;

/** Copies that are checked, by the kind of their folders. */
export const CHECK = 'check';

export const textsOf = (files: SiteFiles): SiteTexts =>
  new Map([...files].map(([file, bytes]) => [file, bytes.toString()]));

/** The files with those of the change in their places. */
export function changedFiles(files: SiteFiles, changes: ReadonlyMap<string, string>): SiteFiles {
  const wrong = [...changes.keys()].find((file) => !WRITABLE.test(file));
  if (wrong !== undefined) {
    throw new Fault('site-edit', `devices stand in devices.yaml or devices/NAME.yaml, not in ${wrong}`);
  }
  return new Map([...files, ...[...changes].map(([file, text]) => [file, Buffer.from(text)] as const)]);
}

/** Files checked whole as a site, before any of them is written: from a copy that is gone afterwards. */
export async function checkFiles(
  files: SiteFiles,
  secretsDir: string,
  more: { readonly env?: NodeJS.ProcessEnv; readonly missingSecrets?: 'warning' } = {},
  load: LoadSite = loadHere,
): Promise<Loaded<GatewaySite>> {
  await using copy = await openScratch(CHECK);
  for (const [file, text] of files) {
    await mkdir(dirname(join(copy.dir, file)), { recursive: true });
    await writeFile(join(copy.dir, file), text, { mode: 0o600 });
  }
  return await load(copy.dir, { secretsDir, ...more });
}

/**
 * Writes files into a site's directory, each whole or not at all, and gives the way to put back what stood there. On a
 * failure those that were written are put back, and the Fault `site-unwritable` is thrown.
 */
export async function writeFiles(
  dir: string,
  before: SiteFiles,
  changes: ReadonlyMap<string, string>,
): Promise<() => Promise<void>> {
  const written: string[] = [];
  const undo = async () => {
    for (const file of written.splice(0).reverse()) {
      const old = before.get(file);
      if (old === undefined) await rm(join(dir, file), { force: true });
      else await putFile(join(dir, file), old);
    }
  };
  for (const [file, text] of changes) {
    const path = join(dir, file);
    try {
      await mkdir(dirname(path), { recursive: true });
      await putFile(path, text);
      written.push(file);
    } catch (error) {
      await undo();
      throw unwritable(path, error);
    }
  }
  return undo;
}

/** Whose it is and who may read it stays; where it is a link, what it leads to is written. */
async function putFile(given: string, data: string | Uint8Array): Promise<void> {
  const path = await realpath(given).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return given;
    throw error;
  });
  // A new file is its folder's owner's.
  const old = (await stat(path).catch(() => undefined)) ?? { ...(await stat(dirname(path))), mode: 0o644 };
  await replaceFile(path, data, old.mode & 0o777);
  if (process.getuid?.() === 0) await chown(path, old.uid, old.gid);
}

/**
 * The same where no gateway runs: the files of a directory changed, checked whole before one is written. With `site` null
 * nothing was.
 */
export async function editDirectory(dir: string, edit: SiteEdit, isTrial: boolean): Promise<Loaded<GatewaySite>> {
  await using _ = await lockSite(dir);
  const files = await readSiteFiles(dir);
  const changes = await edit(textsOf(files));
  const loaded = await checkFiles(changedFiles(files, changes), dir, { missingSecrets: 'warning' });
  if (loaded.site !== null && !isTrial) await writeFiles(dir, files, changes);
  return loaded;
}
