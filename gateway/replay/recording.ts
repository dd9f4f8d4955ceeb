import { createReadStream } from 'node:fs';
import { codeOf, Fault, textOf } from '#kit/fault.ts';
import type { Zone } from '#kit/zone.ts';
import type { Reading } from '../../drivers/reading.ts';
import { RecordingCsv } from './recording-csv.ts';
import { parseJson, parseRecord, type Said, wrong } from './recording-line.ts';
import { RecordingTimes } from './recording-time.ts';

/** What a recording has of one instant: readings that stand together in it, or one other line (RULES.md, section 6). */
export type Line = { readonly at: number; readonly tick: number } & (
  | { readonly kind: 'readings'; readonly readings: readonly Reading[] }
  | Exclude<Said, { readonly kind: 'reading' }>
);

/** Where a point is first read, and how often it is. */
export interface Seen {
  readonly line: number;
  readonly count: number;
  /** The first line in which it says a text that is no number. */
  readonly textLine: number | undefined;
}

const CHUNK_BYTES = 1024 * 1024;
const LONGEST_LINE_BYTES = 1024 * 1024;
const MOST_POINTS = 100_000;
const LINE_FEED = 0x0a;

/** A good reading with nothing beside it, as nearly every line is: at, device, point, value. JSON takes no other numbers. */
const PLAIN =
  /^\{"at":"([^"\\]+)","device":"([^"\\]+)","point":"([^"\\]+)","value":(-?(?:0|[1-9]\d*)(?:\.\d+)?)(?:,"quality":"good")?\}$/;

/**
 * A recording in CSV with a header or in JSON lines, read once. It is given in pages of what is at hand, in order; one of
 * no more than some 1 MiB of the file is in memory at a time. Iterating throws a Fault `recording` with `file:line` at a
 * line that cannot be read, or that is older than the one before it, after all that came before that instant was given.
 */
export class Recording implements AsyncIterable<readonly Line[]> {
  readonly #file: string;
  readonly #times: RecordingTimes;
  readonly #until: number;
  /** By device, then by its point: one key for each, so that nothing of a line is kept. */
  readonly #points = new Map<
    string,
    Map<string, { key: string; line: number; count: number; textLine: number | undefined }>
  >();
  #pointCount = 0;
  #line = 0;
  #csv: RecordingCsv | null = null;
  /** Wall clock less tick. */
  #offset = 0;
  #tick = Number.NEGATIVE_INFINITY;
  /** Readings of the present instant, which may have more. */
  #readings: Reading[] = [];
  #isOver = false;

  /** `until`: lines after it, UTC ms, are not read. Times without an offset are of `zone`. */
  constructor(file: string, zone: Zone, until: number | null = null) {
    this.#file = file;
    this.#times = new RecordingTimes(zone);
    this.#until = until ?? Number.POSITIVE_INFINITY;
  }

  /** How many readings there were so far. */
  get readings(): number {
    let count = 0;
    for (const [, seen] of this.seen()) count += seen.count;
    return count;
  }

