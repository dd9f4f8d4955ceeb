import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Trust } from './clock.ts';

/** What makes the wall clock trusted: as the site's `clock: { trust }` says. */
export type TrustSource = 'auto' | 'chrony' | 'timesyncd' | 'always';

const run = promisify(execFile);
/** systemd-timesyncd touches this file at each synchronisation since boot (systemd-timesyncd.service(8)). */
const TIMESYNCD_MARK = '/run/systemd/timesync/synchronized';
const LOOK_EVERY_MS = 30_000;
/** How long a crystal that was once set is taken to hold: a Pi drifts some seconds a day. */
const HOLDS_MS = 24 * 3_600_000;
/** So far chrony may have yet to move the clock, s: it moves large errors by the millisecond where it may not step. */
const MOST_LEFT_S = 1;

/** What a source says: a text that changes with each synchronisation, or null when it has none. */
type Look = () => Promise<string | null>;

const timesyncd =
  (mark: string): Look =>
  async () => {
    try {
      return String((await stat(mark)).mtimeMs);
    } catch {
      return null;
    }
  };

/**
 * Of chronyc's CSV field 5 is how far the system's clock is from chrony's, in seconds, and field 14 the leap status:
 * `Not synchronised` until it is set (chronyc(1), `tracking`).
 */
export function parseChrony(stdout: string): string | null {
  const fields = stdout.trim().split(',');
  const left = Math.abs(Number(fields[4]));
  return fields[13] === 'Normal' && left < MOST_LEFT_S ? 'normal' : null;
}

const chrony: Look = async () => {
  try {
    return parseChrony((await run('chronyc', ['-c', 'tracking'], { timeout: 5000 })).stdout);
  } catch {
    return null;
  }
};

export interface ClockTrust extends Disposable {
  trust(): Trust;
  /** The wall clock was moved by somebody: what was said of it before counts no more. Settles when it was looked at anew. */
  stepped(): Promise<void>;
}

export interface TrustOptions {
  /** timesyncd's mark. */
  readonly mark?: string;
  /** Milliseconds on a line that never steps. */
  readonly line?: () => number;
}

/** Looks now and every 30 s; `synchronised` while the source says so, `holding` for a day after, else `unknown`. */
export async function openTrust(source: TrustSource, options: TrustOptions = {}): Promise<ClockTrust> {
  const { mark = TIMESYNCD_MARK, line = () => performance.now() } = options;
  const byTimesyncd = timesyncd(mark);
  const looks: Readonly<Record<TrustSource, readonly Look[]>> = {
    always: [async () => 'always'],
    timesyncd: [byTimesyncd],
    chrony: [chrony],
    auto: [byTimesyncd, chrony],
  };
  let trustedAt: number | null = null;
  let isSynchronised = false;
  let said: string | null = null;
  /** What timesyncd had said before the clock was moved. */
  let disbelieved: string | null = null;
  const look = async () => {
    said = null;
    for (const each of looks[source]) {
      const answer = await each();
      if (answer === null || (each === byTimesyncd && answer === disbelieved)) continue;
      said = answer;
      break;
    }
    isSynchronised = said !== null;
    if (isSynchronised) trustedAt = line();
  };
  await look();
  const timer = source === 'always' ? undefined : setInterval(look, LOOK_EVERY_MS).unref();
  return {
    trust: () => {
      if (isSynchronised) return 'synchronised';
      return trustedAt !== null && line() - trustedAt < HOLDS_MS ? 'holding' : 'unknown';
    },
    async stepped() {
      if (source === 'always') return;
      disbelieved = said;
      isSynchronised = false;
      trustedAt = null;
      await look();
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
