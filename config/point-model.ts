import type { z } from 'zod';
import { type Entry, isMapping } from './document.ts';
import { pointCommon } from './file-kinds.ts';
import { checkParts } from './issues.ts';
import type { DriverKind } from './kinds.ts';
import { suggest } from './nearest.ts';
import { isOwnQuantity, QUANTITIES } from './quantities.ts';
import type { Report } from './report.ts';
import { type Conversion, planConversion, SAME, spellingOf, unitsOf } from './units.ts';

/** A point as a profile, or a device that differs from it, has it. */
export interface PointModel {
  readonly id: string;
  readonly quantity: string;
  /** The quantity's; null for states. */
  readonly unit: string | null;
  readonly everyMs: number | undefined;
  readonly convert: Conversion;
  /** Code of a unit → conversion from it to the point's own unit. */
  readonly units: Readonly<Record<string, Conversion>> | undefined;
  /** Millimetres → the point's own unit, where the value is what is left of the device's height. */
  readonly height: Conversion | undefined;
  readonly range: readonly [number, number] | undefined;
  readonly invalid: readonly number[] | undefined;
  readonly states: Readonly<Record<string, string>> | undefined;
  readonly source: unknown;
}

type Common = z.output<typeof pointCommon>;

export function checkPoint(driver: DriverKind, entry: Entry, report: Report): PointModel | undefined {
  const parts = checkParts([pointCommon, driver.point], entry, report);
  // What the rest says is said even where the driver's own fields are wrong.
  const common = parts?.[0] ?? (isMapping(entry.value) ? pointCommon.loose().safeParse(entry.value).data : undefined);
  if (common === undefined) return undefined;
  const meaning = checkMeaning(common, entry, report);
  const height = checkHeight(common, entry, report);
  const units = checkUnits(common, entry, report);
  if (parts === undefined || meaning === undefined || height === null || units === null) return undefined;
  const { id, quantity, every, range, invalid, states } = parts[0];
  return { id, quantity, everyMs: every, range, invalid, states, source: parts[1], height, units, ...meaning };
}

/** The unit of values as they come, where it is known: that of the point, else of its quantity. */
function ownUnit({ quantity, unit }: Common): string | undefined {
  const known = QUANTITIES.get(quantity);
  return unit ?? (known?.states === undefined ? known?.unit : undefined);
}

/** How each unit that the device may say becomes the point's own; null where one cannot. */
function checkUnits(
  common: Common,
  entry: Entry,
  report: Report,
): Readonly<Record<string, Conversion>> | undefined | null {
  if (common.units === undefined) return undefined;
  const own = ownUnit(common);
  const units: Record<string, Conversion> = {};
  let isGood = true;
  for (const [code, unit] of Object.entries(common.units)) {
    const conversion = own === undefined ? undefined : planConversion(unit, own);
    if (conversion !== undefined) {
      units[code] = conversion;
      continue;
    }
    isGood = false;
    const why =
      own === undefined
        ? 'a state has no unit'
        : `"${unit}" cannot be converted to ${own}; one that can: ${unitsOf(own).join(', ')}`;
    report.error(entry.at(['units', code]), `${entry.prefix}units.${code}: ${why}`);
  }
  return isGood ? units : null;
}

/** How the device's height becomes the point's unit; undefined where it has no part in it, null where it cannot. */
function checkHeight(common: Common, entry: Entry, report: Report): Conversion | undefined | null {
  if (common.from === undefined) return undefined;
  const measured = ownUnit(common);
  const height = measured === undefined ? undefined : planConversion('mm', measured);
  if (height !== undefined) return height;
  report.error(entry.at(['from']), `${entry.prefix}from: only a length, in mm, cm or m, can be taken from a height`);
  return null;
}

/** Quantity, unit and states fit each other. */
function checkMeaning(
  common: Common,
  entry: Entry,
  report: Report,
): { unit: string | null; convert: Conversion } | undefined {
  const { quantity, unit, states } = common;
  const refuse = (path: readonly string[], message: string, of: 'key' | 'value' = 'value') => {
    report.error(entry.at(path, of), `${entry.prefix}${message}`);
    return undefined;
  };
  if (isOwnQuantity(quantity)) return { unit: unit ?? null, convert: SAME };
  const known = QUANTITIES.get(quantity);
  if (known === undefined) {
    const hint = suggest(quantity, QUANTITIES.keys());
    return refuse(
      ['quantity'],
      `quantity: "${quantity}" is none that is known; ${hint} One of your own begins with "x."`,
    );
  }
  if (known.states === undefined) {
    if (states !== undefined) return refuse(['states'], `states: ${quantity} is a number, in ${known.unit}`, 'key');
    const convert = unit === undefined ? SAME : planConversion(unit, known.unit);
    if (convert !== undefined) return { unit: known.unit, convert };
    const spelling = spellingOf(unit ?? '');
    const remedy =
      spelling === undefined
        ? `one that can: ${unitsOf(known.unit).join(', ')}`
        : `if ${spelling} is meant, write "${spelling}"`;
    return refuse(['unit'], `unit: "${unit}" cannot be converted to ${known.unit}, the unit of ${quantity}; ${remedy}`);
  }
  if (unit !== undefined) return refuse(['unit'], `unit: ${quantity} is a state and has no unit: take it away`);
  if (states === undefined) {
    return refuse(['states'], `states: is missing: say which raw value is which of ${known.states.join(', ')}`);
  }
  let isGood = true;
  for (const [raw, name] of Object.entries(states)) {
    if (known.states.includes(name)) continue;
    isGood = false;
    refuse(['states', raw], `states.${raw}: "${name}" is no state of ${quantity}; ${suggest(name, known.states)}`);
  }
  return isGood ? { unit: null, convert: SAME } : undefined;
}
