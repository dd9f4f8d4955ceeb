import type { Background, BackgroundState } from './background.ts';
import type { Due } from './deadlines.ts';
import type { DerivedPoints } from './derived-points.ts';
import type { NoiseFloor, NoiseFloorState } from './noise-floor.ts';
import type { NotEvaluableState } from './not-evaluable.ts';
import type { RuleSet } from './rule-set.ts';
import type { WatchState } from './watch-state.ts';

const GLOBAL = '';

interface GlobalState {
  readonly tick: number;
  readonly at: number;
}

/** What of an engine has a state that outlives a restart. */
export interface Stateful extends Pick<RuleSet, 'watches' | 'notEvaluable' | 'backgrounds'> {
  readonly derived: DerivedPoints;
}

/** The state of what changed since it was last saved, by key; all of it true up to `tick`. */
export function saveState(of: Stateful, tick: number, at: number): { readonly key: string; readonly state: object }[] {
  const changed: { key: string; state: object }[] = [];
  for (const watch of of.watches) {
    if (watch.isUnsaved) changed.push({ key: watch.watch.key, state: watch.save(tick) });
  }
  for (const each of of.notEvaluable.values()) {
    if (each.isUnsaved) changed.push({ key: each.watch.key, state: each.save() });
  }
  for (const each of of.backgrounds.values()) {
    if (each.isUnsaved) changed.push({ key: each.key, state: each.save() });
  }
  changed.push(...of.derived.save(tick));
  changed.push({ key: GLOBAL, state: { tick, at } satisfies GlobalState });
  return changed;
}

/**
 * Takes what an earlier run saved; stored ticks are moved on by `shift`. Gives the keys that were taken; a rule that finds no
 * state of its own begins at `now`. What has one is armed anew.
 */
export function restoreState(
  of: Stateful,
  saved: ReadonlyMap<string, object>,
  { shift, now }: { readonly shift: number; readonly now: number },
  arm: (due: Due) => void,
): ReadonlySet<string> {
  const taken = new Set<string>();
  const global = saved.get(GLOBAL) as GlobalState | undefined;
  for (const watch of of.watches) {
    const state = saved.get(watch.watch.key) as WatchState | undefined;
    const asOf = Math.max(state?.asOf ?? 0, global?.tick ?? 0);
    if (state !== undefined && watch.restore(state, asOf, shift)) taken.add(watch.watch.key);
    else watch.beginAt(now);
    arm(watch);
  }
  for (const each of of.notEvaluable.values()) {
    const state = saved.get(each.watch.key) as NotEvaluableState | undefined;
    if (state === undefined) continue;
    each.restore(state, global?.tick ?? Number.NEGATIVE_INFINITY, shift);
    taken.add(each.watch.key);
    arm(each);
  }
  restoreLearned(of.backgrounds.values(), saved, shift);
  of.derived.restore(saved, shift);
  return taken;
}

/** What was learned of devices and points, by the key of its state. */
export function learnedStates({ backgrounds }: Pick<RuleSet, 'backgrounds'>): ReadonlyMap<string, object> {
  const states = new Map<string, object>();
  for (const each of backgrounds.values()) {
    const { isUnsaved } = each;
    states.set(each.key, each.save());
    // It is not stored by being looked at.
    each.isUnsaved = isUnsaved;
  }
  return states;
}

/** Takes what was learned of devices and points, each by its own key. */
export function restoreLearned(
  backgrounds: Iterable<Background | NoiseFloor>,
  saved: ReadonlyMap<string, object>,
  shift = 0,
): void {
  const global = saved.get(GLOBAL) as GlobalState | undefined;
  for (const each of backgrounds) {
    // Saved by the one of the same key.
    const state = saved.get(each.key) as (BackgroundState & NoiseFloorState) | undefined;
    if (state !== undefined) each.restore(state, (global?.tick ?? Number.NEGATIVE_INFINITY) + shift, shift);
  }
}
