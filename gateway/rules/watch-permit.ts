import type { Level } from './finding.ts';
import { compareLevels } from './finding.ts';
import type { PermitView } from './permit.ts';
import type { RulePoint } from './point.ts';
import type { Rule } from './rule.ts';
import type { Schedule } from './schedule.ts';
import type { WatchSurroundings } from './surroundings.ts';

const MEMORY_MS = 86_400_000;

/** What permits say of one rule on one point: which covers it, how high it may call, and whether it is in force at all. */
export class WatchPermit {
  readonly #rule: Rule['permit'];
  readonly #point: RulePoint;
  readonly #schedule: Schedule;
  readonly #around: WatchSurroundings;
  /** The one that covers it, or covered it last in the present opening. */
  view: PermitView | null = null;
  /** It is of work without a permit, or beyond the end of one: this is not that work. */
  isBarred = false;

  constructor(rule: Rule, point: RulePoint, schedule: Schedule, around: WatchSurroundings) {
    this.#rule = rule.permit;
    this.#point = point;
    this.#schedule = schedule;
    this.#around = around;
  }

  /** The rule asks for permits. */
  get isAsked(): boolean {
    return this.#rule !== undefined;
  }

  /** Permits say whether it is in force. */
  get isOfForce(): boolean {
    return this.#rule !== undefined && 'when' in this.#rule;
  }

  look(at: number): void {
    const permit = this.#rule;
    this.view = permit === undefined ? null : this.#around.permit(permit.kind, this.#point, at, this.#since(at));
  }

  lookAtForce(at: number): void {
    const permit = this.#rule;
    if (permit === undefined || !('when' in permit)) return;
    this.isBarred = this.#around.standing(permit.kind, this.#point, at, this.#since(at)) !== permit.when;
  }

  /** A level as it is told under a granted permit. */
  capped(level: Level): Level {
    const cap = this.#rule !== undefined && 'cap' in this.#rule ? this.#rule.cap : undefined;
    if (cap === undefined || this.view?.status !== 'granted') return level;
    return compareLevels(level, cap) > 0 ? cap : level;
  }

  #since(at: number): number {
    return this.#schedule.now.opening?.from ?? at - MEMORY_MS;
  }
}
