import type { Reading } from '../../drivers/reading.ts';
import { isMark, MARK } from './mark.ts';

export interface RecordingOptions {
  /** UTC milliseconds; of what was before, only what still holds is told. */
  readonly from: number;
  /** RFC 3339 of an instant. */
  readonly encodeTime: (at: number) => string;
}

/**
 * The JSON lines of a recording, as a replay reads them (RULES.md, section 6), of what history kept in its order. All
 * runs of the gateway lie on one line of ticks, which begins at the wall clock and never goes back: between a `stop` and
 * the next `start` lies the time that the gateway was off, as it reckoned it itself.
 */
export class RecordingLines {
  readonly #options: RecordingOptions;
  /** What this run's ticks are moved by. */
  #shift = Number.NaN;
  /** Of the last line. */
  #at = Number.NaN;
  #tick = Number.NEGATIVE_INFINITY;
  /** Wall clock less tick, as a reader of the lines takes it where no tick stands. */
  #offset = 0;
  #hasTold = false;
  /** What holds when the first line is told: the clock, and permits by number. */
  readonly #holding = new Map<string, object>();

  constructor(options: RecordingOptions) {
    this.#options = options;
  }

  /** The lines of the next reading or mark, each ended by a line feed. */
  *take(reading: Reading): Generator<string> {
    const { at, tick, point } = reading;
    if (at < this.#options.from) {
      if (isMark(point)) this.#hold(point, whatOf(reading));
      return;
    }
    if (point === `${MARK}start`) yield* this.#start(at, tick, whatOf(reading));
    else {
      if (Number.isNaN(this.#shift)) this.#shift = at - tick;
      this.#move(at, tick + this.#shift);
    }
    if (!this.#hasTold) yield* this.#begin();
    if (point === `${MARK}start`) yield this.#line({ start: true });
    else if (point === `${MARK}clock`) yield this.#line({ clock: whatOf(reading).trust });
    else if (isMark(point)) yield this.#line({ [point.slice(MARK.length)]: whatOf(reading) });
    else yield this.#line(this.#readingOf(reading));
  }

  #hold(point: string, what: Record<string, unknown>): void {
    if (point === `${MARK}clock`) this.#holding.set('clock', { clock: what.trust });
    if (point === `${MARK}permit`) this.#holding.set(`permit ${String(what.id)}`, { permit: what });
  }

  *#begin(): Generator<string> {
    this.#hasTold = true;
    for (const what of this.#holding.values()) yield this.#line(what);
    this.#holding.clear();
  }

  /** A run that ended is said to have stopped as long before the next start as that has reckoned. */
  *#start(at: number, tick: number, { offMs }: Record<string, unknown>): Generator<string> {
    const off = typeof offMs === 'number' ? offMs : 0;
    if (!this.#hasTold) {
      this.#shift = at - tick;
      this.#move(at, at);
      return;
    }
    const start = this.#tick + Math.max(off, tick - this.#at);
    const stop = start - off;
    this.#move(this.#at + stop - this.#tick, stop);
    yield this.#line({ stop: true });
    this.#shift = start - tick;
    this.#move(at, start);
  }

  /** Time on the line of ticks does not go back. */
  #move(at: number, tick: number): void {
    this.#at = at;
    this.#tick = Math.max(this.#tick, tick);
  }

  #line(what: object): string {
    const isPlain = this.#tick === this.#at - this.#offset;
    this.#offset = this.#at - this.#tick;
    const time = { at: this.#options.encodeTime(this.#at), ...(isPlain ? {} : { tick: this.#tick }) };
    return `${JSON.stringify({ ...time, ...what })}\n`;
  }

  #readingOf({ point, value, quality, code, deviceAt, late }: Reading): object {
    const cut = point.indexOf('/');
    return {
      device: point.slice(0, cut),
      point: point.slice(cut + 1),
      value,
      ...(quality === 'good' ? {} : { quality }),
      ...(code === undefined ? {} : { code }),
      ...(deviceAt === undefined ? {} : { deviceAt: this.#options.encodeTime(deviceAt) }),
      ...(late === undefined ? {} : { late }),
    };
  }
}

// Written by `mark`.
const whatOf = ({ value }: Reading): Record<string, unknown> => JSON.parse(String(value)) as Record<string, unknown>;
