import { codeOf, textOf } from '#kit/fault.ts';
import type { EntryDraft } from '../alarms/alarm-event.ts';
import { Backlog } from '../ledger/backlog.ts';
import type { Entry } from '../ledger/ledger.ts';
import { type Call, type CallInput, callKey, channelOf, isStillOn, wanted } from './call.ts';
import { entryOf } from './call-entry.ts';
import { CallList, isOut, type Told } from './call-list.ts';
import type { CallerContext, Spoken } from './caller-context.ts';
import type { Sent, Receipt as SentReceipt } from './channels/channel.ts';
import { Sending } from './sending.ts';
import { aboutOf, eventOf, occasionOf, type ToldEvent, ToldEvents } from './told-events.ts';

export const CALLS = 'people';
/** Events that are told before the disk has them. */
const MOST_AT_ONCE = 1_000;
/** How long the disk is waited for before an urgent call goes out without it. */
const DURABLE_WITHIN_MS = 1_000;

/**
 * Calls people, from its own position in the log. What is about to be sent is stored before, so that after a crash each
 * step was called once, or is marked as repeated.
 */
export class Caller implements AsyncDisposable {
  readonly #context: CallerContext;
  readonly #calls: CallList;
  readonly #backlog: Backlog;
  readonly #events: ToldEvents;
  readonly #sending: Sending;
  /** Urgent calls whose channels have all failed, and which were not handed to the tier above yet. */
  readonly #unreached: Call[] = [];
  /** What was told before it was durable, and is not told again when it is. */
  readonly #toldAtOnce = new Set<string>();
  /** What came back of calls that are still being sent, by their key. */
  readonly #early = new Map<string, CallInput>();
  #atOnce = 0;
  readonly #closing = new AbortController();
  readonly #stopListening: () => void;
  #stopTimer: () => void = () => {};
  #stopWaiting: () => void = () => {};
  #running: Promise<void> | null = null;
  #isAsked = false;
  /** The disk has what was last given to it for longer than is waited for. */
  #isLate = false;
  #storedPosition: number;

  static async open(context: CallerContext): Promise<Caller> {
    const cursor = await context.ledger.openCursor(CALLS, 'end');
    return new Caller(context, new CallList(context.saved, cursor));
  }

