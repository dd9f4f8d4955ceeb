import { type Quality, READING_CODES, type Reading } from './reading.ts';

/** One measured quantity of one device, as a driver needs it. */
export interface Point<Source = unknown> {
  /** `device/point`: what its readings carry. */
  readonly key: string;
  readonly device: string;
  readonly id: string;
  readonly quantity: string;
  /** Poll or report period, milliseconds. */
  readonly everyMs: number;
  /** Where the value is found: the driver's own part of the profile (a register, a JSON path). */
  readonly source: Source;
  /** Linear conversion from the point's unit to the quantity's: `value × factor + offset`. */
  readonly convert: { readonly factor: number; readonly offset: number };
  /**
   * Code of a unit, where the device itself says in which it measures → conversion from that unit to the point's own:
   * `value × factor + offset`.
   */
  readonly units?: Readonly<Record<string, { readonly factor: number; readonly offset: number }>> | undefined;
  /** In the point's own unit, both ends included. */
  readonly range?: readonly [number, number] | undefined;
  /** Raw values that mean "no value". */
  readonly invalid?: readonly number[] | undefined;
  /** Raw value → state's name, for a point of states. */
  readonly states?: Readonly<Record<string, string>> | undefined;
}

export interface Qualified {
  readonly value: number | string | null;
  readonly quality: Quality;
  readonly code?: string;
}

/** What a sum in binary fractions may be off by; no instrument tells so little from nothing. */
const NOISE = 1e-12;
const PLACES = 1e9;

/** A reckoned value without what binary fractions add: 0.29 m is 29 cm, and stands at a limit of 29, not 4e-15 below it. */
export function asMeasured(value: number): number {
  const rounded = Math.round(value * PLACES) / PLACES;
  return Math.abs(rounded - value) < NOISE * Math.max(1, Math.abs(value)) ? rounded : value;
}

const bad = (code: string): Qualified => ({ value: null, quality: 'bad', code });

/**
 * Judges one raw value of a point and converts it. `scaled` is the raw value in the point's own unit,
 * which differs from `raw` where the driver knows a scale. A text that is a state's name stands for itself.
 */
export function qualify(point: Point, raw: number | string | boolean | null, scaled: typeof raw = raw): Qualified {
  if (raw === null) return bad(READING_CODES.noValue);
  if (typeof raw === 'number' && point.invalid?.includes(raw)) return bad(READING_CODES.noValue);
  if (point.states !== undefined) {
    const key = typeof raw === 'boolean' ? String(Number(raw)) : String(raw);
    const state = Object.hasOwn(point.states, key) ? point.states[key] : undefined;
    if (state !== undefined) return { value: state, quality: 'good' };
    if (typeof raw === 'string' && Object.values(point.states).includes(raw)) return { value: raw, quality: 'good' };
    return bad(READING_CODES.unknownState);
  }
  if (typeof scaled !== 'number' || !Number.isFinite(scaled)) return bad(READING_CODES.notANumber);
  const { factor, offset } = point.convert;
  const value = factor === 1 && offset === 0 ? scaled : asMeasured(scaled * factor + offset);
  if (!Number.isFinite(value)) return bad(READING_CODES.notANumber);
  if (point.range !== undefined && (scaled < point.range[0] || scaled > point.range[1])) {
    return { value, quality: 'bad', code: READING_CODES.outOfRange };
  }
  return { value, quality: 'good' };
}

/** A reading of quality bad without a value: what a point gives when its device cannot be read. */
export const badReading = (point: Point, at: number, tick: number, code: string): Reading => ({
  point: point.key,
  value: null,
  at,
  tick,
  quality: 'bad',
  code,
});
