import { renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Reading } from '../../drivers/reading.ts';
import { columnsOf, isLate, readValue, unpackReadings } from './columns.ts';
import { decodeFrame, encodeFrame, type Frame } from './frame.ts';
import { Journal, type JournalContent, readJournal } from './journal.ts';
import { pack, unpack } from './packed.ts';
import type { Sample } from './sample.ts';

/** First byte of a journal's payload. */
const READINGS = 0;
const POINTS = 1;
const NOTES = 2;

const PREFIX = 'journal-';

export const journalPath = (dir: string, segment: number): string => join(dir, `${PREFIX}${segment}`);

/** The segment whose journal a file is, or undefined. */
export const segmentOfFile = (name: string): number | undefined =>
  new RegExp(`^${PREFIX}\\d+$`).test(name) ? Number(name.slice(PREFIX.length)) : undefined;

export interface KeptPoint {
  readonly key: string;
  /** Its values are levels in decibels. */
  readonly isNoise: boolean;
}

/** What a journal says: its points by the numbers that its frames have, its frames, and notes by name, the last one of each. */
export interface Told {
  readonly points: ReadonlyMap<number, KeptPoint>;
  readonly frames: readonly Frame[];
  readonly notes: ReadonlyMap<string, string>;
}

export function toldBy({ payloads }: JournalContent): Told {
  const points = new Map<number, KeptPoint>();
  const notes = new Map<string, string>();
  const frames: Frame[] = [];
  for (const payload of payloads) {
    const body = unpack(payload.subarray(1));
    // Written by `Pending`.
    const rows = <T>() => JSON.parse(Buffer.from(body).toString()) as T[];
    if (payload[0] === READINGS) frames.push(decodeFrame(body));
    else if (payload[0] === POINTS) {
      for (const [number, key, isNoise] of rows<[number, string, boolean]>()) points.set(number, { key, isNoise });
    } else if (payload[0] === NOTES) {
      for (const [name, value] of rows<[string, string]>()) notes.set(name, value);
    }
  }
  return { points, frames, notes };
}

/** Readings that are on disk in a journal and not packed yet: what becomes one segment. They are in memory too. */
export class Pending {
  readonly segment: number;
  readonly frames: Frame[] = [];
  readonly #journal: Journal;
  readonly #defined = new Map<number, KeptPoint>();
  count = 0;
  fromAt = Number.POSITIVE_INFINITY;
  toAt = Number.NEGATIVE_INFINITY;
  /** Its points have other numbers now than its file says: nothing can be added. */
  isRenumbered = false;
  #firstTick = Number.NaN;
  #lastTick = Number.NaN;

  private constructor(segment: number, journal: Journal) {
    this.segment = segment;
    this.#journal = journal;
  }

  static create(dir: string, segment: number): Pending {
    return new Pending(segment, Journal.create(journalPath(dir, segment)));
  }

  /**
   * From its journal, each point numbered as `numberOf` says; notes go to `note`. Undefined where the file is no
   * journal: it is put aside under another name.
   */
  static load(
    dir: string,
    segment: number,
    numberOf: (key: string, isNoise: boolean) => number,
    note: (name: string, value: string) => void,
  ): Pending | undefined {
    const path = journalPath(dir, segment);
    const content = readJournal(path);
    if (content === undefined) {
      renameSync(path, `${path}.damaged`);
      return undefined;
    }
    const { points, frames, notes } = toldBy(content);
    const pending = new Pending(segment, Journal.reopen(path, content.length));
    const numbers = new Map([...points].map(([number, { key, isNoise }]) => [number, numberOf(key, isNoise)] as const));
    for (const [name, value] of notes) note(name, value);
    for (const frame of frames) {
      const { point } = columnsOf(frame.buffer);
      point.forEach((number, i) => {
        point[i] = numbers.get(number) ?? 0;
      });
      pending.#take(frame);
    }
    for (const [number, point] of points) pending.#defined.set(numbers.get(number) ?? 0, point);
    pending.isRenumbered = [...numbers].some(([before, now]) => before !== now);
    return pending;
  }

  get bytes(): number {
    return this.#journal.bytes;
  }

  /** How long it goes on, by the line that never steps, ms. */
  get lastsMs(): number {
    return this.count === 0 ? 0 : Math.abs(this.#lastTick - this.#firstTick);
  }

  /** Stores readings; `pointOf` says what their points are. */
  add(frame: Frame, pointOf: (point: number) => KeptPoint): void {
    const unknown = [...new Set(columnsOf(frame.buffer).point)].filter(
      (point) => this.#defined.get(point)?.isNoise !== pointOf(point).isNoise,
    );
    if (unknown.length > 0) {
      const rows = unknown.map((point) => [point, pointOf(point).key, pointOf(point).isNoise]);
      this.#write(POINTS, json(rows));
    }
    for (const point of unknown) this.#defined.set(point, pointOf(point));
    this.#write(READINGS, encodeFrame(frame));
    this.#take(frame);
  }

  /** Stores a note beside the readings, such as how far one who reads has come. */
  note(name: string, value: string): void {
    this.#write(NOTES, json([[name, value]]));
  }

  sync(): void {
    this.#journal.sync();
  }

  close(): void {
    this.#journal.close();
  }

  remove(): void {
    this.#journal.remove();
  }

  samples(point: number, from: number, to: number): Sample[] {
    return samplesIn(this.frames, point, from, to);
  }

  #write(what: number, body: Uint8Array): void {
    const packed = pack(body);
    const payload = new Uint8Array(1 + packed.length);
    payload[0] = what;
    payload.set(packed, 1);
    this.#journal.append(payload);
  }

  #take(frame: Frame): void {
    const { at, tick } = columnsOf(frame.buffer);
    this.frames.push(frame);
    this.count += at.length;
    for (const ms of at) {
      if (ms < this.fromAt) this.fromAt = ms;
      if (ms > this.toAt) this.toAt = ms;
    }
    if (Number.isNaN(this.#firstTick)) this.#firstTick = tick[0] ?? Number.NaN;
    this.#lastTick = tick.at(-1) ?? this.#lastTick;
  }
}

const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

/** The readings of frames from the one at `from` on, in their order, of the points that `keyOf` knows. */
export function* readingsIn(
  frames: readonly Frame[],
  from: number,
  keyOf: (point: number) => string | undefined,
): Generator<readonly [index: number, reading: Reading]> {
  let before = 0;
  for (const { buffer, texts } of frames) {
    const count = columnsOf(buffer).at.length;
    if (before + count > from) {
      // All of them, for their places; what nobody wants is passed over here.
      const readings = unpackReadings(buffer, texts, (point) => keyOf(point) ?? '');
      for (let i = Math.max(0, from - before); i < readings.length; i++) {
        const reading = readings[i];
        if (reading !== undefined && reading.point !== '') yield [before + i, reading];
      }
    }
    before += count;
  }
}

function samplesIn(frames: readonly Frame[], point: number, from: number, to: number): Sample[] {
  const samples: Sample[] = [];
  for (const { buffer, texts } of frames) {
    const columns = columnsOf(buffer);
    for (let i = columns.point.indexOf(point); i !== -1; i = columns.point.indexOf(point, i + 1)) {
      const at = columns.at[i] ?? 0;
      const kind = columns.kind[i] ?? 0;
      // A late value is of another time than its `at`: among those of now it would be a false one.
      if (at < from || at > to || isLate(kind)) continue;
      samples.push({ at, ...readValue(kind, columns.value[i] ?? 0, texts), weight: 1 });
    }
  }
  return samples;
}
