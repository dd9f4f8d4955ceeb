import { open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, Fault, textOf } from '#kit/fault.ts';

const LOCK = '.gengfu-edit.lock';
/** A change takes seconds: what is older was left by one that was killed. */
const STALE_MS = 300_000;

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
      const holder = await readFile(path, 'utf8').catch(() => '');
      if (!isFirst || !(await isStale(path, Number.parseInt(holder, 10)))) {
        throw new Fault('site-busy', `the site ${dir} is being changed by process ${holder.trim()}`, {
          hint: `try again; if nobody is at it, remove ${path}`,
        });
      }
      await rm(path, { force: true });
    }
  }
}

async function isStale(path: string, pid: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return true;
  return Date.now() - found.mtimeMs > STALE_MS || (Number.isInteger(pid) && !isAlive(pid));
}

/** A file of the site's directory that cannot be written. */
export const unwritable = (path: string, error: unknown): Fault =>
  new Fault('site-unwritable', `${path} cannot be written: ${textOf(error)}`, {
    cause: error,
    hint: "give the site's directory to the user that runs this, or change it by hand and reload",
  });
