import type { Deadlines } from './deadlines.ts';
import type { RuleSet } from './rule-set.ts';
import { type RuleWatch, WHILE } from './rule-watch.ts';
import type { While } from './while.ts';

/** What puts rules in force and out of force: the calendar, permits, and what they say under `while`. */
export class RulesInForce {
  /** UTC ms at which the calendar, or a permit, next says something else. */
  nextAt: number;
  readonly #deadlines: Deadlines;
  #rules: RuleSet;

  /** `at`: UTC ms at which the calendar is first looked at. */
  constructor(rules: RuleSet, deadlines: Deadlines, at: number) {
    this.#rules = rules;
    this.#deadlines = deadlines;
    this.nextAt = at;
  }

  /** Its rules are these from now on. */
  put(rules: RuleSet): void {
    this.#rules = rules;
  }

  /** When the calendar next changes is worked out anew, from `at` on. */
  lookFrom(at: number): void {
    let next = this.#rules.permits.nextChange(at);
    for (const [schedule] of this.#rules.schedules.values()) next = Math.min(next, schedule.now.until);
    this.nextAt = next;
  }

  /** Windows and permits at `at`: what closes, closes first. */
  turn(at: number, tick: number, stepReason: 'clock-step' | null): void {
    const moves = [...this.#rules.schedules.values()].map(([schedule]) => ({ schedule, ...schedule.move(at) }));
    for (const { schedule, ceased } of moves) {
      if (ceased) for (const watch of schedule.watches) watch.cease(tick, at, stepReason ?? schedule.reason);
    }
    this.permitsChanged(tick);
    for (const { schedule, began } of moves) {
      if (!began) continue;
      for (const watch of schedule.watches) {
        watch.begin(tick, at, true);
        this.#deadlines.arm(watch);
      }
    }
    this.lookFrom(at);
  }

  /** What permits make of the rules on points of these devices, of all where none are given. */
  permitsChanged(tick: number, devices: Iterable<string> = this.#rules.permitted.keys()): void {
    this.permitsChangedFor(
      [...devices].flatMap((device) => this.#rules.permitted.get(device) ?? []),
      tick,
    );
  }

  /** What permits make of these; in the rules' order. */
  permitsChangedFor(watches: readonly RuleWatch[], tick: number): void {
    for (const watch of watches.toSorted((a, b) => a.order - b.order)) {
      if (watch.rule.permit === undefined) continue;
      watch.permitChanged(tick);
      this.#deadlines.arm(watch);
    }
  }

  /** Looks at what a `while` says now. */
  settle(each: While, at: number, tick: number): void {
    if (!each.settle(tick)) return;
    for (const watch of each.watches) {
      if (!watch.schedule.now.inForce) continue;
      if (each.isFalse) watch.cease(tick, at, WHILE);
      else watch.begin(tick, at, false);
      this.#deadlines.arm(watch);
    }
  }
}
