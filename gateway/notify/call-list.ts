import { type Call, type CallInput, type CallTold, callKey, stepCall } from './call.ts';

/** State that is stored with the ledger's, by key; null deletes it. */
export interface StoredState {
  readonly key: string;
  readonly state: object | null;
}

/** What became of a call, with the call as it was. */
export interface Told extends CallTold {
  readonly call: Call;
}

const POSITION = 'calls:position';
const CALL = 'call:';
/** Calls that are not done with. Beyond it only those that are urgent are taken. */
export const MOST_CALLS = 10_000;
/** Sent calls that wait for a receipt or a reply; the oldest is given up first. */
const MOST_SENT = 2_000;
/** Calls whose end is remembered, for whoever waits for it. */
const MOST_ENDED = 500;

/** The calls that are not done with, the position in the log up to which it was looked at, and what of both is not stored yet. */
export class CallList {
  readonly #calls = new Map<string, Call>();
  readonly #changed = new Set<string>();
  readonly #told: Told[] = [];
  /** The call to somebody about an alarm that has not gone out: by alarm, what of it, and person. */
  readonly #waiting = new Map<string, string>();
  /** Real time before which a call is not tried again, by its key. */
  readonly #restUntil = new Map<string, number>();
  #position: number;
  #isMoved = false;
  /** How the last calls ended, by their key; null: needed no more. */
  readonly #ended = new Map<string, CallTold['step'] | null>();
  /** Calls that were not taken since start, because too many stood. */
  refused = 0;

  /** `saved`: the ledger's states, of which those of an earlier run are taken. */
  constructor(saved: ReadonlyMap<string, object>, position: number) {
    this.#position = (saved.get(POSITION) as { readonly sequence: number } | undefined)?.sequence ?? position;
    for (const [key, state] of saved) {
      if (!key.startsWith(CALL)) continue;
      // Written by `takeChanges` below.
      const call = state as Call;
      this.#put(callKey(call), stepCall(call, { kind: 'restarted' }).call);
    }
  }

  get position(): number {
    return this.#position;
  }

  get size(): number {
    return this.#calls.size;
  }

  [Symbol.iterator](): MapIterator<Call> {
    return this.#calls.values();
  }

  find(key: string): Call | undefined {
    return this.#calls.get(key);
  }

  /** How a call ended that was done with lately; undefined where that is not known. */
  endOf(key: string): CallTold['step'] | null | undefined {
    return this.#ended.get(key);
  }

  /** The log has been looked at up to there, and wants these. One that has not gone out gives way to a newer one of the same. */
  want(calls: readonly Call[], sequence: number): void {
    for (const call of calls) {
      const key = callKey(call);
      if (this.#calls.has(key)) continue;
      const older = this.#takeOlder(call);
      if (this.#calls.size >= MOST_CALLS && !call.urgent) this.refused++;
      else this.#put(key, older === null ? call : { ...call, notBefore: earlier(older.notBefore, call.notBefore) });
    }
    if (sequence > this.#position) {
      this.#position = sequence;
      this.#isMoved = true;
    }
  }

  /** Gives what is told of it. `now`: real time, ms. */
  step(key: string, input: CallInput, now: number): readonly Told[] {
    const call = this.#calls.get(key);
    if (call === undefined) return [];
    const { call: next, waitMs, ...said } = stepCall(call, input);
    const told = said.told.map((each) => ({ ...each, call }));
    this.#told.push(...told);
    this.#put(key, next);
    if (next === null) this.#noteEnd(key, told.at(-1)?.step ?? null);
    if (waitMs > 0 && next !== null) this.#restUntil.set(key, now + waitMs);
    else this.#restUntil.delete(key);
    return told;
  }

  /** It is needed no more, and nothing is told of it. */
  lapse(key: string): void {
    this.#noteEnd(key, this.#calls.get(key)?.state === 'delivered' ? 'delivered' : null);
    this.#put(key, null);
  }

  /** Until when it rests, real time; 0 when it does not. */
  restsUntil(key: string): number {
    return this.#restUntil.get(key) ?? 0;
  }

  get hasChanges(): boolean {
    return this.#changed.size > 0 || this.#isMoved || this.#told.length > 0;
  }

  /** What has changed since it was last asked: to be stored in one transaction. */
  takeChanges(): { readonly states: readonly StoredState[]; readonly told: readonly Told[] } {
    const states: StoredState[] = [...this.#changed].map((key) => ({
      key: CALL + key,
      state: this.#calls.get(key) ?? null,
    }));
    if (this.#isMoved) states.push({ key: POSITION, state: { sequence: this.#position } });
    this.#changed.clear();
    this.#isMoved = false;
    return { states, told: this.#told.splice(0) };
  }

  /** What could not be stored is to be stored with the next. */
  putBack(states: readonly StoredState[], told: readonly Told[]): void {
    for (const { key } of states) {
      if (key === POSITION) this.#isMoved = true;
      else this.#changed.add(key.slice(CALL.length));
    }
    this.#told.unshift(...told);
  }

  #takeOlder(call: Call): Call | null {
    const older = this.#waiting.get(matterOf(call) ?? '');
    const found = older === undefined ? undefined : this.#calls.get(older);
    if (older === undefined || found === undefined) return null;
    this.lapse(older);
    return found;
  }

  #put(key: string, call: Call | null): void {
    this.#changed.add(key);
    const matter = matterOf(call ?? this.#calls.get(key));
    if (matter !== null && call?.state === 'wanted') this.#waiting.set(matter, key);
    else if (matter !== null && this.#waiting.get(matter) === key) this.#waiting.delete(matter);
    if (call === null) {
      this.#calls.delete(key);
      this.#restUntil.delete(key);
      return;
    }
    this.#calls.set(key, call);
    if (isOut(call)) this.#dropOldest();
  }

  #noteEnd(key: string, end: CallTold['step'] | null): void {
    this.#ended.delete(key);
    this.#ended.set(key, end);
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > MOST_ENDED && oldest !== undefined) this.#ended.delete(oldest);
  }

  #dropOldest(): void {
    const sent = [...this.#calls].filter(([, call]) => isOut(call));
    for (const [key] of sent.slice(0, Math.max(0, sent.length - MOST_SENT))) {
      this.#calls.delete(key);
      this.#changed.add(key);
    }
  }
}

/** It has gone out, and waits for what comes back. */
export const isOut = ({ state }: Call): boolean => state === 'sent' || state === 'delivered';

/** That it stands, and that it is over, are of use as they are now; who is sent is told each step. */
function matterOf(call: Call | undefined): string | null {
  const [, what] = /^(?:(?:raised|risen|escalated|unreached)\b|(returned|incident)\b)/.exec(call?.step ?? 'none') ?? [
    null,
    null,
  ];
  return call === undefined || what === null ? null : `${what ?? 'stands'} ${call.alarm} ${call.to.kind}:${call.to.id}`;
}

const earlier = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? null : Math.min(a, b);
