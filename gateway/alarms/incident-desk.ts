import { compareLevels, type Level } from '../rules/finding.ts';
import type { Alarm } from './alarm.ts';
import type { EntryDraft, ResponseTold } from './alarm-event.ts';
import type { DueQueue } from './due-queue.ts';
import { type Incident, type IncidentSaid, type Member, MOST_LISTED, tellIncident } from './incident.ts';
import { KeptStates, type StateRow } from './kept-states.ts';
import type { LifecycleContext } from './lifecycle.ts';
import { isSilenced, nextTier, type StepClock, startClock } from './response.ts';
import { NO_PLAN, type ResponsePlan, type ResponseStep } from './response-plan.ts';
import { NOTHING, type Step, telling } from './step.ts';

/** What people owe an incident: stored until the last of its alarms is closed. */
interface IncidentRecord {
  /** As it was told last. */
  readonly incident: Incident;
  /** The flood goes on. */
  readonly isOpen: boolean;
  /** When people were last told of it, UTC ms. */
  readonly toldAt: number;
  /** By when it is to be seen; null: it was. Tier 0: what came since it was seen, people are told by then. */
  readonly clock: StepClock | null;
  /** The highest tier that was told that nobody was sent to one of its alarms. */
  readonly undispatchedTier: number;
}

interface ListState {
  readonly members: readonly Member[];
}

/** Of its open alarms: how many there are, and which nobody has seen yet, of those that were told and of those that came since. */
interface Owed {
  open: number;
  readonly told: Set<string>;
  readonly since: Set<string>;
}

export interface IncidentParts {
  readonly due: DueQueue;
  readonly context: Pick<LifecycleContext, 'encodeTime' | 'trust' | 'tickOf' | 'atOf' | 'plan'>;
  /** By which plan it is to be acknowledged. */
  plan(): string;
  /** The flood that goes on, as it is by now. */
  now(): Incident | null;
  /** People are told of it. */
  again(at: number): readonly EntryDraft[];
}

export const INCIDENT = 'incident:';
/** Beyond it the oldest is forgotten: its alarms call by themselves from then on. */
export const MOST_INCIDENTS = 100;
/** What came after an incident was seen is told by then, unless that has been before. A red one is told at once. */
const TOLD_WITHIN_MS = 5 * 60_000;

/**
 * Incidents until the last of their alarms is closed, also beyond the end of the flood: that each was told, is to be acknowledged,
 * and goes to the next tier if it is not. No alarm that is folded into one waits for people without their being told of it.
 */
export class IncidentDesk {
  readonly #records = new KeptStates<IncidentRecord>('alarms:incident:');
  /** Beside the record, which changes less often. */
  readonly #lists = new KeptStates<ListState>('alarms:incident-list:');
  readonly #owed = new Map<string, Owed>();
  /** Those whose alarms have changed since they were last looked at: who saw the last one, and the highest that nobody has. */
  readonly #changed = new Map<string, { readonly by: string | null; readonly level: Level | null }>();
  readonly #parts: IncidentParts;

  constructor(parts: IncidentParts) {
    this.#parts = parts;
  }

  /** People are told of it, or its alarms still wait. */
  has(id: string): boolean {
    return this.#records.get(id) !== undefined;
  }

  /** Ids of its alarms that nobody has seen; empty where it is not known. */
  unseen(id: string): readonly string[] {
    const owed = this.#owed.get(id);
    return owed === undefined || !this.has(id) ? [] : [...owed.told, ...owed.since];
  }

  members(id: string): readonly Member[] {
    return this.#lists.get(id)?.members ?? [];
  }

  list(id: string, members: readonly Member[]): void {
    const before = this.members(id);
    if (before.length < MOST_LISTED) this.#lists.set(id, { members: [...before, ...members].slice(0, MOST_LISTED) });
  }

