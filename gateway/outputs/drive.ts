import { Backoff } from '#kit/backoff.ts';
import type { Clock } from '#kit/clock.ts';
import { isSameValue } from '#kit/equal.ts';
import { textOf } from '#kit/fault.ts';
import type { Written } from '../../drivers/driver.ts';
import type { Output, OutputValue } from './output.ts';

/** Writes a point of a link and reads it back. */
export type WritePoint = (link: string, point: string, value: OutputValue, signal: AbortSignal) => Promise<Written>;

/** What was read of a point. */
export interface Seen {
  readonly point: string;
  readonly value: number | string | null;
  readonly tick: number;
  readonly quality: 'good' | 'uncertain' | 'bad';
  readonly code?: string;
}

export interface DriveOptions {
  readonly output: Output;
  readonly write: WritePoint;
  readonly clock: Pick<Clock, 'tick'>;
  /** Real time, for time-outs and back-off. */
  readonly wire: Clock;
  /** The world does not follow: once for each failure. */
  failed(code: string, readBack: OutputValue | null): void;
  /** It follows again. */
  restored(readBack: OutputValue | null): void;
}

const FIRST_RETRY_MS = 500;
const MOST_RETRY_MS = 30_000;
/** So long after the start a line that is not up yet, or a device that has not come back to its broker, is no failure. */
const GRACE_MS: ReadonlyMap<string, number> = new Map([
  ['link-down', 5000],
  ['not-connected', 30_000],
  ['not-subscribed', 30_000],
]);
/** What was written and is otherwise again so often within so long does not hold. */
const MOST_CHANGED_BACK = 3;
const HOLDS_AFTER_MS = 60_000;

export const DRIVE_CODES = {
  feedback: 'feedback-differs',
  doesNotHold: 'does-not-hold',
  notWritable: 'not-writable',
  watchdog: 'watchdog-not-set',
  failed: 'write-failed',
} as const;

interface Writing {
  readonly value: OutputValue;
  isShown: boolean;
  undone: Seen | null;
}

/** One output and the world: what is wanted is written until the world shows it, and again when the world has changed it. */
export class Drive {
  readonly #options: DriveOptions;
  readonly #backoff = new Backoff({ firstMs: FIRST_RETRY_MS, mostMs: MOST_RETRY_MS, jitter: 0.2 });
  readonly #openedAt: number;
  #target: OutputValue;
  /** What was written last and confirmed; null: nobody knows. */
  #confirmed: OutputValue | null = null;
  #confirmedTick = Number.NEGATIVE_INFINITY;
  #isWatched: boolean;
  #is: OutputValue | null = null;
  #code: string | null = null;
  #failures = 0;
  #changedBack = 0;
  #changedBackTick = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | null = null;
  /** The write under way, and whether its point has shown it, and something else after that. */
  #writing: Writing | null = null;
  #wake: AbortController = new AbortController();
  #cancelFeedback: () => void = () => {};
  #isStopping = false;
  /** The last write did not get as far as the device: it is tried again as soon as the device is heard. */
  #isUnreached = false;

  constructor(options: DriveOptions) {
    this.#options = options;
    this.#target = options.output.safe;
    this.#isWatched = options.output.watchdog === null;
    this.#openedAt = options.wire.tick();
  }

  get code(): string | null {
    return this.#code;
  }

  get failures(): number {
    return this.#failures;
  }

  /** What the world has shown last; null: nothing is known. */
  get is(): OutputValue | null {
    return this.#is;
  }

  get isThere(): boolean {
    return this.#confirmed === this.#target;
  }

