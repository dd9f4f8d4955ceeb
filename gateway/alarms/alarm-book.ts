import { compareLevels, type Finding, isVital, type Level, type Watch } from '../rules/finding.ts';
import type { Action, Receipt } from './action.ts';
import type { Alarm, Announced } from './alarm.ts';
import { AlarmIndex } from './alarm-index.ts';
import { Chatter } from './chatter.ts';
import { ClosedAlarms } from './closed-alarms.ts';
import { announce, coverOf, type Why } from './cover.ts';
import { DueQueue, toldAt } from './due-queue.ts';
import { type Counted, Flood } from './flood.ts';
import type { Incident, Member } from './incident.ts';
import { INCIDENT, IncidentDesk } from './incident-desk.ts';
import type { StateRow } from './kept-states.ts';
import {
  inIncident,
  isLevel,
  isRaisedBy,
  isRefused,
  type LifecycleContext,
  stepAction,
  stepFinding,
  turnStale,
} from './lifecycle.ts';
import { dueOf, shiftAlarm } from './response.ts';
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
  /** Where it was on many at once: what was done, one by one. */
  readonly each?: readonly Action[];
}

/** What stands beside the alarms, for people. */
export interface StandingView {
  readonly shelves: readonly Shelf[];
  readonly outOfService: readonly OutOfService[];
  readonly workOrders: readonly WorkOrder[];
  /** Keys of alarms that chatter. */
  readonly chattering: readonly string[];
  /** The flood that goes on, with the first of its alarms. */
  readonly incident: (Incident & { readonly alarms: readonly Member[]; readonly unseen: number }) | null;
}

/** Names under which things are due; shelves, service and orders have theirs. */
const ALARM = 'alarm:';
const CHATTER = 'chatter:';
const FLOOD = 'flood';

/**
 * The alarms that are not closed, and how findings, actions and time move them. What keeps an alarm from people (a shelf, a
 * parent, a work order, chatter, being out of service) is looked up at each change of either, and told against what was
 * announced last.
 */
export class AlarmBook {
  readonly #alarms = new AlarmIndex();
  readonly #closed = new ClosedAlarms();
  readonly #suppression = new Suppression();
  readonly #standing = new Standing();
  readonly #chatter: Chatter;
  readonly #flood: Flood;
  readonly #due = new DueQueue();
  readonly #incidents: IncidentDesk;
  readonly #desk: StandingDesk;
  readonly #context: LifecycleContext & Pick<StandingContext, 'watchOf' | 'isKnown'>;
  #settings: AlarmSettings;

