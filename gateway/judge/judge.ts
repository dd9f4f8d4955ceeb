import type { Trust } from '#kit/clock.ts';
import { uuid7 } from '#kit/uuid.ts';
import { openZone, type Zone } from '#kit/zone.ts';
import type { Reading } from '../../drivers/reading.ts';
import type { Action } from '../alarms/action.ts';
import { type Acted, AlarmBook } from '../alarms/alarm-book.ts';
import { paced, type ResponsePlan } from '../alarms/response-plan.ts';
import { ALARM_SETTINGS, type AlarmSettings } from '../alarms/settings.ts';
import { joined, NOTHING, type Step } from '../alarms/step.ts';
import type { DayWindow } from '../rules/calendar.ts';
import { RuleEngine } from '../rules/engine.ts';
import type { Finding } from '../rules/finding.ts';
import type { Permit } from '../rules/permit.ts';
import type { RulePoint } from '../rules/point.ts';
import type { RulesChanged } from '../rules/prepared-rules.ts';
import type { Rule } from '../rules/rule.ts';

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
  /** How alarms are treated; left out: as ALARM_SETTINGS says. */
  readonly alarms?: AlarmSettings | undefined;
}

/** An instant on both lines: UTC ms, and ms of the line that never steps. */
export interface Instant {
  readonly at: number;
  readonly tick: number;
}

/** A step of the wall clock is a change of `at − tick` of more than this, ms; less is slewing and rounding. */
const CLOCK_STEP_MS = 1000;

/**
 * Rules and alarms as one: readings and actions in, alarms and their events out. Live and replay run this same code.
 * Pure but for the ids of new alarms; it sends and stores nothing.
 */
export class Judge {
  readonly alarms: AlarmBook;
  readonly rules: RuleEngine;
  #zone: Zone;
  #trust: Trust;
  /** The wall clock less the line that never steps. */
  #offset: number;
  #plans: ReadonlyMap<string, ResponsePlan> = new Map();
  #given: readonly ResponsePlan[] = [];
  #pace = 1;
  #keepDerived: ((batch: readonly Reading[]) => void) | null = null;
  #divert: (finding: Finding) => boolean = () => false;

  constructor(site: JudgedSite, start: Instant, trust: Trust) {
    this.#zone = openZone(site.timeZone);
    this.#trust = trust;
    this.#offset = start.at - start.tick;
    this.setPlans(site.plans ?? []);
    this.rules = openRules(site, this.#zone, start, trust);
    const context = {
      newId: uuid7,
      encodeTime: (at: number) => this.#zone.encode(at),
      trust: () => this.#trust,
      tickOf: (at: number) => at - this.#offset,
      atOf: (tick: number) => tick + this.#offset,
      plan: (name: string) => this.#plans.get(name) ?? null,
      watchOf: (key: string) => this.rules.watchOf(key),
      isKnown: (on: string) => this.rules.isOn(on),
    };
    this.alarms = new AlarmBook(context, site.alarms);
  }

  get zone(): Zone {
    return this.#zone;
  }

  get trust(): Trust {
    return this.#trust;
  }

  /**
   * Prepared rules take the place of the present ones, at the instant that these have come to; alarms stay as they are.
   * What that makes of the findings is told by `settle`.
   */
  changeRules(...[zone, ...next]: [zone: Zone, ...Parameters<RuleEngine['change']>]): RulesChanged {
    this.#zone = zone;
    return this.rules.change(...next);
  }

  settle({ at, tick }: Instant): Step {
    const step = this.#apply(this.rules.settle(at, tick));
    return joined([step, this.alarms.advance(tick)]);
  }

  /** Alarms are treated by another site's settings and rules from now on; what that makes of those that are open is told. */
  changeAlarms({ alarms = ALARM_SETTINGS }: Pick<JudgedSite, 'alarms'>, at: number): Step {
    return this.alarms.change(alarms, at);
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

  /** What a rule says of a point under test goes to that test, which takes what it gives true for; to no alarm of ours. */
  divert(take: (finding: Finding) => boolean): void {
    this.#divert = take;
  }

  /** The readings of one instant: their own, unless another is given. */
  step(readings: readonly Reading[], instant: Instant | undefined = readings[0]): Step {
    return instant === undefined ? NOTHING : this.#after(instant, () => this.rules.step(readings, instant));
  }

  /** When something is due by itself, on the tick line. */
  nextDue(): number {
    return Math.min(this.rules.nextDue(), this.alarms.nextDue());
  }

  /** Time passes without a reading. */
  advance(instant: Instant): Step {
    return this.#after(instant, () => this.rules.advance(instant.at, instant.tick));
  }

  /** It goes on after having been off for `offMs`. */
  resume(offMs: number, { at, tick }: Instant): Step {
    this.#offset = at - tick;
    const before = this.alarms.advance(tick);
    const step = this.#apply(this.rules.resume(offMs, at, tick));
    return joined([before, step, this.alarms.advance(tick)]);
  }

  setPermits(permits: readonly Permit[], instant: Instant): Step {
    return this.#after(instant, () => this.rules.setPermits(permits, instant.at, instant.tick));
  }

  setTrust(trust: Trust, instant: Instant): Step {
    return this.#after(instant, () => {
      this.#trust = trust;
      return this.rules.setTrust(trust, instant.at, instant.tick);
    });
  }

