import type { Clock, Trust } from '../../gateway/kit/clock.ts';

/** A clock that moves only when told to: `advance` runs what falls due on the way, in order. */
export class FakeClock implements Clock {
  #now: number;
  #tick: number;
  #timers: { due: number; run: () => void }[] = [];
  trusted: Trust = 'synchronised';

  constructor(start: number | string = '2026-07-15T13:30:00Z') {
    this.#now = typeof start === 'string' ? Date.parse(start) : start;
    this.#tick = this.#now;
  }

  now = () => this.#now;
  tick = () => this.#tick;
  trust = () => this.trusted;

  after(ms: number, run: () => void): () => void {
    const timer = { due: this.#tick + Math.max(ms, 0), run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const cancel = this.after(ms, resolve);
      signal?.addEventListener('abort', () => {
        cancel();
        reject(signal.reason);
      });
    });
  }

  /** Moves both lines on, running each timer at its own time and letting what it woke run before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.#tick + ms;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const next = this.#timers.filter((timer) => timer.due <= end).sort((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#move(Math.max(next.due, this.#tick));
      next.run();
    }
    this.#move(end);
  }

  /** The process stands still for so long: both lines go on, and no timer runs. */
  stand(ms: number): void {
    this.#move(this.#tick + ms);
  }

  /** Steps the wall clock only. */
  step(ms: number): void {
    this.#now += ms;
  }

  #move(to: number): void {
    this.#now += to - this.#tick;
    this.#tick = to;
  }
}
