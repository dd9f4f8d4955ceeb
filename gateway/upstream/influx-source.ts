import { BEGINNING, type HistoryFeed, type Place } from '../history/history.ts';
import { encodeReading, encodeSummary } from './influx-line.ts';
import type { InfluxOptions } from './influx-options.ts';
import type { SentPoint, UpstreamContext } from './upstream.ts';

const MINUTE_MS = 60_000;
/** A minute is whole when its last readings are on disk. */
const LAG_MS = 3000;
/** Minutes of one look while there is a backlog. */
const MOST_MINUTES = 10;
/** A clock that was ahead for a while: what was sent then is not waited for. */
const AHEAD_MS = 5 * MINUTE_MS;
const READINGS = 2000;

/** Lines to be sent, and what to keep once they are. */
export interface Batch {
  readonly lines: readonly string[];
  readonly position: string;
  /** Nothing more is there for now. */
  readonly isEnd: boolean;
}

/** What an upstream has still to send, with its own place in history, which outlives a restart. */
export interface Source {
  /** The next lines after the position; the same again until it is moved. */
  next(): Promise<Batch>;
  /** Settled up to there. */
  moveTo(batch: Batch): Promise<void>;
  /** Minutes that wait. */
  readonly backlog: number;
  /** What went unsent for want of room, for a person; undefined when nothing did. */
  readonly gap: string | undefined;
}

export async function openSource(id: string, options: InfluxOptions, context: UpstreamContext): Promise<Source> {
  const name = `influx ${id} ${options.every}`;
  const stored = await context.history.noted(name);
  if (options.every === '1min') return new Minutes(name, stored, options, context);
  const begin = options.from === 'all' ? BEGINNING : await context.history.end();
  // Written by `moveTo`.
  return new Readings(name, stored === null ? begin : (JSON.parse(stored) as Place), options, context);
}

/** How many bytes one of what is counted makes, learned from what was sent. */
class Weight {
  #bytes = 0;
  #count = 0;

  add(lines: readonly string[], count: number): void {
    if (count <= 0) return;
    // Half of what was known before, so that it follows a site that changes.
    this.#bytes = this.#bytes / 2 + lines.reduce((sum, line) => sum + line.length + 1, 0);
    this.#count = this.#count / 2 + count;
  }

  /** How many make so many bytes; Infinity while nothing is known. */
  within(bytes: number): number {
    return this.#bytes === 0 ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor((bytes * this.#count) / this.#bytes));
  }
}

const said = (at: number): string => new Date(at).toISOString().slice(0, 16);

abstract class HistorySource {
  readonly name: string;
  readonly context: UpstreamContext;
  readonly history: HistoryFeed;
  readonly mostBytes: number;
  readonly weight = new Weight();
  gap: string | undefined;

  constructor(name: string, options: InfluxOptions, context: UpstreamContext) {
    this.name = name;
    this.context = context;
    this.history = context.history;
    this.mostBytes = options.backlog * 1e6;
  }

  pointsByKey(): ReadonlyMap<string, SentPoint> {
    return new Map(this.context.points().map((point) => [point.key, point]));
  }
}

class Minutes extends HistorySource implements Source {
  /** The next minute to send, UTC milliseconds. */
  #next: number;

  constructor(name: string, stored: string | null, options: InfluxOptions, context: UpstreamContext) {
    super(name, options, context);
    const oldest = () => context.history.status().oldestAt ?? context.clock.now();
    const begin = options.from === 'all' ? oldest() : context.clock.now();
    this.#next = stored === null ? Math.floor(begin / MINUTE_MS) * MINUTE_MS : Number(stored);
  }

  get backlog(): number {
    return Math.max(0, Math.round((this.#whole - this.#next) / MINUTE_MS));
  }

  /** The end of the last whole minute. */
  get #whole(): number {
    return Math.floor((this.context.clock.now() - LAG_MS) / MINUTE_MS) * MINUTE_MS;
  }

  async next(): Promise<Batch> {
    const whole = this.#whole;
    if (this.#next > whole + AHEAD_MS) this.#next = whole;
    const first = whole - this.weight.within(this.mostBytes) * MINUTE_MS;
    if (this.#next < first) {
      this.gap = `minutes from ${said(this.#next)} to ${said(first)} (UTC) were not sent: more than ${this.mostBytes / 1e6} MB waited`;
      this.#next = first;
    }
    const to = Math.min(whole, this.#next + MOST_MINUTES * MINUTE_MS);
    if (to <= this.#next) return { lines: [], position: String(this.#next), isEnd: true };
    const points = this.pointsByKey();
    const rows = await this.history.summaries('minute', this.#next, to);
    const lines = rows.flatMap((row) => encodeSummary(this.context.gateway, row, points.get(row.point)) ?? []);
    this.weight.add(lines, (to - this.#next) / MINUTE_MS);
    return { lines, position: String(to), isEnd: to === whole };
  }

  async moveTo({ position }: Batch): Promise<void> {
    if (position === String(this.#next)) return;
    this.#next = Number(position);
    await this.history.note(this.name, position);
  }
}

class Readings extends HistorySource implements Source {
  #place: Place;
  #sentAt: number;

  constructor(name: string, place: Place, options: InfluxOptions, context: UpstreamContext) {
    super(name, options, context);
    this.#place = place;
    this.#sentAt = context.clock.now();
  }

  get backlog(): number {
    return Math.max(0, Math.floor((this.context.clock.now() - this.#sentAt) / MINUTE_MS));
  }

  async next(): Promise<Batch> {
    await this.#skip();
    const { readings, place, isEnd, isGap } = await this.history.read(this.#place, READINGS);
    if (isGap)
      this.gap = `readings before ${said(readings[0]?.at ?? 0)} (UTC) were not sent: history keeps them no more`;
    const points = this.pointsByKey();
    const lines = readings.flatMap(
      (reading) => encodeReading(this.context.gateway, reading, points.get(reading.point)) ?? [],
    );
    this.weight.add(lines, lines.length);
    return { lines, position: JSON.stringify(place), isEnd };
  }

  async moveTo({ position, isEnd }: Batch): Promise<void> {
    if (isEnd) this.#sentAt = this.context.clock.now();
    if (position === JSON.stringify(this.#place)) return;
    // Written by `next`.
    this.#place = JSON.parse(position) as Place;
    await this.history.note(this.name, position);
  }

  /** Passes over the oldest where more waits than may. */
  async #skip(): Promise<void> {
    const most = this.weight.within(this.mostBytes);
    let over = (await this.history.countFrom(this.#place)) - most;
    const skipped = over;
    while (over > 0) {
      const { readings, place, isEnd } = await this.history.read(this.#place, Math.min(over, READINGS));
      this.#place = place;
      over -= Math.max(1, readings.length);
      const until = readings.at(-1)?.at;
      this.gap = `${skipped} readings up to ${until === undefined ? '?' : said(until)} (UTC) were not sent: more than ${this.mostBytes / 1e6} MB waited`;
      if (isEnd) return;
    }
  }
}