  /** What is due by then is done first, so that an action meets the alarm as it is. */
  act(action: Action, instant: Instant): Acted {
    const before = this.advance(instant);
    const { step, ...acted } = this.alarms.act(action, instant.at);
    return { ...acted, step: joined([before, step]) };
  }

  /** What has changed of rules and of what stands beside the alarms since it was last saved, by key. */
  save(): { readonly key: string; readonly state: object | null }[] {
    return [...this.rules.save(), ...this.alarms.save()];
  }

  /** What is due before an instant, and then what the rules say at it. */
  #after(instant: Instant, say: () => readonly Finding[]): Step {
    const before = this.#comeTo(instant);
    const step = this.#apply(say());
    return before === NOTHING ? step : joined([before, step]);
  }

  /**
   * What is due before an instant, each in its turn, whether rules or alarms have to do it: also where nothing was read in
   * between, as in a recording, an alarm that a deadline raises meets the alarms as they were then. Of what is due at one
   * instant the rules' comes first.
   */
  #comeTo({ at, tick }: Instant): Step {
    const isStep = Math.abs(at - tick - this.#offset) > CLOCK_STEP_MS;
    if (!isStep) this.#offset = at - tick;
    let steps: Step[] | null = null;
    for (;;) {
      const due = this.alarms.nextDue();
      const ruled = this.rules.nextDue();
      if (due > tick && ruled >= tick) break;
      steps ??= [];
      if (due < ruled) steps.push(this.alarms.advance(due));
      else steps.push(this.#apply(this.rules.advance(ruled + this.#offset, ruled)));
    }
    if (isStep) {
      // What was due goes by the old line, and what comes then by the new one.
      steps = [...(steps ?? []), this.#apply(this.rules.advance(tick + this.#offset, tick))];
      this.#offset = at - tick;
    }
    return steps === null ? NOTHING : joined(steps);
  }

  #handOn(): void {
    if (this.#keepDerived === null) return;
    const derived = this.rules.takeDerived();
    if (derived.length > 0) this.#keepDerived(derived);
  }

  #apply(findings: readonly Finding[]): Step {
    this.#handOn();
    if (findings.length === 0) return NOTHING;
    return joined(findings.map((finding) => (this.#divert(finding) ? NOTHING : this.alarms.take(finding))));
  }
}

export const openRules = (site: JudgedSite, zone: Zone, start: Instant, trust: Trust): RuleEngine =>
  new RuleEngine({ ...site, zone, start, trust });
