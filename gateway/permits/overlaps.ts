import { openZone } from '#kit/zone.ts';
import type { Overlap, Permit } from '../rules/permit.ts';
import { Filing } from '../rules/permit-book.ts';
import { type RulePoint, selects } from '../rules/point.ts';

/** Pairs that are told of. */
const MOST = 100;

const isAlive = ({ status }: Permit): boolean => status === 'applied' || status === 'granted';

/** The devices that permits are on, worked out once for each selector. */
function devicesBy(points: readonly RulePoint[]): (permit: Permit) => readonly string[] {
  const known = new Map<string, readonly string[]>();
  return ({ on }) => {
    const key = JSON.stringify(on);
    const found = known.get(key) ?? [
      ...new Set(points.filter((point) => selects(on, point)).map(({ device }) => device)),
    ];
    known.set(key, found);
    return found;
  };
}

/**
 * Permits of one kind, applied for or granted, that are on a device at once: often a number typed in twice. The hours of
 * nightly ones are not held against each other: that they share dates is worth a look. At most 100 pairs.
 */
export function overlaps(
  permits: readonly Permit[],
  points: readonly RulePoint[],
  timeZone: string,
): readonly Overlap[] {
  const steps = overlapping(permits, points, timeZone);
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value;
}

/** The same, step by step. */
export function* overlapping(
  permits: readonly Permit[],
  points: readonly RulePoint[],
  timeZone: string,
): Generator<void, readonly Overlap[]> {
  const zone = openZone(timeZone);
  const devicesOf = devicesBy(points);
  const filings: { readonly order: number; readonly permit: Permit; readonly filing: Filing }[] = [];
  for (const permit of permits) {
    yield;
    if (isAlive(permit)) filings.push({ order: filings.length, permit, filing: new Filing(permit, zone) });
  }
  filings.sort((a, b) => a.filing.rough.from - b.filing.rough.from);
  /** By kind and device, those that have begun and not ended. */
  const open = new Map<string, typeof filings>();
  const found = new Map<string, { readonly order: number; readonly overlap: Overlap }>();
  for (const one of filings) {
    yield;
    for (const device of devicesOf(one.permit)) {
      const key = JSON.stringify([one.permit.kind, device]);
      const others = (open.get(key) ?? []).filter(({ filing }) => filing.rough.to > one.filing.rough.from);
      for (const other of others) {
        if (!other.filing.meets(one.filing)) continue;
        const [first, later] = other.order < one.order ? [other, one] : [one, other];
        const overlap = { id: later.permit.id, with: first.permit.id };
        found.set(`${later.order} ${first.order}`, { order: later.order, overlap });
        if (found.size >= MOST) return [...found.values()].map((each) => each.overlap);
      }
      others.push(one);
      open.set(key, others);
    }
  }
  return [...found.values()].sort((a, b) => a.order - b.order).map((each) => each.overlap);
}
