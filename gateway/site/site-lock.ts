import { open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, Fault, textOf } from '#kit/fault.ts';

const LOCK = '.gengfu-edit.lock';
/** A change takes seconds: what is older was left by one that was killed. */
const STALE_MS = 300_000;
/** Within that a lock is given its holder's number; one without was left by a holder that was killed before. */
const UNSIGNED = { looks: 20, everyMs: 100 };

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
};

/**
 * Holds a site's directory while its files are changed from here, by whichever process. Throws the Fault `site-busy` naming
 * the holder, `site-unwritable` where nothing can be written.
 */
export async function lockSite(dir: string): Promise<AsyncDisposable> {
  const path = join(dir, LOCK);
  for (let isFirst = true; ; isFirst = false) {
    try {
      await using file = await open(path, 'wx', 0o600);
      await file.writeFile(`${process.pid}\n`);
      return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw unwritable(dir, error);
      const found = await lockAt(path);
      if (found === undefined && isFirst) continue;
      if (!isFirst || found === undefined || !isStale(found)) {
        throw new Fault('site-busy', `the site ${dir} is being changed by process ${found?.holder || '?'}`, {
          hint: `try again; if nobody is at it, remove ${path}`,
        });
      }
      await rm(path, { force: true });
    }
  }
}

interface Lock {
  /** NaN where it has none. */
  readonly holder: number;
  readonly since: number;
}

/** Undefined where it is gone. */
async function lockAt(path: string): Promise<Lock | undefined> {
  for (let look = 1; ; look++) {
    try {
      const holder = Number.parseInt(await readFile(path, 'utf8'), 10);
      if (Number.isInteger(holder) || look === UNSIGNED.looks) return { holder, since: (await stat(path)).mtimeMs };
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, UNSIGNED.everyMs));
  }
}

const isStale = ({ holder, since }: Lock): boolean =>
  Number.isNaN(holder) || Date.now() - since > STALE_MS || !isAlive(holder);

/** A file of the site's directory that cannot be written. */
export const unwritable = (path: string, error: unknown): Fault =>
  new Fault('site-unwritable', `${path} cannot be written: ${textOf(error)}`, {
    cause: error,
    hint: "give the site's directory to the user that runs this, or change it by hand and reload",
  });
