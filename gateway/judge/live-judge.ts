import type { Clock, Trust } from '#kit/clock.ts';
import { codeOf, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import type { Reading } from '../../drivers/reading.ts';
import type { Action, Receipt } from '../alarms/action.ts';
import type { Alarm } from '../alarms/alarm.ts';
import type { EntryDraft } from '../alarms/alarm-event.ts';
import { closedName } from '../alarms/closed-alarms.ts';
import { entriesOf, joined, NOTHING, type Step } from '../alarms/step.ts';
import type { MarkKind } from '../history/mark.ts';
import type { Entry, Ledger, LedgerBatch } from '../ledger/ledger.ts';
import type { PermitBatch } from '../permits/permit-register.ts';
import type { Finding } from '../rules/finding.ts';
import type { Permit } from '../rules/permit.ts';
import type { Instant, Judge } from './judge.ts';
import type { NextRules } from './next-rules.ts';
import type { Restored } from './restore.ts';

/** What is not durable by then is told to people all the same, where it is urgent. */
const AT_ONCE_AFTER_MS = 2_000;
const CHECKPOINT_MS = 10_000;
/** How long a person waits for an action to become durable before being told that it is not yet. */
const DURABLE_WITHIN_MS = 10_000;
/** The same while it is known that nothing reaches the disk. */
const DURABLE_AGAIN_WITHIN_MS = 1000;

/** Takes what a recording needs beside readings. */
export type Mark = (kind: MarkKind, instant: Instant, what: object) => void;

const NOTHING_KEPT: Promise<readonly Entry[]> = Promise.resolve([]);

/** An alarm as the ledger keeps it. */
const row = (alarm: Alarm) => ({
  id: alarm.id,
  key: alarm.watch.key,
  open: alarm.closedAt === null,
  at: alarm.changedAt,
  state: alarm,
});

/** An action as a recording keeps it: of an alarm by its key, of one that is closed by its own name. */
function keyed(action: Action, alarm: Alarm | null, isClosed: boolean): Action {
  if (alarm === null || !('alarm' in action)) return action;
  return { ...action, alarm: isClosed ? closedName(alarm) : alarm.watch.key };
}

/** The judge at work: on the clock, with every step made durable, and a checkpoint of the rules every 10 s. */
export class LiveJudge implements AsyncDisposable {
  readonly judge: Judge;
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #wire: Clock;
  readonly #log: Log;
  /** Alarms as they are on disk. */
  readonly #stored: Map<string, Alarm>;
  /** The disk took nothing, and has not caught up yet. */
  #isBehind = false;
  #newest: Promise<readonly Entry[] | null> = NOTHING_KEPT;
  #armedFor = Number.POSITIVE_INFINITY;
  #disarm: () => void = () => {};
  #endCheckpoints: () => void = () => {};
  #refusals = 0;
  /** The batches of the newest instant that was judged. */
  #newestTaken: (readonly Reading[])[] = [];
  #follower: ((batch: readonly Reading[]) => void) | null = null;
  #mark: Mark = () => {};
  #markedTrust: Trust | undefined;
  #changed: () => void = () => {};
  #atOnce: (events: readonly EntryDraft[]) => void = () => {};

  /** `restored`: the judge, and the alarms that were on disk when it was made. */
  constructor(
    { judge, stored }: Pick<Restored, 'judge' | 'stored'>,
    ledger: Ledger,
    clock: Clock,
    wire: Clock,
    log: Log,
  ) {
    this.judge = judge;
    this.#ledger = ledger;
    this.#clock = clock;
    this.#wire = wire;
    this.#log = log;
    this.#stored = new Map(stored.map((alarm) => [alarm.id, alarm]));
    this.#arm();
    this.#checkpointLater();
  }

  /**
   * Calls `mark` with what the judge is given beside readings, in its order among them, from the start of this run on: a
   * recording of both gives the same events (RULES.md, section 6).
   */
  recordTo(mark: Mark, { offMs, trust, shift, ...instant }: Restored['start'], permits: readonly Permit[]): void {
    this.#mark = mark;
    this.#markedTrust = trust;
    mark('start', instant, { offMs, shift });
    mark('clock', instant, { trust });
    for (const permit of permits) mark('permit', instant, permit);
  }

  /** One batch of readings, on the reading path. Gives what settles once the events that it caused are on disk, if any. */
  take(batch: readonly Reading[], told: readonly EntryDraft[]): Promise<unknown> | undefined {
    const kept = this.keep(this.judge.step(batch), told);
    this.#note(batch);
    this.#arm();
    return kept === NOTHING_KEPT ? undefined : kept;
  }

  /**
   * Calls `follower` with each batch after it was judged, first with those of the newest instant, for rules that are to
   * take the place of the present ones. One at a time; returns the way to stop it.
   */
  follow(follower: (batch: readonly Reading[]) => void): () => void {
    for (const batch of this.#newestTaken) follower(batch);
    this.#follower = follower;
    return () => {
      if (this.#follower === follower) this.#follower = null;
    };
  }

  /**
   * The rules of a changed site take the place of the present ones, between two batches: nothing is judged twice or not at
   * all. What is due by the old rules is done first. Settles when it is durable, with what is told of it.
   */
  changeRules(next: NextRules, told: readonly EntryDraft[], states: LedgerBatch['rules']): Promise<unknown> {
    const instant = this.#instant();
    const before = this.judge.advance(instant);
    const { step, rules } = next.takePlace(this.judge, instant);
    const kept = this.keep(joined([before, step]), told, [...states, ...rules]);
    this.#armedFor = Number.POSITIVE_INFINITY;
    this.#arm();
    return kept;
  }

  /** Permits that are new or have changed, at that instant, which is now. True once that is durable, false when it is not in time. */
  changePermits(permits: readonly Permit[], { told, ...stored }: PermitBatch, instant: Instant): Promise<boolean> {
    const kept = this.keep(this.judge.setPermits(permits, instant), told, [], stored);
    for (const permit of permits) this.#mark('permit', instant, permit);
    this.#arm();
    return this.#isKept(kept);
  }

  /** Answers only when it is durable. */
  act(action: Action): Promise<Receipt> {
    const instant = this.#instant();
    const wasOpen = 'alarm' in action && this.judge.alarms.find(action.alarm) !== null;
    const acted = this.judge.act(action, instant);
    // By its key: another run gives the alarm another id.
    if (acted.receipt.status === 'done') {
      for (const each of acted.each ?? [keyed(action, acted.receipt.alarm, action.kind === 'verdict' && !wasOpen)])
        this.#mark('action', instant, each);
    }
    this.#arm();
    return this.answer(acted);
  }

  /** What was done by an action, given when it is durable. */
  async answer({ receipt, step }: { readonly receipt: Receipt; readonly step: Step }): Promise<Receipt> {
    // What was so already may still be on its way to the disk.
    const kept = receipt.status === 'unchanged' ? this.#newest : this.keep(step, []);
    if ((await this.#isKept(kept)) || receipt.status === 'refused') return receipt;
    const message = 'taken, but not on disk yet: look at the state of the ledger';
    return { status: 'refused', code: 'not-durable', message };
  }

  /** What is told and stored beside alarms; false when it is not durable before a person has waited too long. */
  tell(told: readonly EntryDraft[], states: LedgerBatch['rules'], audit: LedgerBatch['audit'] = []): Promise<boolean> {
    return this.#isKept(this.keep(NOTHING, told, states, { audit }));
  }

  /** Whether it is durable before a person has waited too long. */
  async #isKept(kept: Promise<readonly Entry[] | null>): Promise<boolean> {
    const late = new AbortController();
    const patienceMs = this.#ledger.status().durable ? DURABLE_WITHIN_MS : DURABLE_AGAIN_WITHIN_MS;
    try {
      return await Promise.race([
        kept.then((entries) => entries !== null),
        this.#wire.sleep(patienceMs, late.signal).then(
          () => false,
          () => false,
        ),
      ]);
    } finally {
      late.abort();
    }
  }

  /** How the device stands is learned anew, from its next readings on; answers when that is durable. */
  async forgetBackground(device: string): Promise<boolean> {
    if (!this.judge.rules.forgetBackground(device)) return false;
    await this.#checkpoint();
    return true;
  }

  /** A finding that no rule of the site made: the gateway's own. */
  takeFinding(finding: Finding): void {
    void this.keep(this.judge.alarms.take(finding), []);
    this.#arm();
  }

  /** Time passes: deadlines and calendars. */
  advance(): void {
    void this.keep(this.judge.advance(this.#instant()), []);
    this.#arm();
  }

  /** The clock's trust may have changed. */
  lookAtTrust(): void {
    const instant = this.#instant();
    const trust = this.#clock.trust();
    void this.keep(this.judge.setTrust(trust, instant), []);
    if (trust !== this.#markedTrust) this.#mark('clock', instant, { trust });
    this.#markedTrust = trust;
    this.#arm();
  }

  /**
   * The alarms that are not closed, as people may see them: what is on disk. While the disk takes nothing, all that is
   * known is shown: a fire is not kept from people for the sake of the record.
   */
  get alarms(): readonly Alarm[] {
    const { durable, waiting } = this.#ledger.status();
    if (!durable) this.#isBehind = true;
    else if (waiting === 0) this.#isBehind = false;
    return this.#isBehind ? this.judge.alarms.open : [...this.#stored.values()];
  }

  /** Calls `listener` whenever `alarms` may have changed. One at a time. */
  onAlarms(listener: () => void): void {
    this.#changed = listener;
  }

  /** Calls `listener` with events that the disk has not taken after two seconds, or does not take. One at a time. */
  onUndurable(listener: (events: readonly EntryDraft[]) => void): void {
    this.#atOnce = listener;
  }

  /** Takes note of a batch for rules that are to take the place of the present ones. */
  #note(batch: readonly Reading[]): void {
    if (batch[0] === undefined) return;
    if (batch[0].tick !== this.#newestTaken[0]?.[0]?.tick) this.#newestTaken = [];
    this.#newestTaken.push(batch);
    this.#follower?.(batch);
  }

  /** Makes a step durable, with other states that belong to it; null when the ledger would not take it. */
  keep(
    step: Step,
    told: readonly EntryDraft[],
    states: LedgerBatch['rules'] = [],
    stored: Pick<LedgerBatch, 'permits' | 'audit'> = {},
  ): Promise<readonly Entry[] | null> {
    const isNothing = step.events.length === 0 && step.beside === undefined;
    if (isNothing && told.length === 0 && states.length === 0) return NOTHING_KEPT;
    this.#newest = this.#append(step, told, states, stored);
    return this.#newest;
  }

  async #append(
    step: Step,
    told: readonly EntryDraft[],
    states: LedgerBatch['rules'],
    stored: Pick<LedgerBatch, 'permits' | 'audit'>,
  ): Promise<readonly Entry[] | null> {
    const events = [...told, ...entriesOf(step)];
    const inTime = events.length === 0 ? () => {} : this.#wire.after(AT_ONCE_AFTER_MS, () => this.#atOnce(events));
    try {
      const entries = await this.#ledger.append({
        ...stored,
        events,
        alarms: step.alarms.map(row),
        rules: [...states, ...this.judge.save()],
      });
      for (const alarm of step.alarms) {
        if (alarm.closedAt === null) this.#stored.set(alarm.id, alarm);
        else this.#stored.delete(alarm.id);
      }
      if (step.alarms.length > 0) this.#changed();
      return entries;
    } catch (error) {
      this.#atOnce(events);
      this.#refused(error, events.length);
      return null;
    } finally {
      inTime();
    }
  }

  async #checkpoint(): Promise<void> {
    try {
      await this.#ledger.append({ events: [], alarms: [], rules: this.judge.save() });
    } catch (error) {
      this.#refused(error, 0);
    }
  }

  /** Told at the first refusal and at each tenfold: thousands may wait for a disk that is gone. */
  #refused(error: unknown, events: number): void {
    this.#refusals++;
    if (!/^10*$/.test(String(this.#refusals))) return;
    const { code, refusals } = { code: codeOf(error), refusals: this.#refusals };
    this.#log.error({ code, events, refusals }, `the ledger refused: ${textOf(error)}`);
  }

  #checkpointLater(): void {
    this.#endCheckpoints = this.#wire.after(CHECKPOINT_MS, () => {
      this.lookAtTrust();
      void this.#checkpoint().then(() => this.#checkpointLater());
    });
  }

  /** One timer for the nearest deadline; set anew only when that comes nearer or has passed. */
  #arm(): void {
    const due = this.judge.nextDue();
    if (due >= this.#armedFor && this.#armedFor > this.#clock.tick()) return;
    this.#disarm();
    this.#armedFor = due;
    if (!Number.isFinite(due)) return;
    this.#disarm = this.#clock.after(due - this.#clock.tick(), () => {
      this.#armedFor = Number.POSITIVE_INFINITY;
      this.advance();
    });
  }

  #instant(): Instant {
    return { at: this.#clock.now(), tick: this.#clock.tick() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disarm();
    this.#endCheckpoints();
    // The ledger stores it when it is closed, which comes next, unless the disk refuses: that must hold up nothing.
    void this.#checkpoint();
  }
}