  /** An alarm has become what it is now. `before`: what stood in its place; null: nothing. */
  note(before: Alarm | null, after: Alarm): void {
    if (before?.id === after.id && before.incident !== undefined) this.#take(before.incident, before.id, after);
    const { id, incident } = after;
    if (incident === undefined || after.closedAt !== null) return;
    const owed = this.#owed.get(incident) ?? { open: 0, told: new Set(), since: new Set() };
    owed.open++;
    this.#owed.set(incident, owed);
    const isUnseen = !after.acknowledged && !isSilenced(after);
    this.#mark(incident, after.acknowledgedBy, isUnseen ? after.level : null);
    if (!isUnseen) return;
    const { toldAt = Number.NEGATIVE_INFINITY } = this.#records.get(incident) ?? {};
    const isTold = (after.incidentSince ?? after.changedAt) <= toldAt;
    (isTold ? owed.told : owed.since).add(id);
  }

  /** People are told: that it opened, that it is more or worse, that the flood is over. */
  tell(step: 'opened' | 'changed' | 'closed', incident: Incident, at: number, said: IncidentSaid): EntryDraft {
    const { id } = incident;
    const before = this.#records.get(id)?.clock ?? null;
    this.#toldAll(id);
    const isSeen = step === 'closed' && this.unseen(id).length === 0;
    const clock = isSeen ? null : sooner(before, this.#started(incident, at));
    const record = { incident, isOpen: step !== 'closed', toldAt: at, clock, undispatchedTier: 1 };
    this.#put(record);
    this.#mark(id, null, null);
    return this.#entry(step, record, at, { acknowledged: isSeen, ...said });
  }

  /** One of its alarms is late: nobody was sent to it, which is told once for all of them. */
  late({ incident = '' }: Alarm, tier: number, at: number): Step {
    const record = this.#records.get(incident);
    if (record === undefined || tier <= record.undispatchedTier) return NOTHING;
    const after = { ...record, undispatchedTier: tier };
    this.#put(after);
    return telling([this.#entry('escalated', after, at, { response: this.#response(after, 'dispatch', tier) })]);
  }

  /** Its clock is due. */
  come(id: string): Step {
    const record = this.#records.get(id);
    const clock = record?.clock;
    if (record === undefined || clock == null || clock.dueTick === null) return NOTHING;
    const at = this.#parts.context.atOf(clock.dueTick);
    if (clock.tier === 0) return telling(this.#parts.again(at));
    this.#toldAll(id);
    const told = { ...record, toldAt: at, clock: nextTier(clock, this.#plan) };
    this.#put(told);
    const response = this.#response(told, 'acknowledge', told.clock.tier);
    return telling([this.#entry('escalated', told, at, { response })]);
  }

  /** What has become of its alarms since it was last asked: all were seen, or there are some that nobody was told of. */
  look(at: number): Step {
    if (this.#changed.size === 0) return NOTHING;
    const entries = [...this.#changed].flatMap(([id, { by, level }]) => this.#looked(id, at, by, level));
    this.#changed.clear();
    return telling(entries);
  }

  save(): readonly StateRow[] {
    return [...this.#records.save(), ...this.#lists.save()];
  }

  /** Before its alarms are noted. */
  restore(saved: ReadonlyMap<string, object>, shift: number): void {
    this.#lists.restore(saved, shift, (list) => list);
    this.#records.restore(saved, shift, ({ clock, ...record }) => ({
      ...record,
      clock: clock && { ...clock, dueTick: clock.dueTick === null ? null : clock.dueTick + shift },
    }));
    for (const record of this.#records.values()) this.#arm(record);
  }

  /** As they were stored: nothing of them is new. */
  restored(): void {
    this.#changed.clear();
  }

  #looked(id: string, at: number, by: string | null, level: Level | null): readonly EntryDraft[] {
    const record = this.#records.get(id);
    if (record === undefined) return [];
    const { open, told, since } = this.#owed.get(id) ?? { open: 0, told: { size: 0 }, since: { size: 0 } };
    if (open === 0 && !record.isOpen && record.clock === null) {
      this.#forget(id);
      return [];
    }
    if (told.size > 0) return [];
    const { clock } = record;
    const isSeenNow = clock !== null && clock.tier > 0;
    const next = since.size === 0 ? null : this.#untold(isSeenNow ? null : clock, level, at);
    if (next === clock) return [];
    const after = { ...record, clock: next };
    this.#put(after);
    const entries = isSeenNow ? [this.#entry('acknowledged', after, at, { acknowledged: next === null, by })] : [];
    if (open === 0 && !record.isOpen) this.#forget(id);
    return entries;
  }

  /** What nobody was told of yet is told by then. */
  #untold(clock: StepClock | null, level: Level | null, at: number): StepClock {
    const dueAt = level === 'red' ? at : at + TOLD_WITHIN_MS;
    const dueTick = this.#parts.context.tickOf(dueAt);
    if (clock?.dueTick != null && clock.dueTick <= dueTick) return clock;
    return { step: 'acknowledge', dueTick, dueAt, tier: 0 };
  }

  #take(incident: string, alarm: string, after: Alarm): void {
    const owed = this.#owed.get(incident);
    if (owed === undefined) return;
    owed.open--;
    owed.told.delete(alarm);
    owed.since.delete(alarm);
    if (owed.open === 0) this.#owed.delete(incident);
    this.#mark(incident, after.acknowledgedBy, null);
  }

  #mark(incident: string, by: string | null, level: Level | null): void {
    const marked = this.#changed.get(incident);
    const isHigher = marked === undefined || compareLevels(level, marked.level) > 0;
    this.#changed.set(incident, { by: by ?? marked?.by ?? null, level: isHigher ? level : marked.level });
  }

  #toldAll(id: string): void {
    const owed = this.#owed.get(id);
    if (owed === undefined) return;
    for (const alarm of owed.since) owed.told.add(alarm);
    owed.since.clear();
  }

  get #plan(): ResponsePlan {
    return this.#parts.context.plan(this.#parts.plan()) ?? NO_PLAN;
  }

  #started({ level }: Incident, at: number): StepClock {
    const { context } = this.#parts;
    return startClock('acknowledge', { level: level ?? 'blue', firstTier: 1 }, this.#plan, at, context);
  }

  #put(record: IncidentRecord): void {
    this.#records.set(record.incident.id, record);
    this.#arm(record);
    const [oldest] = this.#records.entries();
    if (this.#records.size > MOST_INCIDENTS && oldest !== undefined) this.#forget(oldest[0]);
  }

  #forget(id: string): void {
    this.#records.delete(id);
    this.#lists.delete(id);
    this.#parts.due.set(INCIDENT + id, Number.POSITIVE_INFINITY);
  }

  #arm({ incident, clock }: IncidentRecord): void {
    this.#parts.due.set(INCIDENT + incident.id, clock?.dueTick ?? Number.POSITIVE_INFINITY);
  }

  #response({ clock }: IncidentRecord, late: ResponseStep | null, tier: number): ResponseTold {
    const dueAt = clock === null || clock.tier === 0 ? null : clock.dueAt;
    return {
      plan: this.#plan.id,
      waitsFor: clock === null ? null : 'acknowledge',
      due: dueAt === null ? null : this.#parts.context.encodeTime(dueAt),
      ...{ to: null, tier, late },
    };
  }

  #entry(step: Parameters<typeof tellIncident>[0], record: IncidentRecord, at: number, said: IncidentSaid): EntryDraft {
    const { clock, incident: told } = record;
    const now = this.#parts.now();
    const incident = now?.id === told.id ? { ...now, level: told.level } : told;
    const response = this.#response(record, null, Math.max(1, clock?.tier ?? 1));
    return tellIncident(
      step,
      incident,
      this.members(incident.id),
      at,
      { response, over: !record.isOpen, ...said },
      this.#parts.context,
    );
  }
}

/** What runs already is due no later for what is told anew; what was told to all tiers, or to none, begins. */
function sooner(running: StepClock | null, anew: StepClock): StepClock {
  if (running === null || running.tier === 0 || running.dueTick === null) return anew;
  return anew.dueTick !== null && anew.dueTick < running.dueTick ? { ...anew, tier: running.tier } : running;
}
