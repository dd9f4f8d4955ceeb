import { setFlagsFromString } from 'node:v8';

/**
 * From here on V8 keeps its heap small rather than quick: a tenth less memory for a third more CPU where 5,000 points are
 * read each 100 ms, which is 1.5 % of a core. Not from the start: it makes loading a third slower.
 */
export const keepSmall = (): void => setFlagsFromString('--optimize-for-size');

/** Of glibc, mallopt(3): one arena for all threads, and what is freed in large pieces goes back to the system. */
const SMALL = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '131072', MALLOC_MMAP_THRESHOLD_: '131072' };

/**
 * For V8: a small nursery; and what dies young is made in it, whatever lived on at the start. It would make some of what
 * holds readings in the old generation by what it saw then, and each of those holds a round of readings until the next
 * collection of all: twice the time of reading 5,000 points each 100 ms, and pauses of 15 to 70 ms.
 */
export const SMALL_FLAGS: readonly string[] = ['--max-semi-space-size=4', '--no-allocation-site-pretenuring'];

/**
 * Starts this very process again, as the same process of the system, with settings that can be given only from outside: a
 * sixth less memory for the time of one start of Node.js. Once; not where somebody has said otherwise in the environment.
 */
export function restartSmall(): void {
  if (process.platform !== 'linux' || process.execve === undefined || 'MALLOC_ARENA_MAX' in process.env) return;
  const args = [...SMALL_FLAGS, ...process.execArgv, ...process.argv.slice(1)];
  process.execve(process.execPath, [process.execPath, ...args], { ...process.env, ...SMALL });
}
