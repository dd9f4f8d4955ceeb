import { type Finding, isVital, type Level, type Watch } from '../rules/finding.ts';

import type { Action, Receipt } from './action.ts';
import type { Alarm, Announced } from './alarm.ts';
import { AlarmIndex } from './alarm-index.ts';
import { Chatter } from './chatter.ts';
import { announce, coverOf, type Why } from './cover.ts';
import { DueQueue } from './due-queue.ts';
import { Flood } from './flood.ts';
import type { Incident, Member } from './incident.ts';
import type { StateRow } from './kept-states.ts';
import {
  isLevel,
  isRaisedBy,
  isRefused,
  type LifecycleContext,
  stepAction,
  stepFinding,
  turnStale,
} from './lifecycle.ts';
import { dueOf, shiftResponse } from './response.ts';
import { escalate } from './response-steps.ts';
import { ALARM_SETTINGS, type AlarmSettings } from './settings.ts';
import { type OutOfService, type Shelf, Standing, type WorkOrder } from './standing.ts';
import type { StandingContext } from './standing-actions.ts';
import { StandingDesk } from './standing-desk.ts';
import { joined, NOTHING, type Step, telling } from './step.ts';
import { Suppression } from './suppression.ts';

export type BookContext = Omit<LifecycleContext, 'lastClosed' | 'lastClosedAt' | 'plan'> &
  Partial<Pick<LifecycleContext, 'plan'> & Pick<StandingContext, 'watchOf' | 'isKnown'>>;

/** An action's answer, with what is to be made durable before it is given. */
export interface Acted {
  readonly receipt: Receipt;
  readonly step: Step;
}

/** What stands beside the alarms, for people. */
export interface StandingView {
  readonly shelves: readonly Shelf[];
  readonly outOfService: readonly OutOfService[];
  readonly workOrders: readonly WorkOrder[];
  /** Keys of alarms that chatter. */
  readonly chattering: readonly string[];
  /** The flood that goes on, with the first of its alarms. */
  readonly incident: (Incident & { readonly alarms: readonly Member[] }) | null;
}

/** Names under which things are due; shelves, service and orders have theirs. */
const ALARM = 'alarm:';
const CHATTER = 'chatter:';
const FLOOD = 'flood';
/** The wall clock may be read so far from the line that never steps before it counts as set anew, ms. */
const CLOCK_STEP_MS = 1000;

/**
 * The alarms that are not closed, and how findings, actions and time move them. What keeps an alarm from people (a shelf, a
 * parent, a work order, chatter, being out of service) is looked up at each change of either, and told against what was
 * announced last.
 */
export class AlarmBook {
  readonly #alarms = new AlarmIndex();
  readonly #lastClosed = new Map<string, { readonly id: string; readonly at: number | null }>();
  readonly #suppression = new Suppression();
  readonly #standing = new Standing();
  readonly #chatter: Chatter;
  readonly #flood: Flood;
  readonly #due = new DueQueue();
  readonly #desk: StandingDesk;
  readonly #context: LifecycleContext & Pick<StandingContext, 'watchOf' | 'isKnown'>;
  #settings: AlarmSettings;

