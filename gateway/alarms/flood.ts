import type { Trust } from '#kit/clock.ts';
import { compareLevels } from '../rules/finding.ts';
import type { Alarm } from './alarm.ts';
import type { EntryDraft } from './alarm-event.ts';
import { type Incident, type Member, MOST_LISTED, memberOf, tellIncident } from './incident.ts';
import { KeptStates, type StateRow } from './kept-states.ts';
import type { AlarmSettings } from './settings.ts';

interface Recent {
  readonly at: number;
  readonly tick: number;
  /** Null until its alarm is known. */
  readonly member: Member | null;
}

interface FloodState {
  /** Alarms that people were, or would have been, called for: the last ones, oldest first. */
  readonly recent: readonly Recent[];
  readonly incident: Incident | null;
}

interface ListState {
  readonly members: readonly Member[];
}

interface FloodContext {
  newId(at: number): string;
  encodeTime(at: number): string;
  trust(): Trust;
}

const CALM: FloodState = { recent: [], incident: null };
const STATE = 'now';

/**
 * A flood of alarms (ISA-18.2): more than ten in ten minutes at one operator's place, which is what a gateway is. From then
 * on alarms belong to one incident until fewer than five come in ten minutes. What is kept is bounded by what has to be
 * counted, and by the list; each alarm costs the same, however many there are.
 */
export class Flood {
  readonly #states = new KeptStates<FloodState>('alarms:flood:');
  /** Beside the state, which changes with each alarm. */
  readonly #lists = new KeptStates<ListState>('alarms:flood-list:');
  readonly #context: FloodContext;
  #settings: AlarmSettings['flood'];

  constructor(settings: AlarmSettings['flood'], context: FloodContext) {
    this.#settings = settings;
    this.#context = context;
  }

  change(settings: AlarmSettings['flood']): void {
    this.#settings = settings;
  }

  /** The one that is open, with the first of its alarms. */
  get incident(): { readonly incident: Incident; readonly members: readonly Member[] } | null {
    const { incident } = this.#state;
    return incident === null ? null : { incident, members: this.#members };
  }

  /** An alarm is about to be announced: the incident that it belongs to, if there is one by then. */
  count(at: number, tick: number): string | null {
    const { over, withinMs } = this.#settings;
    const { incident, recent: before } = this.#state;
    const recent = [...before, { at, tick, member: null }]
      .filter((each) => each.tick > tick - withinMs)
      .slice(-(over + 1));
    const [first] = recent;
    const opens = incident === null && recent.length > over;
    const now = opens && first?.member ? this.#opened(first.member, recent, at) : incident;
    this.#set({ recent, incident: now });
    return now?.id ?? null;
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
    if (incident === null) {
      this.#set({ recent: named, incident });
      return { entries: [], earlier: [] };
    }
    const isFirst = incident.toldCount === 0;
    const members = isFirst ? inOrder(named) : [member];
    const isNew = isFirst || !isIn;
    if (isNew && this.#members.length < MOST_LISTED) {
      this.#lists.set(STATE, { members: [...this.#members, ...members].slice(0, MOST_LISTED) });
    }
    const count = incident.count + (isNew ? members.length : 0);
    const level = highest([incident, ...members]);
    this.#set({ recent: named, incident: { ...incident, count } });
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
    const { incident, recent } = this.#state;
    if (incident === null) return [];
    const entries = this.#tell('closed', incident, at, { reason: 'steady', previousLevel: incident.level });
    this.#set({ recent, incident: null });
    this.#lists.delete(STATE);
    return entries;
  }

  save(): readonly StateRow[] {
    return [...this.#states.save(), ...this.#lists.save()];
  }

  restore(saved: ReadonlyMap<string, object>, shift: number): void {
    this.#states.restore(saved, ({ recent, incident }) => ({
      recent: recent.map((each) => ({ ...each, tick: each.tick + shift })),
      incident,
    }));
    this.#lists.restore(saved, (list) => list);
  }

  get #state(): FloodState {
    return this.#states.get(STATE) ?? CALM;
  }

  get #members(): readonly Member[] {
    return this.#lists.get(STATE)?.members ?? [];
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
    said: Parameters<typeof tellIncident>[4],
  ): readonly EntryDraft[] {
    const told = { ...incident, toldCount: incident.count };
    this.#set({ ...this.#state, incident: told });
    return [tellIncident(step, told, this.#members, at, said, this.#context)];
  }
}

/** Each alarm once, though it may have been raised more than once. */
function inOrder(recent: readonly Recent[]): readonly Member[] {
  const found = new Map<string, Member>();
  for (const { member } of recent) if (member !== null && !found.has(member.alarm)) found.set(member.alarm, member);
  return [...found.values()];
}

const highest = (all: readonly Pick<Member, 'level'>[]): Member['level'] =>
  all.reduce<Member['level']>((most, { level }) => (compareLevels(level, most) > 0 ? level : most), null);