  /** It is to be this from now on. */
  to(value: OutputValue): void {
    if (this.#isStopping) return;
    if (value !== this.#target) this.#wake.abort();
    this.#target = value;
    this.#run();
  }

  /** What was read of its point, or of the one that shows what the world did. */
  see(seen: Seen): void {
    const { output } = this.#options;
    if (seen.point === output.feedback?.point) this.#seeFeedback(seen);
    if (seen.point !== output.point || this.#isStopping) return;
    if (seen.quality === 'bad' || seen.value === null) {
      // It may have been without power: its watchdog, and what it is, are looked at anew when it is back.
      if (output.watchdog !== null) this.#isWatched = false;
      if (this.#target !== output.safe && this.isThere) this.#fail(seen.code ?? DRIVE_CODES.failed, null);
      return;
    }
    this.#is = seen.value;
    if (this.#isUnreached) this.#wake.abort();
    if (this.#writing !== null) this.#seeWhileWriting(this.#writing, seen);
    if (this.#writing !== null || seen.tick < this.#confirmedTick) return;
    if (isSameValue(this.#target, seen.value) && this.isThere) this.#holds(seen);
    else if (this.isThere) this.#changedBackBy(seen);
    if (!this.#isWatched) this.#run();
  }

  /** Its link was opened anew: nobody knows what it is. */
  forget(): void {
    this.#confirmed = null;
    this.#isWatched = this.#options.output.watchdog === null;
    this.#wake.abort();
    this.#run();
  }

  /** Safe now, once or at most until the signal aborts; false where the world did not show it. */
  async stop(signal: AbortSignal): Promise<boolean> {
    const { output } = this.#options;
    this.#target = output.safe;
    this.#isStopping = true;
    this.#wake.abort();
    this.#cancelFeedback();
    await this.#running;
    while (!signal.aborted && this.#confirmed !== output.safe) {
      await this.#write(output.safe, signal);
      if (this.#confirmed !== output.safe) await this.#rest(FIRST_RETRY_MS, signal);
    }
    return this.#confirmed === output.safe;
  }

  close(): void {
    this.#isStopping = true;
    this.#wake.abort();
    this.#cancelFeedback();
  }

  #run(): void {
    if (this.#running !== null || this.#isStopping || (this.isThere && this.#isWatched)) return;
    this.#running = this.#loop().finally(() => {
      this.#running = null;
      this.#run();
    });
  }

  async #loop(): Promise<void> {
    while (!this.#isStopping && !(this.isThere && this.#isWatched)) {
      this.#wake = new AbortController();
      if (!this.isThere) await this.#write(this.#target, this.#wake.signal);
      if (this.isThere && !this.#isWatched) await this.#setWatchdog();
      if (this.isThere && this.#isWatched) return;
      if (!this.#isStopping) await this.#rest(this.#backoff.next(), this.#wake.signal);
    }
  }

  async #write(value: OutputValue, signal: AbortSignal): Promise<void> {
    const { output, clock } = this.#options;
    this.#isUnreached = false;
    const writing: Writing = { value, isShown: false, undone: null };
    this.#writing = writing;
    const written = await this.#try(output.point, value, signal);
    this.#writing = null;
    if (!written.done) {
      this.#confirmed = null;
      this.#isUnreached = GRACE_MS.has(written.code);
      this.#is = written.readBack ?? this.#is;
      this.#fail(written.code, written.readBack ?? null);
      return;
    }
    this.#is = written.readBack;
    this.#confirmed = value;
    this.#confirmedTick = clock.tick();
    this.#backoff.reset();
    this.#awaitFeedback(value);
    if (output.feedback === null && this.#code !== DRIVE_CODES.doesNotHold) this.#mend();
    if (writing.undone !== null) this.#changedBackBy(writing.undone);
  }

  /** What differs before it was shown is of before the write; a device that reports only changes says the rest once. */
  #seeWhileWriting(writing: Writing, seen: Seen): void {
    if (seen.value === null) return;
    const isAsWritten = isSameValue(writing.value, seen.value);
    if (isAsWritten || writing.isShown) writing.undone = isAsWritten ? null : seen;
    writing.isShown ||= isAsWritten;
  }

  async #setWatchdog(): Promise<void> {
    const { watchdog } = this.#options.output;
    if (watchdog === null) return;
    const written = await this.#try(watchdog.point, watchdog.value, this.#wake.signal);
    this.#isWatched = written.done;
    if (!written.done) this.#fail(DRIVE_CODES.watchdog, this.#is);
    else if (this.#code === DRIVE_CODES.watchdog) this.#mend();
  }

  async #try(point: string, value: OutputValue, signal: AbortSignal): Promise<Written> {
    try {
      return await this.#options.write(this.#options.output.link, point, value, signal);
    } catch (error) {
      return { done: false, code: signal.aborted ? 'aborted' : `${DRIVE_CODES.failed}: ${textOf(error)}` };
    }
  }

  /** The other point must show it in time; what it shows until then is of before. */
  #awaitFeedback(value: OutputValue): void {
    const { output, wire } = this.#options;
    const { feedback } = output;
    if (feedback === null) return;
    this.#cancelFeedback();
    this.#cancelFeedback = wire.after(feedback.withinMs, () => {
      if (this.#confirmed !== value || this.#isStopping) return;
      const isAsWanted = isSameValue(feedback.shows[String(value)] ?? value, this.#feedback);
      if (!isAsWanted) this.#fail(DRIVE_CODES.feedback, this.#feedback);
    });
  }

  #feedback: OutputValue | null = null;

  #seeFeedback({ value, quality }: Seen): void {
    const { feedback } = this.#options.output;
    this.#feedback = quality === 'bad' ? null : value;
    if (feedback === null || !this.isThere || this.#feedback === null) return;
    const isAsWanted = isSameValue(feedback.shows[String(this.#target)] ?? this.#target, this.#feedback);
    if (isAsWanted) {
      this.#cancelFeedback();
      if (this.#code !== DRIVE_CODES.doesNotHold) this.#mend();
    }
  }

  /** Somebody, or a loss of power, has made it otherwise: it is written again. */
  #changedBackBy({ value, tick }: Seen): void {
    const isSoon = tick - this.#changedBackTick < HOLDS_AFTER_MS;
    this.#changedBack = isSoon ? this.#changedBack + 1 : 1;
    this.#changedBackTick = tick;
    this.#confirmed = null;
    if (this.#changedBack >= MOST_CHANGED_BACK) this.#fail(DRIVE_CODES.doesNotHold, value);
    this.#run();
  }

  #holds({ tick }: Seen): void {
    if (tick - this.#changedBackTick < HOLDS_AFTER_MS) return;
    this.#changedBack = 0;
    const isOfLine = this.#code !== DRIVE_CODES.feedback && this.#code !== DRIVE_CODES.watchdog;
    if (isOfLine) this.#mend();
  }

  #fail(code: string, readBack: OutputValue | null): void {
    if (this.#isStopping || code === 'aborted') return;
    if (this.#code !== null) return;
    if (this.#options.wire.tick() - this.#openedAt < (GRACE_MS.get(code) ?? 0)) return;
    this.#code = code;
    this.#failures++;
    this.#options.failed(code, readBack);
  }

  #mend(): void {
    if (this.#code === null) return;
    this.#code = null;
    if (!this.#isStopping) this.#options.restored(this.#is);
  }

  async #rest(ms: number, signal: AbortSignal): Promise<void> {
    await this.#options.wire.sleep(ms, signal).catch(() => {});
  }
}
