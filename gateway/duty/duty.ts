import type { Clock } from '#kit/clock.ts';
import { Fault } from '#kit/fault.ts';
import type { Zone } from '#kit/zone.ts';
import type { Alarm } from '../alarms/alarm.ts';
import type { EntryDraft } from '../alarms/alarm-event.ts';
import type { DutyDesk, DutyEntry, DutyView, Mode, NewDutyEntry } from '../api/duty-desk.ts';
import type { LedgerBatch } from '../ledger/ledger.ts';
import type { People } from '../notify/people.ts';
import { type DutyStanding, onDuty, ROUTINE } from '../notify/roster.ts';

/** Under which the ledger keeps it, beside the states of rules. */
const STANDING = 'duty:standing';
const LINE = 'duty:line:';
/** Lines that are kept at hand; the ledger has them all. */
export const LINES_KEPT = 500;
/** Alarms that a hand-over names. */
const MOST_OPEN = 100;

const TYPE = 'city.gengfu.duty.';

export interface DutyContext {
  /** What an earlier run left, by key. */
  readonly saved: ReadonlyMap<string, object>;
  people(): People | null;
  zone(): Zone;
  readonly clock: Clock;
  /** Alarms that are not closed. */
  alarms(): readonly Alarm[];
  /** Tells and stores in one transaction; false when that is not durable in time. */
  keep(told: readonly EntryDraft[], states: LedgerBatch['rules']): Promise<boolean>;
  /** The share of their times that people have from now on. */
  setPace(share: number): void;
}

interface Standing extends DutyStanding {
  readonly modeSince: number | null;
  readonly modeBy: string | null;
  readonly modeNote: string | null;
  /** Of the line that was written last. */
  readonly last: number;
}

const BEGINNING: Standing = { ...ROUTINE, modeSince: null, modeBy: null, modeNote: null, last: 0 };

/** Who is on duty, in which mode the site is, and what duty staff have written down: kept by the ledger. */
export class DutyBook implements DutyDesk {
  readonly #context: DutyContext;
  readonly #lines = new Map<number, DutyEntry>();
  #standing: Standing;

  constructor(context: DutyContext) {
    this.#context = context;
    // What the ledger keeps under its keys was written by this class alone.
    this.#standing = (context.saved.get(STANDING) as Standing | undefined) ?? BEGINNING;
    for (const [key, state] of context.saved) {
      if (key.startsWith(LINE)) this.#lines.set((state as DutyEntry).number, state as DutyEntry);
    }
    this.applyPace();
  }

  /** For routing. */
  get standing(): DutyStanding {
    return this.#standing;
  }

  /** The mode, or `people.yaml`, may say other times now. */
  applyPace(): void {
    this.#context.setPace(this.#context.people()?.modes[this.#standing.mode]?.times ?? 1);
  }

  now(): DutyView {
    const { mode, modeSince, modeBy, modeNote } = this.#standing;
    const people = this.#context.people();
    const said = { mode, modeSince, modeBy, modeNote, open: this.#context.alarms().length };
    if (people === null) {
      return { ...said, duty: [], leader: [], shifts: [], since: null, until: null, by: 'nobody' };
    }
    const who = onDuty(people, this.#context.zone(), this.#standing, this.#context.clock.now());
    const named = (ids: readonly string[]) =>
      ids.flatMap((id) => people.contacts.filter((each) => each.id === id).map(({ name }) => ({ id, name })));
    const by = who.duty.length === 0 ? 'nobody' : who.by;
    return { ...said, ...who, by, duty: named(who.duty), leader: named(who.leader) };
  }

  log(limit: number): readonly DutyEntry[] {
    return [...this.#lines.values()].sort((a, b) => b.number - a.number).slice(0, limit);
  }

  /** Throws a Fault `duty-unknown` for somebody who is no contact. */
  async handOver(to: readonly string[], note: string | null, by: string): Promise<DutyEntry> {
    const people = this.#context.people();
    const ids = to.map((name) => {
      const found = people?.contacts.find((each) => [each.id, each.name, each.account].includes(name));
      if (found === undefined) {
        throw new Fault('duty-unknown', 'There is no such contact in people.yaml.', { hint: 'Name one by its id.' });
      }
      return found.id;
    });
    const open = this.#context.alarms();
    const from = this.now().duty.map(({ id }) => id);
    const handOver = { from, to: ids, open: open.slice(0, MOST_OPEN).map(({ watch }) => watch.key) };
    const at = this.#context.clock.now();
    const line = this.#line(
      { kind: 'hand-over', of: null, came: null, from: null, text: note ?? '', handOver },
      by,
      at,
    );
    const told = {
      ...{ from, to: ids, by, note },
      open: open.slice(0, MOST_OPEN).map(({ id, watch, level, condition }) => ({
        ...{
          alarm: id,
          rule: watch.rule,
          device: watch.device,
          point: watch.point,
          title: watch.title,
          level,
          condition,
        },
      })),
      openCount: open.length,
    };
    await this.#keep(
      { ...this.#standing, handedOver: { to: ids, at, mode: this.#standing.mode }, last: line.number },
      line,
      'handed-over',
      told,
    );
    return line;
  }

  async setMode(mode: Mode, note: string, by: string): Promise<'done' | 'unchanged'> {
    const { mode: previous } = this.#standing;
    if (mode === previous) return 'unchanged';
    const at = this.#context.clock.now();
    const text = `${previous} → ${mode}: ${note}`;
    const line = this.#line({ kind: 'mode', of: null, came: null, from: null, text, handOver: null }, by, at);
    const standing = { ...this.#standing, mode, modeSince: at, modeBy: by, modeNote: note, last: line.number };
    await this.#keep(standing, line, 'mode-changed', { mode, previous, by, note });
    this.applyPace();
    return 'done';
  }

  /** Throws a Fault `duty-report` for one that goes on a report that is not there. */
  async write({ kind, of, came, from, text }: NewDutyEntry, by: string): Promise<DutyEntry> {
    const goesOn = kind === 'further' || kind === 'final';
    const first = of === undefined ? undefined : this.#lines.get(of);
    if (goesOn && first?.kind !== 'first') {
      throw new Fault('duty-report', 'A further or final report goes on a first one: name its number.');
    }
    const said = {
      kind,
      of: goesOn ? (of ?? null) : null,
      came: came ?? null,
      from: from ?? null,
      text,
      handOver: null,
    };
    const line = this.#line(said, by, this.#context.clock.now());
    // Who called stays on the box: what is told goes to platforms as well.
    const told = { number: line.number, kind, of: line.of, came: line.came, text, by };
    await this.#keep({ ...this.#standing, last: line.number }, line, 'logged', told);
    return line;
  }

  #line(said: Omit<DutyEntry, 'number' | 'at' | 'by'>, by: string, at: number): DutyEntry {
    return { number: this.#standing.last + 1, at, by, ...said };
  }

  async #keep(standing: Standing, line: DutyEntry, step: string, data: object): Promise<void> {
    this.#standing = standing;
    this.#lines.set(line.number, line);
    this.#lines.delete(line.number - LINES_KEPT);
    const time = this.#context.zone().encode(line.at);
    const isKept = await this.#context.keep(
      [{ type: `${TYPE}${step}`, subject: `duty/${line.number}`, time, data }],
      [
        { key: STANDING, state: standing },
        // One of the oldest is written over.
        { key: `${LINE}${line.number % LINES_KEPT}`, state: line },
      ],
    );
    if (!isKept) throw new Fault('not-durable', 'Taken, but not on disk yet: look at the state of the ledger.');
  }
}
