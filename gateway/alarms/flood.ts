import { compareLevels, type Level } from '../rules/finding.ts';
import type { Alarm } from './alarm.ts';
import type { EntryDraft } from './alarm-event.ts';
import { type Incident, type IncidentSaid, type Member, memberOf } from './incident.ts';
import type { IncidentDesk } from './incident-desk.ts';
import { KeptStates, type StateRow } from './kept-states.ts';
import type { AlarmSettings } from './settings.ts';

interface Recent {
  readonly at: number;
  readonly tick: number;
  /** Null until its alarm is known. */
  readonly member: Member | null;
  /** It calls by itself. */
  readonly isAlone: boolean;
}

interface FloodState {
  /** Alarms that people were, or would have been, called for: the last ones, oldest first. */
  readonly recent: readonly Recent[];
  /** Ticks of the red ones of late that people are called for by themselves, though there is a flood. */
  readonly alone: readonly number[];
  readonly incident: Incident | null;
}

interface FloodContext {
  newId(at: number): string;
  readonly incidents: Pick<IncidentDesk, 'tell' | 'list' | 'members'>;
}

const CALM: FloodState = { recent: [], alone: [], incident: null };
const STATE = 'now';

/** How an alarm that is about to be announced stands to the flood. */
export interface Counted {
  /** The incident that tells of it; null: it calls by itself. */
  readonly incident: string | null;
  /** It is to be added to what is counted, once it was announced. */
  readonly isAdded: boolean;
}

/**
 * A flood of alarms (ISA-18.2): more than ten in ten minutes at one operator's place, which is what a gateway is. From then
 * on alarms belong to one incident until fewer than five come in ten minutes. Red ones call by themselves all the same
 * (RULES.md, section 5), unless they are a flood themselves. What is kept is bounded by what has to be counted, and by the list;
 * each alarm costs the same, however many there are.
 */
export class Flood {
  readonly #states = new KeptStates<FloodState>('alarms:flood:');
  readonly #context: FloodContext;
  #settings: AlarmSettings['flood'];

  constructor(settings: AlarmSettings['flood'], context: FloodContext) {
    this.#settings = settings;
    this.#context = context;
  }

  change(settings: AlarmSettings['flood']): void {
    this.#settings = settings;
  }

  /** The one that goes on. */
  get incident(): Incident | null {
    return this.#state.incident;
  }

  /** An alarm is about to be announced at that level. */
  count(level: Level, at: number, tick: number): Counted {
    const { over, withinMs } = this.#settings;
    const isAlone = level === 'red' && this.standsAlone(tick);
    const { incident, recent: before } = this.#state;
    const recent = [...before, { at, tick, member: null, isAlone }]
      .filter((each) => each.tick > tick - withinMs)
      .slice(-(over + 1));
    const first = recent.find(({ member }) => member !== null)?.member;
    const opens = incident === null && !isAlone && recent.length > over && inOrder(recent).length > 0;
    const now = opens && first != null ? this.#opened(first, recent, at) : incident;
    this.#set({ ...this.#state, recent, incident: now });
    return { incident: isAlone ? null : (now?.id ?? null), isAdded: true };
  }

  /** Whether a red one may call by itself: as many as are no flood may. */
  standsAlone(tick: number): boolean {
    const { over, withinMs } = this.#settings;
    const alone = this.#state.alone.filter((each) => each > tick - withinMs);
    const isAlone = alone.length < over;
    if (isAlone) this.#set({ ...this.#state, alone: [...alone, tick] });
    return isAlone;
  }

