import { setTimeout as wait } from 'node:timers/promises';

/** What is known of the wall clock: set by a trusted source, running on since then, or neither. */
export type Trust = 'synchronised' | 'holding' | 'unknown';

/**
 * The time that a step is given; nothing else reads a clock or sets a timer.
 * Live it is the system's, in the demo it runs faster, in a test it is moved by hand.
 */
export interface Clock {
  /** Wall time in UTC milliseconds. It may step. */
  now(): number;
  /** Milliseconds on a line that never steps nor goes back; it starts at the wall time of its opening. */
  tick(): number;
  /** The same line as `tick` in fractions of milliseconds, where whole ones are too coarse; left out: `tick` is exact. */
  fine?(): number;
  trust(): Trust;
  /** Resolves after `ms` of this clock; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `run` once after `ms` of this clock, unless the returned function is called before. */
  after(ms: number, run: () => void): () => void;
}

/** The longest that Node's timers take. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** What two lines of whole milliseconds may differ by from one look to the next and be as far apart as before, real ms. */
const ROUNDING_MS = 3;

export interface ClockOptions {
  /** How many of its seconds pass in one real second. */
  readonly rate?: number;
  /** Wall time at `realStart`, UTC ms; both left out: now. */
  readonly start?: number;
  readonly realStart?: number;
  readonly trust?: () => Trust;
}

/** The system's clock, or one that runs `rate` times as fast from `start`. */
export function openClock(options: ClockOptions = {}): Clock {
  const { rate = 1, realStart = Date.now(), trust = () => 'unknown' } = options;
  const start = options.start ?? realStart;
  const now = () => start + (Date.now() - realStart) * rate;
  const tickStart = now();
  const lineStart = performance.now();
  const fine = () => tickStart + (performance.now() - lineStart) * rate;
  const tick = () => Math.round(fine());
  /** Wall clock less tick: it moves with the wall clock, and not with what rounding makes of two lines. */
  let shift = 0;
  const real = (ms: number) => Math.min(Math.max(ms / rate, 0), LONGEST_TIMER_MS);
  return {
    now: () => {
      const line = tick();
      const moved = Math.round(now()) - line;
      if (Math.abs(moved - shift) > ROUNDING_MS * rate) shift = moved;
      return line + shift;
    },
    tick,
    fine,
    trust,
    sleep: (ms, signal) => wait(real(ms), undefined, signal ? { signal } : {}),
    after: (ms, run) => {
      const timer = setTimeout(run, real(ms));
      return () => clearTimeout(timer);
    },
  };
}

/** Calls `run` after each `ms` of a clock, until the returned function is called. */
export function every(clock: Pick<Clock, 'after'>, ms: number, run: () => void): () => void {
  let isOver = false;
  let cancel = () => {};
  const next = () => {
    cancel = clock.after(ms, () => {
      run();
      if (!isOver) next();
    });
  };
  next();
  return () => {
    isOver = true;
    cancel();
  };
}

/** The same clock with its tick line moved on: a start whose wall clock is behind must not go back on the last run's line. */
export function withTicksFrom(clock: Clock, least: number): Clock {
  const shift = Math.max(0, least - clock.tick());
  if (shift === 0) return clock;
  return {
    now: () => clock.now(),
    tick: () => clock.tick() + shift,
    fine: () => (clock.fine?.() ?? clock.tick()) + shift,
    trust: () => clock.trust(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    after: (ms, run) => clock.after(ms, run),
  };
}