  constructor(context: BookContext, settings: AlarmSettings = ALARM_SETTINGS) {
    this.#context = {
      plan: () => null,
      watchOf: () => null,
      isKnown: () => true,
      ...context,
      lastClosed: (key) => this.#lastClosed.get(key)?.id ?? null,
      lastClosedAt: (key) => this.#lastClosed.get(key)?.at ?? null,
    };
    this.#settings = settings;
    this.#chatter = new Chatter(settings.chatter);
    this.#flood = new Flood(settings.flood, this.#context);
    this.#desk = new StandingDesk({
      standing: this.#standing,
      alarms: this.#alarms,
      due: this.#due,
      context: () => ({ ...this.#context, standing: this.#standing, settings: this.#settings }),
      lookAgain: (key, at, why) => this.#lookAgain(key, at, why),
    });
  }

  /**
   * Takes what an earlier run left; `closed` only so that new alarms know what they follow, newest first; `saved` by key.
   * Stored ticks are moved on by `shift`.
   */
  restore(
    open: readonly Alarm[],
    closed: readonly Alarm[],
    shift = 0,
    saved: ReadonlyMap<string, object> = new Map(),
  ): void {
    for (const { watch, id, closedAt } of closed.toReversed()) this.#lastClosed.set(watch.key, { id, at: closedAt });
    this.#standing.restore(saved, shift);
    this.#chatter.restore(saved, shift);
    this.#flood.restore(saved, shift);
    for (const alarm of open) this.#keep(this.#shifted(alarm, shift));
    this.#desk.arm();
    for (const key of this.#chatter.calmed) this.#armChatter(key);
    this.#armFlood();
  }

  /** What of the standing has changed since it was last saved, by key. */
  save(): readonly StateRow[] {
    return [...this.#standing.save(), ...this.#chatter.save(), ...this.#flood.save()];
  }

  /** The site says otherwise how alarms are treated, and what its rules are. What that makes of the alarms is told. */
  change(settings: AlarmSettings, at: number): Step {
    this.#settings = settings;
    this.#chatter.change(settings.chatter);
    this.#flood.change(settings.flood);
    this.#armFlood();
    const steps: Step[] = [];
    for (const alarm of this.#alarms.all) {
      const watch = this.#context.watchOf(alarm.watch.key);
      const isSame = watch === null || JSON.stringify(watch) === JSON.stringify(alarm.watch);
      if (!isSame) steps.push({ alarms: [{ ...alarm, watch }], events: [] });
      this.#keep(isSame ? alarm : { ...alarm, watch });
    }
    for (const { watch } of this.#alarms.all) steps.push(this.#lookAgain(watch.key, at, { reason: 'site-changed' }));
    return joined(steps);
  }

  get open(): readonly Alarm[] {
    return this.#alarms.all;
  }

  /** By id, or by key for the one that is open. */
  find(idOrKey: string): Alarm | null {
    return this.#alarms.find(idOrKey);
  }

  get standing(): StandingView {
    const { shelves, outOfService, workOrders } = this.#standing;
    const { incident, members } = this.#flood.incident ?? { incident: null, members: [] };
    return {
      shelves: [...shelves.values()],
      outOfService: [...outOfService.values()],
      workOrders: [...workOrders.values()],
      chattering: this.#chatter.calmed,
      incident: incident === null ? null : { ...incident, alarms: members },
    };
  }

  take(finding: Finding): Step {
    const { watch, at, answer } = finding;
    const { key } = watch;
    const tick = this.#context.tickOf(at);
    const louder = isLevel(answer) ? this.#breakThrough(watch, answer, at) : NOTHING;
    const before = this.#alarms.get(key);
    const isRaised = isRaisedBy(before, finding);
    const announced = isRaised ? this.#coverOf(watch) : undefined;
    const counts = isRaised && announced === undefined && !isVital(watch);
    const incident = counts ? this.#flood.count(at, tick) : null;
    const step = stepFinding(before, finding, this.#context, { announced, incident: incident ?? undefined });
    const steps = [louder, this.#moved(step, at)];
    if (isRaised) {
      this.#chatter.raised(key, at, tick);
      this.#armChatter(key);
      if (counts) steps.push(this.#fold(key, at, before?.incident === incident));
    } else if (step !== NOTHING) {
      const after = this.#alarms.get(key);
      if (answer === 'normal' && !isVital(watch) && step.alarms[0]?.condition === 'normal') {
        this.#chatter.returned(key, before?.level ?? null, at, tick);
        this.#armChatter(key);
        steps.push(this.#lookAgain(key, at, { reason: 'chatter' }));
      }
      steps.push(this.#desk.returned(step, at));
      if (after !== null && isLevel(answer)) steps.push(telling(this.#flood.risen(after, at)));
    }
    return joined(steps);
  }

  /** When something is due by itself, on the tick line: a step that is late, a shelf that ends. */
  nextDue(): number {
    return this.#due.next;
  }

  /** What is due by then, each at its own time and in its order. */
  advance(tick: number): Step {
    const steps: Step[] = [];
    for (let due = this.#due.take(tick); due !== null; due = this.#due.take(tick)) steps.push(this.#come(due));
    return joined(steps);
  }

  act(action: Action, at: number): Acted {
    if ('on' in action || action.kind === 'shelve' || action.kind === 'unshelve') return this.#desk.act(action, at);
    const alarm = this.find(action.alarm);
    if (alarm === null) {
      const message = `no open alarm ${action.alarm}`;
      return { receipt: { status: 'refused', code: 'no-such-alarm', message }, step: NOTHING };
    }
    const outcome = stepAction(alarm, action, at, this.#context);
    if (outcome === null) return { receipt: { status: 'unchanged', alarm }, step: NOTHING };
    if (isRefused(outcome)) return { receipt: { status: 'refused', ...outcome }, step: NOTHING };
    const step = joined([this.#moved(outcome, at), this.#desk.returned(outcome, at)]);
    return { receipt: { status: 'done', alarm: this.find(alarm.id) ?? outcome.alarms.at(-1) ?? alarm }, step };
  }

  #come({ name, tick }: { readonly name: string; readonly tick: number }): Step {
    const of = name.slice(name.indexOf(':') + 1);
    if (name.startsWith(ALARM)) return this.#comeToAlarm(of, tick);
    const at = this.#context.atOf(tick);
    const ended = this.#desk.come(name, (told) => toldAt(told, at));
    if (ended !== null) return ended;
    if (!name.startsWith(CHATTER)) return telling(this.#flood.end(toldAt(this.#flood.until()?.at, at)));
    const end = toldAt(this.#chatter.until(of)?.at, at);
    this.#chatter.end(of);
    return this.#lookAgain(of, end, { reason: 'steady' });
  }

  /** A step of its response is late, or it has been active for too long. */
  #comeToAlarm(key: string, tick: number): Step {
    const alarm = this.#alarms.get(key);
    if (alarm === null) return NOTHING;
    const at = this.#context.atOf(tick);
    const stale = this.#staleTick(alarm);
    const late = dueOf(alarm) <= tick ? escalate(alarm, this.#context) : NOTHING;
    const step = late.alarms.length === 0 && stale <= tick ? turnStale(alarm, at, this.#context) : late;
    if (step.alarms.length === 0) this.#due.set(ALARM + key, stale);
    return this.#moved(step, at);
  }

  /** A shelf and calming are of the levels that were seen: a higher one ends them. */
  #breakThrough({ key }: Watch, level: Level, at: number): Step {
    const unshelved = this.#desk.risen(key, level, at);
    if (this.#chatter.until(key) === null || this.#chatter.holds(key, level)) return unshelved;
    this.#chatter.end(key);
    this.#armChatter(key);
    return joined([unshelved, this.#lookAgain(key, at, { reason: 'level' })]);
  }

  #coverOf(watch: Watch): Announced | undefined {
    return coverOf(watch, this.#standing, this.#suppression, this.#chatter);
  }

  /** What keeps an alarm from people may be otherwise: what is, is told. */
  #lookAgain(key: string, at: number, why: Why): Step {
    const alarm = this.#alarms.get(key);
    if (alarm === null) return NOTHING;
    const cover = this.#coverOf(alarm.watch);
    const isHeard =
      cover === undefined && alarm.announced !== undefined && alarm.condition === 'active' && !alarm.acknowledged;
    const counts = isHeard && !isVital(alarm.watch);
    const incident = counts ? this.#flood.count(at, this.#context.tickOf(at)) : null;
    const step = this.#moved(announce(alarm, cover, at, why, this.#context, incident), at);
    return counts ? joined([step, this.#fold(key, at, alarm.incident === incident)]) : step;
  }

  /** It was announced, and counted. */
  #fold(key: string, at: number, isIn: boolean): Step {
    const alarm = this.#alarms.get(key);
    if (alarm === null) return NOTHING;
    const { entries, earlier } = this.#flood.add(alarm, at, isIn);
    this.#armFlood();
    const alarms: Alarm[] = [];
    for (const id of earlier) {
      const found = this.find(id);
      if (found !== null) alarms.push({ ...found, incident: alarm.incident });
    }
    for (const each of alarms) this.#keep(each);
    return { ...telling(entries), alarms };
  }

  /** Takes what a step made of its alarms, and looks at those that they suppress. */
  #moved(step: Step, at: number): Step {
    if (step.alarms.length === 0) return step;
    const steps = [step];
    for (const alarm of step.alarms) {
      const reason = alarm.condition === 'active' ? 'parent-active' : 'parent-returned';
      for (const child of this.#keep(alarm)) steps.push(this.#lookAgain(child, at, { reason }));
    }
    return steps.length === 1 ? step : joined(steps);
  }

  /** Gives the keys of those that may be suppressed otherwise now. */
  #keep(alarm: Alarm): readonly string[] {
    const { key } = alarm.watch;
    const isClosed = alarm.closedAt !== null;
    const children = this.#suppression.change(this.#alarms.get(key), isClosed ? null : alarm);
    this.#alarms.put(alarm);
    if (isClosed) this.#lastClosed.set(key, { id: alarm.id, at: alarm.closedAt });
    this.#due.set(ALARM + key, isClosed ? Number.POSITIVE_INFINITY : Math.min(dueOf(alarm), this.#staleTick(alarm)));
    return children;
  }

  #staleTick({ condition, activeTick, staleAt }: Alarm): number {
    if (condition !== 'active' || staleAt !== undefined || activeTick === undefined) return Number.POSITIVE_INFINITY;
    return activeTick + this.#settings.staleAfterMs;
  }

  #armChatter(key: string): void {
    this.#due.set(CHATTER + key, this.#chatter.until(key)?.tick ?? Number.POSITIVE_INFINITY);
  }

  #armFlood(): void {
    this.#due.set(FLOOD, this.#flood.until()?.tick ?? Number.POSITIVE_INFINITY);
  }

  #shifted(alarm: Alarm, shift: number): Alarm {
    const { response, condition, raisedAt, activeTick = this.#context.tickOf(raisedAt) - shift } = alarm;
    return {
      ...alarm,
      ...(condition === 'active' ? { activeTick: activeTick + shift } : {}),
      ...(response === undefined ? {} : { response: shiftResponse(response, shift) }),
    };
  }
}

/** At the time that was told, unless the clock has been set anew since. */
const toldAt = (told: number | undefined, at: number): number =>
  told === undefined || Math.abs(at - told) > CLOCK_STEP_MS ? at : told;
