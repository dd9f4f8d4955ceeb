import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf } from './fault.ts';

const PREFIX = 'gengfu-';
/** What a folder of its own is wanted for lasts seconds. */
const STALE_MS = 3_600_000;

/** A folder among the system's temporary ones that only this user may read; it is gone when it is disposed of. */
export interface Scratch extends AsyncDisposable {
  readonly dir: string;
}

/** `kind`: letters, for its name. What processes that were killed have left of that kind goes first. */
export async function openScratch(kind: string): Promise<Scratch> {
  await clearScratch(kind);
  const dir = await mkdtemp(join(tmpdir(), `${PREFIX}${kind}-${process.pid}-`));
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}

/** Takes away what killed processes of this user have left: nobody else would. */
export async function clearScratch(kind: string): Promise<void> {
  const name = new RegExp(`^${PREFIX}${kind}-(\\d+)-`);
  for (const each of await readdir(tmpdir())) {
    const pid = name.exec(each)?.[1];
    if (pid === undefined) continue;
    const path = join(tmpdir(), each);
    // It may go meanwhile.
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || found.uid !== process.getuid?.()) continue;
    const isStale = !isAlive(Number(pid)) || Date.now() - found.mtimeMs > STALE_MS;
    if (isStale) await rm(path, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}
