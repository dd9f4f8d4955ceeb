import { openZone } from '#kit/zone.ts';
import type { Overlap, Permit } from '../rules/permit.ts';
import { Filing } from '../rules/permit-book.ts';
import { type RulePoint, selects } from '../rules/point.ts';

/** Pairs that are told of. */
const MOST = 100;

const isAlive = ({ status }: Permit): boolean => status === 'applied' || status === 'granted';
const touches = (a: Permit, b: Permit, points: readonly RulePoint[]): boolean =>
  points.some((point) => selects(a.on, point) && selects(b.on, point));

/**
 * Permits of one kind, applied for or granted, that cover a site at once: often a number typed in twice. The hours of
 * nightly ones are not held against each other: that they share dates is worth a look. In the order of the later one.
 */
export function overlaps(
  permits: readonly Permit[],
  points: readonly RulePoint[],
  timeZone: string,
): readonly Overlap[] {
  const zone = openZone(timeZone);
  const filings = permits
    .filter(isAlive)
    .map((permit, order) => ({ order, permit, whole: new Filing(permit, zone).whole }))
    .sort((a, b) => a.whole.from - b.whole.from);
  const found: { readonly order: number; readonly overlap: Overlap }[] = [];
  let open: typeof filings = [];
  for (const filing of filings) {
    open = open.filter(({ whole }) => whole.to > filing.whole.from);
    for (const other of open) {
      if (other.permit.kind !== filing.permit.kind || !touches(other.permit, filing.permit, points)) continue;
      const [first, later] = other.order < filing.order ? [other, filing] : [filing, other];
      found.push({ order: later.order, overlap: { id: later.permit.id, with: first.permit.id } });
      if (found.length >= MOST) return found.map(({ overlap }) => overlap);
    }
    open.push(filing);
  }
  return found.sort((a, b) => a.order - b.order).map(({ overlap }) => overlap);
}