  private constructor(context: CallerContext, calls: CallList) {
    this.#context = context;
    this.#calls = calls;
    this.#events = new ToldEvents(context.ledger);
    this.#sending = new Sending(context.channels);
    this.#storedPosition = calls.position;
    // Calls of an earlier run that were told without the disk have these numbers.
    for (const { sequence } of calls) this.#atOnce = Math.min(this.#atOnce, sequence);
    this.#backlog = new Backlog(context.ledger, calls.position);
    this.#stopListening = context.ledger.onCommit((entries) => {
      this.#backlog.note(entries);
      this.wake();
    });
    this.wake();
  }

  /** Calls that are not done with. */
  get calls(): Iterable<Call> {
    return this.#calls;
  }

  /** How far a call has come, by its key; undefined where it was not wanted yet. */
  stateOf(key: string): Call['state'] | 'failed' | 'lapsed' | undefined {
    const call = this.#calls.find(key);
    if (call !== undefined) return call.state;
    const end = this.#calls.endOf(key);
    return end === null ? 'lapsed' : end === 'sent' ? 'delivered' : end;
  }

  status() {
    const calls = [...this.#calls];
    return {
      waiting: calls.filter(({ state }) => state === 'wanted').length,
      sending: calls.filter(({ state }) => state === 'sending').length,
      refused: this.#calls.refused,
      backlog: Math.max(0, this.#backlog.head - this.#calls.position),
    };
  }

  /** Looks anew: the log, the channels or what is needed may have changed. */
  wake(): void {
    this.#isAsked = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      if (this.#isAsked && !this.#closing.signal.aborted) this.wake();
    });
  }

  /** What came back of a message after it was sent. */
  receive(channel: string, receipt: SentReceipt): void {
    const call = receipt.receipt === null ? undefined : this.#of(channel, receipt.receipt);
    if (call === undefined) {
      this.#context.cameIn(channel, receipt);
      return;
    }
    const { kind, text } = receipt;
    if (kind === 'acknowledged' || kind === 'reply') this.#context.answered(call, kind, text ?? null);
    const input: CallInput =
      kind === 'failed' ? { kind: 'undelivered', code: text ?? 'undelivered' } : { kind: 'delivered' };
    // A report may overtake the answer that it was sent.
    if (call.state === 'sending') this.#early.set(callKey(call), input);
    else this.#step(callKey(call), input);
    this.wake();
  }

  /** An event that the disk does not take: told at once where it is urgent, and not again when it is durable. */
  tellAtOnce({ type, subject, time, data }: EntryDraft): void {
    const event: ToldEvent = { sequence: --this.#atOnce, type, subject, time, data: { ...data, durable: false } };
    const now = this.#context.clock.now();
    const calls = this.#context.route(event, now).filter(({ urgent }) => urgent);
    if (calls.length === 0 || this.#toldAtOnce.size >= MOST_AT_ONCE) return;
    this.#toldAtOnce.add(occasionOf(event));
    this.#events.keep(event);
    this.#calls.want(
      calls.map((call) => wanted(call, event.sequence, aboutOf(event), now)),
      0,
    );
    this.wake();
  }

  /** By what the channel calls it; or by its own name, while that is not known yet. */
  #of(channel: string, receipt: string): Call | undefined {
    for (const call of this.#calls) {
      const isIt = call.receipt === receipt || (call.receipt === null && callKey(call) === receipt);
      if (isIt && channelOf(call) === channel) return call;
    }
    return undefined;
  }

  async #run(): Promise<void> {
    while (this.#isAsked && !this.#closing.signal.aborted) {
      this.#isAsked = false;
      try {
        // What is wanted already goes out though the log cannot be read on.
        const isRead = await this.#readOn().then(() => true, this.#heldUp);
        await this.#handUp();
        await this.#store(await this.#begin(isRead ? Number.POSITIVE_INFINITY : AGAIN_MS));
      } catch (error) {
        this.#heldUp(error);
      }
    }
  }

  #heldUp = (error: unknown): false => {
    this.#context.log.error({ code: codeOf(error) }, `calls are held up: ${textOf(error)}`);
    this.#later(AGAIN_MS);
    return false;
  };

  /** What the log wants that was not looked at yet. */
  async #readOn(): Promise<void> {
    do {
      for (let entry = this.#backlog.next(); entry !== undefined; entry = this.#backlog.next()) this.#look(entry);
    } while (await this.#backlog.fill());
  }

  #look(entry: Entry): void {
    const found = eventOf(entry);
    const event = found !== null && this.#toldAtOnce.delete(occasionOf(found)) ? null : found;
    const calls = event === null ? [] : this.#context.route(event, this.#context.clock.now());
    if (event !== null && calls.length > 0) this.#events.keep(event);
    const about = event === null ? '' : aboutOf(event);
    const at = this.#context.clock.now();
    this.#calls.want(
      calls.map((call) => wanted(call, entry.sequence, about, at)),
      entry.sequence,
    );
  }

  /** Those whose turn it is, the urgent first: marked as being sent. It looks again after `againMs` at the latest. */
  async #begin(againMs: number): Promise<Map<string, Spoken>> {
    const begun = new Map<string, Spoken>();
    const next = { restMs: againMs, waitMs: Number.POSITIVE_INFINITY };
    for (const urgent of [true, false]) {
      for (const call of this.#calls) {
        if (call.urgent !== urgent) continue;
        const key = callKey(call);
        if (!this.#isDue(call, key, next)) continue;
        const spoken = await this.#spoken(call, key);
        if (spoken !== null) begun.set(key, spoken);
      }
    }
    const { clock } = this.#context;
    this.#later(next.restMs);
    this.#stopWaiting();
    this.#stopWaiting = Number.isFinite(next.waitMs) ? clock.after(next.waitMs, () => this.wake()) : () => {};
    return begun;
  }

  /** Whether it is to be sent now; else notes in `next` when it may be. */
  #isDue(call: Call, key: string, next: { restMs: number; waitMs: number }): boolean {
    const { clock, wire } = this.#context;
    const now = clock.now();
    if (isOut(call)) {
      const isOver = call.state === 'delivered' && !this.#context.isNeeded(call);
      if (isOver || now - (call.sentAt ?? now) > RECEIPT_WITHIN_MS) this.#calls.lapse(key);
      return false;
    }
    if (!this.#context.isNeeded(call)) {
      if (call.state === 'wanted') this.#calls.lapse(key);
      // What has not gone out yet is taken back.
      else this.#sending.recall(key);
      return false;
    }
    if (call.state === 'sending' || (this.#isLate && !call.urgent)) return false;
    if (call.notBefore !== null && call.notBefore > now) {
      next.waitMs = Math.min(next.waitMs, call.notBefore - now);
      return false;
    }
    const rests = this.#calls.restsUntil(key) - wire.tick();
    if (rests > 0) {
      next.restMs = Math.min(next.restMs, rests);
      return false;
    }
    return this.#sending.hasRoom(channelOf(call));
  }

  /** What is said, marked as being sent; null where there is nobody, no such channel, or nothing that could be said. */
  async #spoken(call: Call, key: string): Promise<Spoken | null> {
    const { clock, channels } = this.#context;
    const id = channelOf(call);
    const spoken = await this.#said(call, key);
    if (spoken === null) return null;
    this.#step(key, { kind: 'begun' });
    if (!channels.has(id)) {
      const message = `the site has no channel ${id}`;
      this.#step(key, answer({ status: 'rejected', code: 'no-channel', message }, clock.now()));
      this.#isAsked = true;
      return null;
    }
    this.#sending.hold(key, id);
    return spoken;
  }

  /** One call holds up no other: what goes wrong with it is told of it. */
  async #said(call: Call, key: string): Promise<Spoken | null> {
    const impossible = (code: string, reason: string) => {
      this.#step(key, { kind: 'impossible', code, reason });
      return null;
    };
    try {
      const event = await this.#events.find(call.sequence);
      if (event === null) return impossible('no-entry', 'the log has not got what it is for any more');
      const who = call.to.kind === 'nobody' ? 'no tier has anybody' : `${call.to.id} is not in people.yaml any more`;
      return this.#context.speak(call, event) ?? impossible('nobody', who);
    } catch (error) {
      this.#context.log.error({ code: codeOf(error), entry: call.sequence }, `a call cannot be said: ${textOf(error)}`);
      return impossible('no-words', 'what it is for cannot be put into words');
    }
  }

  /** Makes durable what has changed, then sends what was begun; a fire is not kept from people for the sake of the record. */
  async #store(begun: ReadonlyMap<string, Spoken>): Promise<void> {
    if (!this.#isLate && this.#calls.hasChanges) {
      const { position } = this.#calls;
      const { states, told } = this.#calls.takeChanges();
      const drafts = told.map((each) => this.#entry(each));
      const kept = this.#context.keep(drafts, states);
      const stored = kept.then(async (isKept) => {
        if (!isKept) this.#calls.putBack(states, told);
        await this.#stored(begun, isKept, position);
      });
      if (await this.#inTime(kept)) return await stored;
      this.#isLate = true;
      void stored
        .then(() => true, this.#heldUp)
        .then((isKept) => {
          this.#isLate = false;
          if (isKept) this.wake();
        });
    }
    for (const [key, spoken] of begun) if (spoken.message.urgent) this.#send(key, spoken);
  }

  /** What was begun is sent now, if it was not before; the log was looked at up to `position`. */
  async #stored(begun: ReadonlyMap<string, Spoken>, isKept: boolean, position: number): Promise<void> {
    for (const [key, spoken] of begun) {
      if (this.#sending.isGone(key)) continue;
      if (isKept) this.#send(key, spoken);
      else
        this.#settle(key, { status: 'later', code: 'not-durable', message: 'it could not be stored', retryMs: null });
    }
    if (!isKept) throw new Error('the ledger did not take what is to be sent');
    if (position > this.#storedPosition) {
      this.#storedPosition = position;
      await this.#context.ledger.moveCursor(CALLS, position);
    }
    if (this.#events.size > this.#calls.size) this.#events.forget(this.#calls);
  }

  async #inTime(kept: Promise<boolean>): Promise<boolean> {
    const { ledger, wire } = this.#context;
    const late = new AbortController();
    const waited = wire.sleep(ledger.status().durable ? DURABLE_WITHIN_MS : 0, late.signal).then(
      () => false,
      () => false,
    );
    try {
      return await Promise.race([kept, waited]);
    } finally {
      late.abort();
    }
  }

  #step(key: string, input: CallInput): void {
    const told = this.#calls.step(key, input, this.#context.wire.tick());
    const last = told.find(({ isLast, call }) => isLast && call.urgent && call.to.kind === 'person');
    if (last !== undefined) this.#unreached.push(last.call);
  }

  /** Where none of those who were called for an entry could be reached, the tier above is called without waiting for its time. */
  async #handUp(): Promise<void> {
    for (let call = this.#unreached.shift(); call !== undefined; call = this.#unreached.shift()) {
      const { sequence, tier } = call;
      const isOn = (other: Call) =>
        other.sequence === sequence && other.tier === tier && other.to.kind === 'person' && isStillOn(other);
      const event = [...this.#calls].some(isOn) ? null : await this.#events.find(sequence);
      if (event === null) continue;
      const at = this.#context.clock.now();
      const calls = this.#context.above(call, event, at).map((each) => wanted(each, sequence, call.alarm, at));
      this.#calls.want(calls, 0);
    }
  }

  #send(key: string, { message, recipients }: Spoken): void {
    void this.#sending.send(key, message, recipients)?.then((sent) => this.#settle(key, sent));
  }

  #settle(key: string, sent: Sent): void {
    const { clock } = this.#context;
    this.#sending.release(key);
    this.#step(key, answer(sent, clock.now()));
    const early = this.#early.get(key);
    this.#early.delete(key);
    if (early !== undefined && this.#calls.find(key)?.state === 'sent') this.#step(key, early);
    this.wake();
  }

  #entry(told: Told): EntryDraft {
    const time = this.#context.encodeTime(this.#context.clock.now());
    return entryOf(told, this.#events.known(told.call.sequence), time);
  }

  #later(ms: number): void {
    this.#stopTimer();
    this.#stopTimer = Number.isFinite(ms) ? this.#context.wire.after(ms, () => this.wake()) : () => {};
  }

  /** What has not gone out is taken back, what has is stored: an orderly stop repeats nothing. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#stopListening();
    this.#stopTimer();
    this.#stopWaiting();
    await this.#running;
    const last = new AbortController();
    const ended = this.#sending.close();
    await Promise.race([ended, this.#context.wire.sleep(ENDS_WITHIN_MS, last.signal).catch(() => undefined)]);
    last.abort();
    const { states, told } = this.#calls.takeChanges();
    const drafts = told.map((each) => this.#entry(each));
    // Stored by the ledger when it is closed, which comes after.
    if (states.length > 0 || drafts.length > 0) void this.#context.keep(drafts, states);
  }
}

const ENDS_WITHIN_MS = 2_000;
/** After what went wrong. */
const AGAIN_MS = 1_000;

/** A receipt that has not come by then does not come. */
const RECEIPT_WITHIN_MS = 86_400_000;

const answer = (sent: Sent, now: number) => ({ kind: 'answered', sent, now }) as const;
