import type { Zone } from '#kit/zone.ts';
import { type Point, type Qualified, qualify } from '../point.ts';
import { READING_CODES, type UntimedReading } from '../reading.ts';
import type { Frame } from './frame.ts';
import { parseLocalTime } from './local-time.ts';

/** Where a point's value stands: a field of the CP, in frames of one command. */
export interface Source {
  /** `LA-Rtd`, `SB1-RS`. */
  readonly factor: string;
  /** The command; by the factor's suffix where it is left out. */
  readonly cn?: number | undefined;
}

export interface FrameReadings {
  readonly readings: readonly UntimedReading[];
  /** The DataTime, UTC ms; undefined where it is no time. */
  readonly dataAt: number | undefined;
  /** For counters; the readings say it to the rules. */
  readonly flaws: { readonly badTimes: number; readonly badNumbers: number };
}

export const REAL_TIME = 2011;
const STATES = 2021;
const DAY = 2031;
const RUN_HOURS = 2041;
const MINUTES = 2051;
const HOUR = 2061;

/** Commands that carry data up (HJ 212-2017, table 9). */
export const DATA_COMMANDS: readonly number[] = [REAL_TIME, STATES, DAY, RUN_HOURS, MINUTES, HOUR];

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Above the measuring range: the value is at least full scale, so limits are held against it. */
const ABOVE_RANGE = 'above-range';
const NUMBER = /^[+-]?\d{1,12}(?:\.\d{1,12})?$/;

/** The commands in whose frames a point's value stands. Many instruments send equipment states within real-time data. */
export function commandsOf({ factor, cn }: Source): readonly number[] {
  if (cn !== undefined) return [cn];
  const suffix = factor.slice(factor.lastIndexOf('-') + 1);
  if (suffix === 'Rtd' || suffix === 'ZsRtd') return [REAL_TIME];
  if (suffix === 'RS') return [STATES, REAL_TIME];
  if (suffix === 'RT') return [RUN_HOURS];
  if (suffix === 'DayData' || suffix === 'NightData') return [DAY];
  return [MINUTES];
}

/** Data of one command: how often it comes at most, and how long after its DataTime a value is true. */
export interface TimedData {
  readonly command: number;
  readonly everyMs: number;
  readonly periodMs: number;
}

/** What data these points stand in, that with the shortest period first. */
export function timedDataOf(points: readonly Point<Source>[]): readonly TimedData[] {
  const shortest = new Map<number, number>();
  for (const { source, everyMs } of points) {
    for (const command of commandsOf(source)) {
      shortest.set(command, Math.min(shortest.get(command) ?? Number.POSITIVE_INFINITY, everyMs));
    }
  }
  return [...shortest]
    .map(([command, everyMs]) => {
      const periodMs = periodOf(command, everyMs);
      return { command, everyMs: Math.max(everyMs, periodMs), periodMs };
    })
    .sort((a, b) => a.everyMs - b.everyMs || a.command - b.command);
}

/**
 * Readings of the points that stand in a frame. The DataTime of real-time data is that of the sample; of the others it is
 * the start of the period (HJ 212-2017, table 5), and a value is true at its end: for minute data one period of the point
 * later, for an hour's an hour, for a day's a day. A point that does not stand in the frame has no reading.
 */
export function readFrame(
  points: readonly Point<Source>[],
  frame: Pick<Frame, 'cn' | 'cp'>,
  zone: Zone,
): FrameReadings {
  const fields = new Map(frame.cp.flat().toReversed());
  const command = Number(frame.cn);
  const dataTime = fields.get('DataTime');
  const time = parseLocalTime(dataTime ?? '', zone);
  const readings: UntimedReading[] = [];
  let badNumbers = 0;
  for (const point of points) {
    const text = fields.get(point.source.factor);
    if (text === undefined || !commandsOf(point.source).includes(command)) continue;
    const qualified = judge(point, text.trim(), fields.get(flagNameOf(point.source.factor)));
    if (qualified.code === READING_CODES.notANumber) badNumbers++;
    const deviceAt = time === undefined ? {} : { deviceAt: time + periodOf(command, point.everyMs) };
    readings.push({ point: point.key, ...qualified, ...deviceAt });
  }
  return { readings, dataAt: time, flaws: { badTimes: Number(time === undefined), badNumbers } };
}

const flagNameOf = (factor: string): string => `${factor.slice(0, factor.lastIndexOf('-'))}-Flag`;

function periodOf(command: number, everyMs: number): number {
  if (command === MINUTES) return everyMs;
  if (command === HOUR) return HOUR_MS;
  return command === DAY || command === RUN_HOURS ? DAY_MS : 0;
}

/** Whether the text is a number as the standard writes them: no exponent, no NaN (HJ 212-2017, 6.3.3). */
export const isNumber = (text: string): boolean => NUMBER.test(text);

function judge(point: Point, text: string, flag = 'N'): Qualified {
  const qualified = qualify(flag === 'T' ? { ...point, range: undefined } : point, rawOf(point, text));
  if (flag === 'T') return qualified.quality === 'good' ? { ...qualified, code: ABOVE_RANGE } : qualified;
  if (flag === 'N' || flag === '') return qualified;
  return { ...qualified, quality: 'bad', code: /^[0-9A-Za-z]$/.test(flag) ? `flag-${flag}` : 'flag-unknown' };
}

function rawOf(point: Point, text: string): string | number | null {
  if (text === '') return null;
  if (isNumber(text)) return Number(text);
  // A text that stands for no number is judged as one by its point: unknown as a state, else not a number.
  return point.states === undefined ? Number.NaN : text;
}
