import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Trust } from './clock.ts';

/** What makes the wall clock trusted: as the site's `clock: { trust }` says. */
export type TrustSource = 'auto' | 'chrony' | 'timesyncd' | 'always';

const run = promisify(execFile);
/** systemd-timesyncd makes this file at its first synchronisation since boot (systemd-timesyncd.service(8)). */
const TIMESYNCD_MARK = '/run/systemd/timesync/synchronized';
const LOOK_EVERY_MS = 30_000;
/** How long a crystal that was once set is taken to hold: a Pi drifts some seconds a day. */
const HOLDS_MS = 24 * 3_600_000;

const timesyncd = async (): Promise<boolean> => existsSync(TIMESYNCD_MARK);

/** chronyc's `Leap status` is the 14th field of its CSV; `Not synchronised` until it is set. */
async function chrony(): Promise<boolean> {
  try {
    const { stdout } = await run('chronyc', ['-c', 'tracking'], { timeout: 5000 });
    return stdout.trim().split(',')[13] === 'Normal';
  } catch {
    return false;
  }
}

const LOOK: Readonly<Record<TrustSource, () => Promise<boolean>>> = {
  always: async () => true,
  timesyncd,
  chrony,
  auto: async () => (await timesyncd()) || (await chrony()),
};

export interface ClockTrust extends Disposable {
  trust(): Trust;
}

/** Looks now and every 30 s; `synchronised` while the source says so, `holding` for a day after, else `unknown`. */
export async function openTrust(source: TrustSource): Promise<ClockTrust> {
  let trustedAt: number | null = null;
  let isSynchronised = false;
  const look = async () => {
    isSynchronised = await LOOK[source]();
    if (isSynchronised) trustedAt = performance.now();
  };
  await look();
  const timer = source === 'always' ? undefined : setInterval(look, LOOK_EVERY_MS).unref();
  return {
    trust: () => {
      if (isSynchronised) return 'synchronised';
      return trustedAt !== null && performance.now() - trustedAt < HOLDS_MS ? 'holding' : 'unknown';
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