  /** Of the points that were read so far. */
  *seen(): Generator<readonly [point: string, seen: Seen]> {
    for (const points of this.#points.values()) for (const each of points.values()) yield [each.key, each];
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly Line[]> {
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of createReadStream(this.#file, { highWaterMark: CHUNK_BYTES })) {
      // Without an encoding a stream gives bytes.
      const bytes = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
      const end = bytes.lastIndexOf(LINE_FEED) + 1;
      rest = bytes.subarray(end);
      yield* this.#page(bytes.toString('utf8', 0, end));
      if (this.#isOver) return;
      if (rest.length > LONGEST_LINE_BYTES)
        throw this.#placed(wrong(`a line of more than ${LONGEST_LINE_BYTES} bytes`), 1);
    }
    yield* this.#page(rest.toString('utf8'));
    const page: Line[] = [];
    this.#endInstant(page);
    yield page;
  }

  /** What the lines of a text give; of one that is wrong, first what came before it. */
  *#page(text: string): Generator<readonly Line[]> {
    const page: Line[] = [];
    try {
      for (let from = 0; from < text.length && !this.#isOver; ) {
        const end = text.indexOf('\n', from);
        const to = end < 0 ? text.length : end;
        this.#line++;
        // A mark of byte order is white space too.
        const line = text.slice(from, to).trim();
        from = to + 1;
        if (line !== '') this.#take(line, page);
      }
    } catch (error) {
      yield page;
      throw codeOf(error) === 'recording' ? this.#placed(error, 0) : error;
    }
    yield page;
  }

  #placed(error: unknown, after: number): Fault {
    return new Fault('recording', `${this.#file}:${this.#line + after}: ${textOf(error)}`);
  }

  #take(text: string, page: Line[]): void {
    const plain = (this.#csv === null ? PLAIN : this.#csv.plain)?.exec(text);
    if (plain === null || plain === undefined) {
      this.#takeOther(text, page);
      return;
    }
    const at = this.#moveTo(plain[1], undefined, page);
    if (this.#isOver) return;
    const point = this.#pointOf(plain[2] ?? '', plain[3] ?? '');
    this.#readings.push({ point, value: Number(plain[4]), at, tick: this.#tick, quality: 'good' });
  }

  #takeOther(text: string, page: Line[]): void {
    const isJson = text.startsWith('{');
    if (this.#csv === null && !isJson && this.#tick === Number.NEGATIVE_INFINITY) {
      this.#csv = new RecordingCsv(text);
      const { missing } = this.#csv;
      if (missing !== undefined) throw wrong(`the CSV header has no column '${missing}'`);
      return;
    }
    const record = this.#csv === null || isJson ? parseJson(text) : this.#csv.record(text);
    const at = this.#moveTo(record.at, record.tick, page);
    if (this.#isOver) return;
    const said = parseRecord(record, (value) => this.#times.parse(value));
    const tick = this.#tick;
    if (said.kind === 'reading') {
      const point = this.#pointOf(said.device, said.id);
      if (typeof said.reading.value === 'string') this.#noteText(said.device, said.id);
      this.#readings.push({ ...said.reading, point, at, tick });
    } else {
      this.#endInstant(page);
      page.push({ ...said, at, tick });
    }
  }

  /** To the time of the next line; what was of the one before is complete when it is another. */
  #moveTo(said: unknown, saidTick: unknown, page: Line[]): number {
    const at = this.#times.parse(said);
    if (!Number.isFinite(at)) throw wrong(`'at' is not a time: ${JSON.stringify(said)}`);
    if (at > this.#until) {
      this.#isOver = true;
      this.#endInstant(page);
      return at;
    }
    const tick = saidTick === undefined ? at - this.#offset : this.#times.parse(saidTick);
    if (!Number.isFinite(tick)) throw wrong(`'tick' is not a time: ${JSON.stringify(saidTick)}`);
    if (tick < this.#tick) throw wrong('older than the line before it: sort the recording by time');
    // What was taken at another time of the wall clock is another instant, also on the same tick.
    if (tick !== this.#tick || at - tick !== this.#offset) this.#endInstant(page);
    this.#offset = at - tick;
    this.#tick = tick;
    return at;
  }

  #endInstant(page: Line[]): void {
    const [first] = this.#readings;
    if (first === undefined) return;
    page.push({ kind: 'readings', at: first.at, tick: first.tick, readings: this.#readings });
    this.#readings = [];
  }

  #noteText(device: string, id: string): void {
    const point = this.#points.get(device)?.get(id);
    if (point !== undefined) point.textLine ??= this.#line;
  }

  #pointOf(device: string, id: string): string {
    let points = this.#points.get(device);
    if (points === undefined) {
      points = new Map();
      this.#points.set(copyOf(device), points);
    }
    let point = points.get(id);
    if (point === undefined) {
      if (++this.#pointCount > MOST_POINTS) throw wrong(`more than ${MOST_POINTS} points`);
      point = { key: copyOf(`${device}/${id}`), line: this.#line, count: 0, textLine: undefined };
      points.set(copyOf(id), point);
    }
    point.count++;
    return point.key;
  }
}

/** A part of a text keeps all of it in memory; this is one by itself. */
const copyOf = (text: string): string => Buffer.from(text).toString();
