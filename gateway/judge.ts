import type { Trust } from '#kit/clock.ts';
import { uuid7 } from '#kit/uuid.ts';
import { openZone, type Zone } from '#kit/zone.ts';
import type { Reading } from '../drivers/reading.ts';
import type { Action, Receipt } from './alarms/action.ts';
import type { Alarm } from './alarms/alarm.ts';
import { AlarmBook } from './alarms/alarm-book.ts';
import type { AlarmEvent } from './alarms/alarm-event.ts';
import { NOTHING, type Step } from './alarms/lifecycle.ts';
import { paced, type ResponsePlan } from './alarms/response-plan.ts';
import type { DayWindow } from './rules/calendar.ts';
import { RuleEngine } from './rules/engine.ts';
import type { Finding } from './rules/finding.ts';
import type { Permit } from './rules/permit.ts';
import type { RulePoint } from './rules/point.ts';
import type { Rule } from './rules/rule.ts';
import type { RuleParts } from './rules/rule-parts.ts';

/** What of a site the judgement rests on. */
export interface JudgedSite {
  readonly timeZone: string;
  readonly windows: Readonly<Record<string, DayWindow>>;
  readonly notEvaluableAfterMs: number;
  readonly rules: readonly Rule[];
  readonly permits: readonly Permit[];
  readonly points: readonly RulePoint[];
  /** What people owe an alarm whose rule names one by `respond`. */
  readonly plans?: readonly ResponsePlan[] | undefined;
}

/** An instant on both lines: UTC ms, and ms of the line that never steps. */
export interface Instant {
  readonly at: number;
  readonly tick: number;
}

/**
 * Rules and alarms as one: readings and actions in, alarms and their events out. Live and replay run this same code.
 * Pure but for the ids of new alarms; it sends and stores nothing.
 */
export class Judge {
  readonly alarms: AlarmBook;
  #rules: RuleEngine;
  #zone: Zone;
  #trust: Trust;
  /** The wall clock less the line that never steps. */
  #offset: number;
  #plans: ReadonlyMap<string, ResponsePlan> = new Map();
  #given: readonly ResponsePlan[] = [];
  #pace = 1;
  #keepDerived: ((batch: readonly Reading[]) => void) | null = null;

  constructor(site: JudgedSite, start: Instant, trust: Trust) {
    this.#zone = openZone(site.timeZone);
    this.#trust = trust;
    this.#offset = start.at - start.tick;
    this.setPlans(site.plans ?? []);
    this.#rules = openRules(site, this.#zone, start, trust);
    this.alarms = new AlarmBook({
      newId: uuid7,
      encodeTime: (at) => this.#zone.encode(at),
      trust: () => this.#trust,
      tickOf: (at) => at - this.#offset,
      atOf: (tick) => tick + this.#offset,
      plan: (name) => this.#plans.get(name) ?? null,
    });
  }

  get rules(): RuleEngine {
    return this.#rules;
  }

  get zone(): Zone {
    return this.#zone;
  }

  get trust(): Trust {
    return this.#trust;
  }

  /** Other rules take the place of the present ones, which are not asked any more; alarms stay as they are. */
  changeRules(rules: RuleEngine, zone: Zone): void {
    this.#rules = rules;
    this.#zone = zone;
  }

  /** Steps that are begun from now on have these times; those that run keep theirs. */
  setPlans(plans: readonly ResponsePlan[]): void {
    this.#given = plans;
    this.#plans = new Map(plans.map((plan) => [plan.id, this.#pace === 1 ? plan : paced(plan, this.#pace)]));
  }

  /** The share of its times that a plan gives while the site is in emergency response. */
  setPace(pace: number): void {
    this.#pace = pace;
    this.setPlans(this.#given);
  }

  /** Who keeps and shows what is derived, such as an hour's Leq: all of it from now on, and first what has waited. */
  listenToDerived(keep: (batch: readonly Reading[]) => void): void {
    this.#keepDerived = keep;
    this.#handOn();
  }

  /** The readings of one instant. */
  step(readings: readonly Reading[]): Step {
    const [first] = readings;
    if (first === undefined) return NOTHING;
    const before = this.#alarmsTo(first);
    const step = this.#apply(this.rules.step(readings));
    return before === NOTHING ? step : joined([before, step]);
  }

  /** When something is due by itself, on the tick line. */
  nextDue(): number {
    return Math.min(this.rules.nextDue(), this.alarms.nextDue());
  }

  /** Time passes without a reading. */
  advance({ at, tick }: Instant): Step {
    const step = this.#apply(this.rules.advance(at, tick));
    const after = this.#alarmsTo({ at, tick });
    return after === NOTHING ? step : joined([step, after]);
  }

  /** It goes on after having been off for `offMs`. */
  resume(offMs: number, { at, tick }: Instant): Step {
    return this.#apply(this.rules.resume(offMs, at, tick));
  }

  setPermits(permits: readonly Permit[], { at, tick }: Instant): Step {
    return this.#apply(this.rules.setPermits(permits, at, tick));
  }

  setTrust(trust: Trust, { at, tick }: Instant): Step {
    this.#trust = trust;
    return this.#apply(this.rules.setTrust(trust, at, tick));
  }

  /** What is due by then is done first, so that an action meets the alarm as it is. */
  act(action: Action, instant: Instant): { readonly receipt: Receipt; readonly step: Step } {
    const before = this.advance(instant);
    const { receipt, step } = this.alarms.act(action, instant.at);
    return { receipt, step: joined([before, step]) };
  }

  /** What the alarms owe by then. */
  #alarmsTo({ at, tick }: Instant): Step {
    this.#offset = at - tick;
    return this.alarms.nextDue() <= tick ? this.alarms.advance(tick) : NOTHING;
  }

  #handOn(): void {
    if (this.#keepDerived === null) return;
    const derived = this.#rules.takeDerived();
    if (derived.length > 0) this.#keepDerived(derived);
  }

  #apply(findings: readonly Finding[]): Step {
    this.#handOn();
    return findings.length === 0 ? NOTHING : joined(findings.map((finding) => this.alarms.take(finding)));
  }
}

export const openRules = (site: JudgedSite, zone: Zone, start: Instant, trust: Trust, parts?: RuleParts): RuleEngine =>
  new RuleEngine({ ...site, zone, start, trust, ...(parts === undefined ? {} : { parts }) });

/** Steps that followed each other, as one. */
export function joined(steps: readonly Step[]): Step {
  const alarms: Alarm[] = [];
  const events: AlarmEvent[] = [];
  for (const step of steps) {
    alarms.push(...step.alarms);
    events.push(...step.events);
  }
  return events.length === 0 && alarms.length === 0 ? NOTHING : { alarms, events };
}