  /**
   * The alarm that was counted last, as it was announced; `isIn`: it was one of the incident's before. Gives what is told of
   * the incident, and earlier alarms that are of it from now on.
   */
  add(
    alarm: Alarm,
    at: number,
    isIn: boolean,
  ): { readonly entries: readonly EntryDraft[]; readonly earlier: readonly string[] } {
    const { recent, incident } = this.#state;
    const member = memberOf(alarm, at);
    const last = recent.at(-1);
    const named = last === undefined ? recent : [...recent.slice(0, -1), { ...last, member }];
    if (incident === null || last?.isAlone === true) {
      this.#set({ ...this.#state, recent: named });
      return { entries: [], earlier: [] };
    }
    const isFirst = incident.toldCount === 0;
    const members = isFirst ? inOrder(named) : [member];
    const isNew = isFirst || !isIn;
    if (isNew) this.#context.incidents.list(incident.id, members);
    const count = incident.count + (isNew ? members.length : 0);
    const level = highest([incident, ...members]);
    this.#set({ ...this.#state, recent: named, incident: { ...incident, count } });
    if (isFirst) {
      const entries = this.#tell('opened', { ...incident, count, level }, at, {});
      return { entries, earlier: members.map((each) => each.alarm).filter((id) => id !== alarm.id) };
    }
    return { entries: this.#grown(at, level), earlier: [] };
  }

  /** One of its alarms has risen. */
  risen(alarm: Alarm, at: number): readonly EntryDraft[] {
    const { incident } = this.#state;
    return incident === null || alarm.incident !== incident.id ? [] : this.#grown(at, highest([incident, alarm]));
  }

  /** When it ends, if no more come. */
  until(): { readonly tick: number; readonly at: number } | null {
    const { incident, recent } = this.#state;
    const { below, withinMs } = this.#settings;
    const last = recent.at(-below) ?? recent[0];
    return incident === null || last === undefined ? null : { tick: last.tick + withinMs, at: last.at + withinMs };
  }

  end(at: number): readonly EntryDraft[] {
    const { incident } = this.#state;
    if (incident === null) return [];
    const entries = this.#tell('closed', incident, at, { reason: 'steady', previousLevel: incident.level });
    this.#set({ ...this.#state, incident: null });
    return entries;
  }

  /** People are told of it as it is by now: some have come since they had seen it. */
  again(at: number): readonly EntryDraft[] {
    const { incident } = this.#state;
    return incident === null
      ? []
      : this.#tell('changed', incident, at, { reason: 'count', previousLevel: incident.level });
  }

  save(): readonly StateRow[] {
    return this.#states.save();
  }

  restore(saved: ReadonlyMap<string, object>, shift: number): void {
    // What an earlier version has saved has no `alone`.
    this.#states.restore(saved, shift, ({ recent, alone = [], incident }) => ({
      recent: recent.map((each) => ({ ...each, tick: each.tick + shift })),
      alone: alone.map((tick) => tick + shift),
      incident,
    }));
  }

  get #state(): FloodState {
    return this.#states.get(STATE) ?? CALM;
  }

  #set(state: FloodState): void {
    this.#states.set(STATE, state);
  }

  #opened(firstOut: Member, recent: readonly Recent[], at: number): Incident {
    const level = highest(inOrder(recent));
    return { id: this.#context.newId(at), openedAt: at, firstOut, count: 0, level, toldCount: 0 };
  }

  /** Told sparsely: when the level rises, and each time that it has doubled. */
  #grown(at: number, level: Incident['level']): readonly EntryDraft[] {
    const { incident } = this.#state;
    if (incident === null) return [];
    const rises = compareLevels(level, incident.level) > 0;
    if (!rises && incident.count < 2 * incident.toldCount) return [];
    const reason = rises ? 'level' : 'count';
    return this.#tell('changed', { ...incident, level }, at, { reason, previousLevel: incident.level });
  }

  #tell(
    step: 'opened' | 'changed' | 'closed',
    incident: Incident,
    at: number,
    said: IncidentSaid,
  ): readonly EntryDraft[] {
    const told = { ...incident, toldCount: incident.count };
    this.#set({ ...this.#state, incident: told });
    return [this.#context.incidents.tell(step, told, at, said)];
  }
}

/** Those that an incident tells of, each once, though it may have been raised more than once. */
function inOrder(recent: readonly Recent[]): readonly Member[] {
  const found = new Map<string, Member>();
  for (const { member, isAlone } of recent) {
    if (member !== null && !isAlone && !found.has(member.alarm)) found.set(member.alarm, member);
  }
  return [...found.values()];
}

const highest = (all: readonly Pick<Member, 'level'>[]): Member['level'] =>
  all.reduce<Member['level']>((most, { level }) => (compareLevels(level, most) > 0 ? level : most), null);
