import { z } from 'zod';
import { type Entry, isMapping, valueAt } from './document.ts';
import { suggest } from './nearest.ts';
import type { Report } from './report.ts';

export const KITCHENS = ['unknown', 'small', 'medium', 'large'] as const;
const FUME_STANDARDS = ['national', 'beijing', 'shanghai', 'shenzhen', 'shandong', 'tianjin'] as const;
/** Of GB 3096-2008. */
const NOISE_CLASSES = ['0', '1', '2', '3', '4a', '4b'] as const;

const text = z.string().min(1);
const amount = z.number().gt(0);

/** What the merchant's or the site's register has beside a device: limits follow it. */
export const register = z.strictObject({
  merchant: text.optional(),
  licence: text.optional(),
  /** The laboratory's report, by its number. */
  report: text.optional(),
  /** Size of the kitchen; else by what stands below. */
  kitchen: z.enum(KITCHENS).optional(),
  stoves: amount.optional(),
  /** 10^8 J/h. */
  stovePower: amount.optional(),
  /** m2. */
  hoodArea: amount.optional(),
  /** Whose limits of fume are in force there. */
  fumeStandard: z.enum(FUME_STANDARDS).optional(),
  noiseClass: z.union([z.enum(NOISE_CLASSES), z.literal([0, 1, 2, 3]).transform(String)]).optional(),
});
export type Register = z.output<typeof register>;

/** From which number on a kitchen is medium and large (GB 18483-2001). */
const SIZES = { stoves: [3, 6], stovePower: [5, 10], hoodArea: [3.3, 6.6] } as const;

/** The size of a kitchen: as it is registered, else the largest that its stoves, their power and its hood make it. */
function sizeOf(given: Register): (typeof KITCHENS)[number] {
  if (given.kitchen !== undefined) return given.kitchen;
  const sizes = (['stoves', 'stovePower', 'hoodArea'] as const).flatMap((name) => {
    const value = given[name];
    return value === undefined ? [] : [1 + SIZES[name].filter((from) => value >= from).length];
  });
  return KITCHENS[Math.max(0, ...sizes)] ?? 'unknown';
}

/** As rules select by it: the site's with what the device has otherwise; national limits where no others are named. */
export function placeRegister(site: Register | undefined, device: Register | undefined): Record<string, string> {
  const given = { ...site, ...device };
  const texts = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return { fumeStandard: 'national', ...Object.fromEntries(texts), kitchen: sizeOf(given) };
}

const VALUES: Readonly<Record<string, readonly string[]>> = {
  kitchen: KITCHENS,
  fumeStandard: FUME_STANDARDS,
  noiseClass: NOISE_CLASSES,
};

/** Whether a rule's `on.register` names what a register has. */
export function checkRegister(entry: Entry, report: Report): void {
  const on = valueAt(entry.value, ['on', 'register']);
  if (!isMapping(on)) return;
  for (const [name, wanted] of Object.entries(on)) {
    if (!Object.hasOwn(register.shape, name)) {
      const hint = suggest(name, Object.keys(register.shape));
      report.error(
        entry.at(['on', 'register', name], 'key'),
        `${entry.prefix}on.register: there is no "${name}"; ${hint}`,
      );
      continue;
    }
    const known = VALUES[name];
    for (const value of known === undefined ? [] : [wanted].flat()) {
      if (typeof value !== 'string' || known?.includes(value) !== false) continue;
      const message = `on.register.${name}: is never "${value}"; ${suggest(value, known)}`;
      report.error(entry.at(['on', 'register', name]), entry.prefix + message);
    }
  }
}
