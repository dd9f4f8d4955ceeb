import { isVital, type Watch } from '../rules/finding.ts';

import type { Alarm } from './alarm.ts';

/** What the gateway itself is called as a device. */
const GATEWAY = 'gateway';
const NONE: readonly string[] = [];

/** The alarms that would suppress one, as `rule@device`: of the rules that it names, on its device, its link and the gateway. */
function parentsOf({ suppressedBy, device, link }: Watch): readonly string[] {
  if (suppressedBy === undefined) return NONE;
  const devices = [device, ...(link === undefined ? [] : [`link:${link}`]), GATEWAY];
  return suppressedBy.flatMap((rule) => devices.map((each) => `${rule}@${each}`));
}

const parentName = ({ rule, device }: Watch): string => `${rule}@${device}`;

/**
 * Who suppresses whom by design: looked up, not stored. Alarms that are active are kept by rule and device, and those that
 * are open by what would suppress them, so that a change of one costs as much as it has children.
 */
export class Suppression {
  readonly #active = new Map<string, Set<string>>();
  readonly #children = new Map<string, Set<string>>();

  /** The key of the active alarm that suppresses this one, if one does. */
  by(watch: Watch): string | null {
    if (watch.suppressedBy === undefined || isVital(watch)) return null;
    for (const parent of parentsOf(watch)) {
      // The least of them, so that it is the same one after a restart.
      const keys = [...(this.#active.get(parent) ?? NONE)].filter((key) => key !== watch.key).sort();
      if (keys[0] !== undefined) return keys[0];
    }
    return null;
  }

  /** An alarm is otherwise than before; null: there is none. Gives the keys of those that may be suppressed otherwise now. */
  change(before: Alarm | null, after: Alarm | null): readonly string[] {
    const was = before?.condition === 'active' ? before.watch : null;
    const is = after?.condition === 'active' ? after.watch : null;
    if (before?.watch !== after?.watch) {
      if (before !== null) for (const parent of parentsOf(before.watch)) drop(this.#children, parent, before.watch.key);
      if (after !== null) for (const parent of parentsOf(after.watch)) add(this.#children, parent, after.watch.key);
    }
    if (was === null && is === null) return NONE;
    if (was !== null && is !== null) return NONE;
    const watch = was ?? is;
    if (watch === null) return NONE;
    const name = parentName(watch);
    if (is === null) drop(this.#active, name, watch.key);
    else add(this.#active, name, watch.key);
    return [...(this.#children.get(name) ?? NONE)].filter((key) => key !== watch.key).sort();
  }
}

function add(index: Map<string, Set<string>>, name: string, key: string): void {
  const keys = index.get(name);
  if (keys === undefined) index.set(name, new Set([key]));
  else keys.add(key);
}

function drop(index: Map<string, Set<string>>, name: string, key: string): void {
  const keys = index.get(name);
  if (keys?.delete(key) && keys.size === 0) index.delete(name);
}
