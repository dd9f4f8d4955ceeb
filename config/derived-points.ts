import { encodeDuration } from '#kit/duration.ts';
import type { Entry } from './document.ts';
import { check } from './issues.ts';
import type { DerivedValue, DeriveShape, Kinds } from './kinds.ts';
import { suggest } from './nearest.ts';
import { QUANTITIES } from './quantities.ts';
import { checkSelector, checkWhile, type Referred } from './rules.ts';
import type { SitePoint } from './site.ts';

const DAY_MS = 86_400_000;

/** Quantity → what can be derived of it, and what that is. */
const VALUES: Readonly<Record<string, Readonly<Partial<Record<DerivedValue, string>>>>> = {
  'noise.la': {
    leq: 'noise.leq',
    l5: 'noise.l5',
    l10: 'noise.l10',
    l50: 'noise.l50',
    l90: 'noise.l90',
    l95: 'noise.l95',
    max: 'noise.max',
    min: 'noise.min',
    valid: 'valid.share',
    ldn: 'noise.ldn',
  },
  // Of an instrument's own periods of equal length.
  'noise.leq': { leq: 'noise.leq', valid: 'valid.share', ldn: 'noise.ldn' },
  'fume.concentration': { mean: 'fume.mean', max: 'fume.max', valid: 'valid.share' },
};

/** An equivalent level of the day and of the night have names of their own. */
const OF_WINDOWS: Readonly<Record<string, string>> = { day: 'noise.ld', night: 'noise.ln' };

/**
 * The points that are derived at a site (docs/site.md, derived points): `la.1h.leq`, `la.night.l10`, `la.ldn`. Of what is
 * said twice, such as by two packs, the first counts.
 */
export function derivedPoints(
  entries: readonly Entry[],
  kinds: Pick<Kinds, 'derive'>,
  referred: Referred,
): SitePoint[] {
  const derived = new Map<string, SitePoint>();
  const taken = new Set(referred.points?.map(({ key }) => key));
  for (const entry of entries) {
    const derive = check(kinds.derive, entry, referred.report);
    if (derive === undefined) continue;
    for (const [index, per] of derive.per.entries()) {
      if (typeof per === 'string') referred.windows.refer(per, entry, ['per', index]);
    }
    const matched = checkSelector(derive.on, entry, referred);
    checkWhile(entry, matched, referred);
    for (const source of matched ?? []) {
      for (const point of pointsOf(derive, source, entry, referred)) {
        if (!taken.has(point.key) && !derived.has(point.key)) derived.set(point.key, point);
      }
    }
  }
  return [...derived.values()];
}

function pointsOf(derive: DeriveShape, source: SitePoint, entry: Entry, { report }: Referred): SitePoint[] {
  const known = VALUES[source.quantity];
  if (known === undefined) {
    const message = `on: nothing is derived of ${source.quantity} (${source.key}); of ${Object.keys(VALUES).join(', ')} it is`;
    report.error(entry.at(['on']), entry.prefix + message);
    return [];
  }
  // Its keys are nothing else.
  const wanted = derive.values ?? (Object.keys(known) as DerivedValue[]);
  const unknown = wanted.find((value) => !Object.hasOwn(known, value));
  if (unknown !== undefined) {
    const message = `values: of ${source.quantity} there is no "${unknown}"; ${suggest(unknown, Object.keys(known))}`;
    report.error(entry.at(['values', wanted.indexOf(unknown)]), entry.prefix + message);
    return [];
  }
  const hasDays = derive.per.includes('day') && derive.per.includes('night');
  return derive.per.flatMap((per) =>
    wanted.flatMap((value) => {
      if (value === 'ldn' && !(hasDays && per === 'night')) return [];
      const name = typeof per === 'number' ? encodeDuration(per) : per;
      const own = value === 'leq' ? OF_WINDOWS[name] : undefined;
      const id = value === 'ldn' ? `${source.id}.ldn` : `${source.id}.${name}.${value}`;
      return [pointOf(source, id, own ?? known[value] ?? '', { per, value, derive })];
    }),
  );
}

function pointOf(
  source: SitePoint,
  id: string,
  quantity: string,
  { per, value, derive }: { readonly per: number | string; readonly value: DerivedValue; readonly derive: DeriveShape },
): SitePoint {
  const { device, deviceName, link, scene, tags, place, register, validUntil, convert } = source;
  const known = QUANTITIES.get(quantity);
  const unit = known?.states === undefined ? (known?.unit ?? null) : null;
  return {
    key: `${device}/${id}`,
    device,
    deviceName,
    id,
    quantity,
    unit,
    everyMs: typeof per === 'number' ? per : DAY_MS,
    link,
    scene,
    tags,
    place,
    register,
    validUntil,
    source: null,
    convert,
    derived: { from: source.key, per, value, coverage: derive.coverage, while: derive.while },
  };
}
