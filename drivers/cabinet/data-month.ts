import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '#kit/clock.ts';
import type { Log } from '#kit/log.ts';
import { replaceFile } from '#kit/replace-file.ts';
import { openZone, type Zone } from '#kit/zone.ts';
import { CABINET_CODES, type Sample } from './sample.ts';
import { readNumber, readText } from './sysfs.ts';

/** An interface's counter as the kernel has it: it begins anew at each boot, and when the interface is made anew. */
export interface Seen {
  /** /proc/sys/kernel/random/boot_id. */
  readonly boot: string;
  readonly index: string;
  /** Received and sent. */
  readonly bytes: number;
}

/** What went through an interface in the month that began on `month` (`YYYY-MM-DD`), and what the kernel had counted by then. */
export interface DataMonth {
  readonly month: string;
  readonly bytes: number;
  readonly seen: Seen;
}

const stored = z.strictObject({
  month: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
  bytes: z.number().min(0),
  seen: z.strictObject({ boot: z.string(), index: z.string(), bytes: z.number().min(0) }),
});

/** The day on which the month at hand began. */
export function monthOf(at: number, zone: Zone, startsOn: number): string {
  const [year = 1970, month = 1, day = 1] = zone.date(at).split('-').map(Number);
  return new Date(Date.UTC(year, month - (day < startsOn ? 2 : 1), startsOn)).toISOString().slice(0, 10);
}

/**
 * Goes on counting. The first time only a beginning is made: nobody knows of which month the bytes before are. What went
 * through while nobody looked counts to the month in which it is seen. A month does not go back, unless it lies beyond
 * `latest`: then a clock had been wrong, and what was counted is of the month at hand.
 */
export function countOn(before: DataMonth | undefined, seen: Seen, month: string, latest: string): DataMonth {
  if (before === undefined) return { month, bytes: 0, seen };
  const { boot, index, bytes } = before.seen;
  const isSame = boot === seen.boot && index === seen.index && seen.bytes >= bytes;
  const added = isSame ? seen.bytes - bytes : seen.bytes;
  if (month > before.month) return { month, bytes: added, seen };
  return { month: before.month > latest ? month : before.month, bytes: before.bytes + added, seen };
}

export interface MonthCounterOptions {
  readonly sysfs: string;
  readonly proc: string;
  readonly interface: string;
  /** 1 to 28: the day on which the operator's month begins. */
  readonly startsOn: number;
  readonly timeZone: string;
  readonly dir: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** The longest month. */
const MONTH_MS = 31 * 86_400_000;
/** Written so seldom to spare the card: what the kernel counted since is not lost by a restart, but by a power cut. */
const WRITE_EVERY_MS = 600_000;

/** Bytes of a month through one interface, kept in the link's own folder. */
export class MonthCounter implements AsyncDisposable {
  readonly #options: MonthCounterOptions;
  readonly #zone: Zone;
  readonly #path: string;
  #now: DataMonth | undefined;
  #isLoaded = false;
  #writtenAt = Number.NEGATIVE_INFINITY;
  #isTold = false;

  constructor(options: MonthCounterOptions) {
    this.#options = options;
    this.#zone = openZone(options.timeZone);
    this.#path = join(options.dir, `data-month-${options.interface}.json`);
  }

  async read(): Promise<Sample> {
    const { clock } = this.#options;
    const seen = await this.#look();
    if (seen === undefined) {
      const error = `there is no network interface ${this.#options.interface}`;
      return { code: CABINET_CODES.noInterface, error };
    }
    if (!this.#isLoaded) this.#now = await this.#load();
    this.#isLoaded = true;
    const before = this.#now;
    // A clock that nobody has set begins no month.
    const isSure = before === undefined || clock.trust() !== 'unknown';
    const month = isSure ? monthOf(clock.now(), this.#zone, this.#options.startsOn) : before.month;
    const latest = isSure ? monthOf(clock.now() + MONTH_MS, this.#zone, this.#options.startsOn) : before.month;
    this.#now = countOn(before, seen, month, latest);
    const isDue = clock.tick() - this.#writtenAt >= WRITE_EVERY_MS || this.#now.month !== before?.month;
    if (isDue) await this.#write();
    return { raw: this.#now.bytes, scaled: this.#now.bytes / 1e6 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#now !== undefined) await this.#write();
  }

  async #look(): Promise<Seen | undefined> {
    const { sysfs, proc, interface: name } = this.#options;
    const folder = join(sysfs, 'class', 'net', name);
    const figures = ['statistics/rx_bytes', 'statistics/tx_bytes', 'ifindex'].map((file) => readNumber(folder, file));
    const [received, sent, index] = await Promise.all(figures);
    if (received === undefined || sent === undefined || index === undefined) return undefined;
    const boot = (await readText(proc, 'sys/kernel/random/boot_id')) ?? '';
    return { boot, index: String(index), bytes: received + sent };
  }

  async #load(): Promise<DataMonth | undefined> {
    try {
      return stored.parse(JSON.parse(await readFile(this.#path, 'utf8')));
    } catch (error) {
      const isNew = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (!isNew)
        this.#options.log.warn({ path: this.#path }, "the month's data are counted anew: the file is damaged");
      return undefined;
    }
  }

  async #write(): Promise<void> {
    try {
      await mkdir(this.#options.dir, { recursive: true, mode: 0o700 });
      await replaceFile(this.#path, JSON.stringify(this.#now));
      this.#writtenAt = this.#options.clock.tick();
      this.#isTold = false;
    } catch (error) {
      if (!this.#isTold) this.#options.log.warn({ path: this.#path, error }, "the month's data cannot be stored");
      this.#isTold = true;
    }
  }
}