  constructor(context: BookContext, settings: AlarmSettings = ALARM_SETTINGS) {
    this.#context = {
      plan: () => null,
      watchOf: () => null,
      isKnown: () => true,
      ...context,
      lastClosed: (key) => this.#closed.last(key)?.id ?? null,
      lastClosedAt: (key) => this.#closed.last(key)?.at ?? null,
    };
    this.#settings = settings;
    this.#chatter = new Chatter(settings.chatter);
    this.#incidents = new IncidentDesk({
      due: this.#due,
      context: this.#context,
      plan: () => this.#settings.flood.respond,
      now: () => this.#flood.incident,
      again: (at) => this.#flood.again(at),
    });
    this.#flood = new Flood(settings.flood, { newId: (at) => this.#context.newId(at), incidents: this.#incidents });
    this.#desk = new StandingDesk({
      standing: this.#standing,
      alarms: this.#alarms,
      due: this.#due,
      context: () => ({ ...this.#context, standing: this.#standing, settings: this.#settings }),
      lookAgain: (key, at, why) => this.#lookAgain(key, at, why),
    });
  }

  /**
   * Takes what an earlier run left; `closed`, newest first, so that new alarms know what they follow, and that they may be
   * judged; `saved` by key.
   * Stored ticks are moved on by `shift`.
   */
  restore(
    open: readonly Alarm[],
    closed: readonly Alarm[],
    shift = 0,
    saved: ReadonlyMap<string, object> = new Map(),
  ): void {
    for (const alarm of closed.toReversed()) {
      if (alarm.exercise === undefined) this.#closed.put(alarm);
      else this.#closed.note(alarm);
    }
    this.#standing.restore(saved, shift);
    this.#chatter.restore(saved, shift);
    this.#flood.restore(saved, shift);
    this.#incidents.restore(saved, shift);
    for (const alarm of open) this.#keep(shiftAlarm(alarm, shift, this.#context.tickOf(alarm.raisedAt)));
    this.#desk.arm();
    for (const key of this.#chatter.calmed) this.#armChatter(key);
    this.#armFlood();
    this.#incidents.restored();
  }

  /** What of the standing has changed since it was last saved, by key. */
  save(): readonly StateRow[] {
    return [...this.#standing.save(), ...this.#chatter.save(), ...this.#flood.save(), ...this.#incidents.save()];
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
      if (watch === null || watch === alarm.watch) {
        this.#keep(alarm);
        continue;
      }
      // The very one from now on, by which the next change knows it.
      const changed = { ...alarm, watch };
      if (JSON.stringify(watch) !== JSON.stringify(alarm.watch)) steps.push({ alarms: [changed], events: [] });
      this.#keep(changed);
    }
    for (const { watch } of this.#alarms.all) steps.push(this.#lookAgain(watch.key, at, { reason: 'site-changed' }));
    return joined([...steps, this.#incidents.look(at)]);
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
    const { incident } = this.#flood;
    return {
      shelves: [...shelves.values()],
      outOfService: [...outOfService.values()],
      workOrders: [...workOrders.values()],
      chattering: this.#chatter.calmed,
      incident: incident && {
        ...incident,
        alarms: this.#incidents.members(incident.id),
        unseen: this.#incidents.unseen(incident.id).length,
      },
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
    const isTold = isRaised && announced === undefined && !isVital(watch);
    const counted = isTold && isLevel(answer) ? this.#flood.count(answer, at, tick) : this.#risen(before, answer, at);
    const step = stepFinding(before, finding, this.#context, { announced, incident: counted?.incident });
    const steps = [louder, this.#moved(step, at)];
    if (isRaised) {
      this.#chatter.raised(key, at, tick);
      this.#armChatter(key);
      if (counted?.isAdded === true) steps.push(this.#fold(key, at, before?.incident === counted.incident));
    } else if (step !== NOTHING) {
      const after = this.#alarms.get(key);
      if (answer === 'normal' && !isVital(watch) && step.alarms[0]?.condition === 'normal') {
        this.#chatter.returned(key, before?.level ?? null, at, tick);
        this.#armChatter(key);
        steps.push(this.#lookAgain(key, at, { reason: 'chatter' }));
      }
      steps.push(this.#desk.returned(step, at));
      if (counted?.isAdded === true) steps.push(this.#fold(key, at, false));
      else if (after !== null && isLevel(answer)) steps.push(telling(this.#flood.risen(after, at)));
    }
    steps.push(this.#incidents.look(at));
    return joined(steps);
  }

  /** Whether an incident is to be acknowledged: alarms of it wait, and people were told. */
  isUnseen(incident: string): boolean {
    return this.#incidents.unseen(incident).length > 0;
  }

  /** When something is due by itself, on the tick line: a step that is late, a shelf that ends. */
  nextDue(): number {
    return this.#due.next;
  }

  /** What is due by then, each at its own time and in its order. */
  advance(tick: number): Step {
    const steps: Step[] = [];
    for (let due = this.#due.take(tick); due !== null; due = this.#due.take(tick)) {
      steps.push(this.#come(due), this.#incidents.look(this.#context.atOf(due.tick)));
    }
    return joined(steps);
  }

  act(action: Action, at: number): Acted {
    if ('on' in action || action.kind === 'shelve' || action.kind === 'unshelve') {
      const { receipt, step } = this.#desk.act(action, at);
      return { receipt, step: joined([step, this.#incidents.look(at)]) };
    }
    if (action.kind === 'acknowledge' && this.#incidents.has(action.alarm)) return this.#seeAll(action, at);
    const alarm = this.find(action.alarm);
    if (alarm === null) {
      const closed = action.kind === 'verdict' ? this.#closed.find(action.alarm) : null;
      if (closed !== null && action.kind === 'verdict') return this.#closed.judge(closed, action, at, this.#context);
      const message = `no open alarm ${action.alarm}`;
      return { receipt: { status: 'refused', code: 'no-such-alarm', message }, step: NOTHING };
    }
    const outcome = stepAction(alarm, action, at, this.#context);
    if (outcome === null) return { receipt: { status: 'unchanged', alarm }, step: NOTHING };
    if (isRefused(outcome)) return { receipt: { status: 'refused', ...outcome }, step: NOTHING };
    const step = joined([this.#moved(outcome, at), this.#desk.returned(outcome, at), this.#incidents.look(at)]);
    return { receipt: { status: 'done', alarm: this.find(alarm.id) ?? outcome.alarms.at(-1) ?? alarm }, step };
  }

  /** An incident is acknowledged by its id: all of its alarms that nobody has seen. */
  #seeAll(action: Extract<Action, { readonly kind: 'acknowledge' }>, at: number): Acted {
    // In the order in which they were raised, after a restart too.
    const unseen = this.#incidents.unseen(action.alarm).toSorted();
    if (unseen.length === 0) return { receipt: { status: 'unchanged', alarm: null }, step: NOTHING };
    const each = unseen.flatMap((id) => {
      const alarm = this.find(id);
      return alarm === null ? [] : [{ ...action, alarm: alarm.watch.key }];
    });
    const step = joined(each.map((one) => this.act(one, at).step));
    return { receipt: { status: 'done', alarm: null }, step, each };
  }

  #come({ name, tick }: { readonly name: string; readonly tick: number }): Step {
    const of = name.slice(name.indexOf(':') + 1);
    if (name.startsWith(ALARM)) return this.#comeToAlarm(of, tick);
    const at = this.#context.atOf(tick);
    const ended = this.#desk.come(name, (told) => toldAt(told, at));
    if (ended !== null) return ended;
    if (name.startsWith(INCIDENT)) return this.#incidents.come(of);
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
    const late = dueOf(alarm) <= tick ? this.#escalate(alarm) : NOTHING;
    const step = late.alarms.length === 0 && stale <= tick ? turnStale(alarm, at, this.#context) : late;
    if (step.alarms.length === 0) this.#due.set(ALARM + key, stale);
    return this.#moved(step, at);
  }

  /** What no incident tells of any more is late by itself. */
  #escalate(alarm: Alarm): Step {
    const { incident } = alarm;
    if (incident === undefined) return escalate(alarm, this.#context);
    if (!this.#incidents.has(incident)) return escalate({ ...alarm, ...inIncident(null, 0) }, this.#context);
    const step = escalate(alarm, this.#context);
    const [event] = step.events;
    const { late, tier } = event?.data.response ?? {};
    if (event === undefined || late !== 'dispatch' || tier === undefined) return step;
    return joined([step, this.#incidents.late(alarm, tier, Date.parse(event.time))]);
  }

  /**
   * Of one that an incident tells of and that rises: it calls by itself where it is red, as far as that is no flood itself, and
   * where the flood is over.
   */
  #risen(before: Alarm | null, answer: Finding['answer'], at: number): Counted | null {
    if (before?.incident === undefined || before.announced !== undefined || before.condition !== 'active') return null;
    if (!isLevel(answer) || compareLevels(answer, before.level) <= 0) return null;
    const tick = this.#context.tickOf(at);
    const { incident } = before;
    if (this.#flood.incident?.id !== incident) return this.#flood.count(answer, at, tick);
    const isAlone = answer === 'red' && this.#flood.standsAlone(tick);
    return { incident: isAlone ? null : incident, isAdded: false };
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
    const { level } = alarm;
    const counts = isHeard && level !== null && !isVital(alarm.watch);
    const counted = counts ? this.#flood.count(level, at, this.#context.tickOf(at)) : null;
    const step = this.#moved(announce(alarm, cover, at, why, this.#context, counted?.incident), at);
    return counted?.isAdded === true ? joined([step, this.#fold(key, at, alarm.incident === counted.incident)]) : step;
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
      // One that has become red meanwhile was told of by itself.
      if (found !== null && found.level !== 'red') alarms.push({ ...found, ...inIncident(alarm.incident, at) });
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
    const before = this.#alarms.get(key);
    const children = this.#suppression.change(before, isClosed ? null : alarm);
    this.#incidents.note(before, alarm);
    this.#alarms.put(alarm);
    if (isClosed) this.#closed.put(alarm);
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
}
