import type { Zone } from '#kit/zone.ts';
import type { Deriver } from './derive.ts';
import { NotEvaluable } from './not-evaluable.ts';
import { openWatches, type WatchedSite } from './open-watches.ts';
import type { Permit } from './permit.ts';
import { PermitBook } from './permit-book.ts';
import type { RulePoint } from './point.ts';
import type { PreparedRules } from './prepared-rules.ts';
import type { RuleParts } from './rule-parts.ts';
import type { RuleSet } from './rule-set.ts';
import type { RuleWatch } from './rule-watch.ts';
import type { WatchSurroundings } from './surroundings.ts';

/** What rules judge by. */
export interface JudgedBy extends WatchedSite {
  readonly zone: Zone;
  readonly permits: readonly Permit[];
  readonly notEvaluableAfterMs: number;
}

/** Rules at work, beside which others are made ready. */
export interface AtWork {
  readonly rules: RuleSet;
  /** The instant that they have come to. */
  readonly now: { readonly at: number; readonly tick: number };
  readonly around: WatchSurroundings;
}

/**
 * Makes other rules ready to take the place of those at work, step by step, while these go on: what is the same of `parts`
 * is in both.
 */
export function* prepareRules(
  { rules: atWork, now, around }: AtWork,
  options: JudgedBy,
  parts: RuleParts,
): Generator<void, PreparedRules> {
  const { zone, points } = options;
  const permits = yield* permitsOf(atWork, options.permits, zone);
  const opened = yield* openWatches(options, zone, now, around, parts);
  const [moved, fresh]: [[RuleWatch, RuleWatch][], RuleWatch[]] = [[], []];
  for (const watch of opened.watches) {
    const old = atWork.byKey.get(watch.watch.key);
    if (old === watch) continue;
    const isMoved = old?.meaning === watch.meaning && parts.isSameReading(watch.point.key);
    if (isMoved && old !== undefined) moved.push([old, watch]);
    else fresh.push(watch);
  }
  yield;
  const notEvaluable = yield* notEvaluableOf(atWork, around, opened.watches, options.notEvaluableAfterMs);
  const [movedNotEvaluable, freshNotEvaluable]: [[NotEvaluable, NotEvaluable][], NotEvaluable[]] = [[], []];
  for (const [point, each] of notEvaluable) {
    const old = atWork.notEvaluable.get(point);
    if (old === each) continue;
    if (old !== undefined && parts.isSameReading(point)) movedNotEvaluable.push([old, each]);
    else freshNotEvaluable.push(each);
  }
  yield;
  const retired = [
    ...atWork.watches.filter((watch) => opened.byKey.get(watch.watch.key) !== watch),
    ...[...atWork.notEvaluable].filter(([point, each]) => notEvaluable.get(point) !== each).map(([, each]) => each),
  ];
  yield;
  const states = new Set([...opened.byKey.keys(), ...stateKeys(notEvaluable, opened.derivers)]);
  yield;
  const gone = [...atWork.byKey.keys(), ...stateKeys(atWork.notEvaluable, atWork.derivers)].filter(
    (key) => !states.has(key),
  );
  const [backgrounds, whiles, derivers] = [atWork.backgrounds.values(), atWork.whiles.keys(), atWork.derivers].map(
    (list) => new Set<unknown>(list),
  );
  const isNew = (known: ReadonlySet<unknown> | undefined) => (each: unknown) => known?.has(each) !== true;
  return {
    ...{ ...opened, points, permits, notEvaluable, moved, movedNotEvaluable, fresh, freshNotEvaluable, retired, gone },
    freshDerivers: opened.derivers.filter(isNew(derivers)),
    freshBackgrounds: [...opened.backgrounds.values()].filter(isNew(backgrounds)),
    freshWhiles: [...opened.whiles.keys()].filter(isNew(whiles)),
  };
}

/** Those at work, with what they have worked out, where they are these very ones. */
function* permitsOf(atWork: RuleSet, permits: readonly Permit[], zone: Zone): Generator<void, PermitBook> {
  if (atWork.permits.isOf(permits, zone)) return atWork.permits;
  const made = new PermitBook([], zone);
  for (const permit of permits) {
    made.set([permit]);
    yield;
  }
  return made;
}

function* notEvaluableOf(
  { notEvaluable }: RuleSet,
  around: WatchSurroundings,
  watches: readonly RuleWatch[],
  afterMs: number,
): Generator<void, ReadonlyMap<string, NotEvaluable>> {
  const found = new Map<string, NotEvaluable>();
  for (const [key, ofPoint] of Map.groupBy(watches, ({ point }) => point.key)) {
    yield;
    const first: { readonly point: RulePoint } | undefined = ofPoint[0];
    // What is derived has as few good values as its source, of which that is told.
    if (first === undefined || first.point.derived !== undefined) continue;
    const order = watches.length + found.size;
    const old = notEvaluable.get(key);
    const isSame = old?.isOf(ofPoint, afterMs) === true;
    found.set(key, isSame ? old : new NotEvaluable(order, first.point, ofPoint, afterMs, around));
  }
  return found;
}

/** Keys of states beside those of the watches, what is learned aside, which is kept for ever. */
const stateKeys = (
  notEvaluable: ReadonlyMap<string, NotEvaluable>,
  derivers: readonly Deriver[],
): readonly string[] => [
  ...[...notEvaluable.values()].map(({ watch }) => watch.key),
  ...derivers.map(({ key }) => key),
];
