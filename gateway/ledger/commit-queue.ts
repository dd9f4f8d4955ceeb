import { randomUUID } from 'node:crypto';
import { Backoff } from '#kit/backoff.ts';
import type { Clock } from '#kit/clock.ts';
import { codeOf, Fault, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import type { Head } from './entry.ts';
import { LEDGER_FAULTS } from './faults.ts';
import type { Committed, Group, Write } from './group.ts';
import type { Entry } from './ledger.ts';

/** Events that may wait for a disk that does not take them. Beyond it nothing more is promised: `append` rejects. */
export const MOST_WAITING = 50_000;
/** Events of one transaction: bounds how long a read waits for a commit. */
const GROUP_EVENTS = 500;
/** How long moved cursors may wait for a commit to go along with. */
const CURSOR_DELAY_MS = 1000;

interface Waiting {
  readonly write: Write;
  readonly weight: number;
  /** Of a checkpoint, rule states without events: those that no later checkpoint has replaced. */
  readonly rules: Map<string, string | null> | undefined;
  resolve(done: { readonly result: unknown; readonly entries: readonly Entry[] }): void;
  reject(error: Fault): void;
}

export interface CommitQueueOptions {
  commit(group: Group): Promise<Committed>;
  /** Called after each commit, before those who wait for it are told. */
  committed(done: Committed): void;
  readonly head: Head;
  readonly log: Log;
  readonly wire: Clock;
}

/**
 * Writes in the order of their calls, in groups: what gathered while one group was committed is the next one. A group
 * that fails is sent again, the same, until it is stored; nothing overtakes it.
 */
export class CommitQueue {
  readonly #options: CommitQueueOptions;
  readonly #waiting: Waiting[] = [];
  /** Which waiting checkpoint holds a rule's newest state. */
  readonly #newest = new Map<string, Map<string, string | null>>();
  readonly #moved = new Map<string, number>();
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #stopCursorTimer: (() => void) | undefined;
  #head: Head;
  /** Events that are not durable yet. */
  waiting = 0;
  /** The sequence of the entry that is added next. */
  next: number;
  /** Events that were not taken, because too many waited. */
  refused = 0;
  commits = 0;
  error: Fault | undefined;

  constructor(options: CommitQueueOptions) {
    this.#options = options;
    this.#head = options.head;
    this.next = options.head.sequence + 1;
  }

  get head(): Head {
    return this.#head;
  }

  add(write: Write): Promise<{ readonly result: unknown; readonly entries: readonly Entry[] }> {
    const rules = checkpointOf(write);
    const weight = rules !== undefined ? 0 : write.kind === 'batch' ? Math.max(write.events.length, 1) : 1;
    if (this.#closing.signal.aborted) return Promise.reject(closed());
    if (this.waiting + weight > MOST_WAITING) {
      this.refused += weight;
      const text = `${this.waiting} events wait for the ledger's disk: no more are taken`;
      return Promise.reject(
        new Fault(LEDGER_FAULTS.fullQueue, text, this.error?.hint ? { hint: this.error.hint } : {}),
      );
    }
    for (const key of rules?.keys() ?? []) {
      this.#newest.get(key)?.delete(key);
      if (rules !== undefined) this.#newest.set(key, rules);
    }
    this.waiting += weight;
    if (write.kind === 'batch') this.next += write.events.length;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, weight, rules, resolve, reject });
      this.#run();
    });
  }

  /** Notes a cursor's position; it is stored with the next group, or by itself within a second. */
  moveCursor(name: string, sequence: number): void {
    this.#moved.set(name, sequence);
    this.#stopCursorTimer ??= this.#options.wire.after(CURSOR_DELAY_MS, () => this.#run());
  }

  /** Takes nothing more; stores what waits unless the disk refuses it, in which case it is given up. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#run();
    await this.#running;
  }

  #run(): void {
    this.#running ??= this.#drain().finally(() => {
      this.#running = undefined;
    });
  }

  async #drain(): Promise<void> {
    // What is called in the same turn goes together.
    await Promise.resolve();
    while (this.#waiting.length > 0 || this.#moved.size > 0) {
      const taken = this.#take();
      const group: Group = {
        token: randomUUID(),
        after: this.#head,
        writes: [...taken.map(writeOf), ...this.#cursors()],
      };
      const done = await this.#commit(group);
      if (done === undefined) return this.#giveUp(taken);
      this.#settle(taken, done);
    }
  }

  #take(): Waiting[] {
    let weight = 0;
    const end = this.#waiting.findIndex((next) => {
      weight += Math.max(next.weight, 1);
      return weight > GROUP_EVENTS;
    });
    // At least one, however large.
    const taken = this.#waiting.splice(0, end === -1 ? this.#waiting.length : Math.max(end, 1));
    for (const { rules } of taken) {
      for (const key of rules?.keys() ?? []) if (this.#newest.get(key) === rules) this.#newest.delete(key);
    }
    return taken;
  }

  #cursors(): Write[] {
    this.#stopCursorTimer?.();
    this.#stopCursorTimer = undefined;
    const moved = [...this.#moved].map(([name, sequence]) => ({ kind: 'cursor' as const, name, sequence }));
    this.#moved.clear();
    return moved;
  }

  /** Until it is stored; undefined when the disk refused it and the ledger is being closed. */
  async #commit(group: Group): Promise<Committed | undefined> {
    const { commit, log, wire } = this.#options;
    const backoff = new Backoff({ firstMs: 50, mostMs: 5000, jitter: 0.2 });
    for (;;) {
      try {
        const done = await commit(group);
        if (this.error) log.info({ failures: backoff.failures }, 'the ledger is durable again');
        this.error = undefined;
        return done;
      } catch (error) {
        const fault =
          error instanceof Fault ? error : new Fault(LEDGER_FAULTS.database, textOf(error), { cause: error });
        if (fault.code !== this.error?.code) log.error({ code: fault.code, hint: fault.hint }, fault.message);
        this.error = fault;
        if (this.#closing.signal.aborted && codeOf(fault) !== 'thread-died') return undefined;
        // Woken early only by closing, which the next failure then finds.
        await wire.sleep(backoff.next(), this.#closing.signal).catch(() => undefined);
      }
    }
  }

  #settle(taken: readonly Waiting[], done: Committed): void {
    this.#head = done.head;
    this.commits++;
    for (const { weight } of taken) this.waiting -= weight;
    this.#options.committed(done);
    let start = 0;
    taken.forEach(({ write, resolve }, index) => {
      const end = start + (write.kind === 'batch' ? write.events.length : 0);
      resolve({ result: done.results[index], entries: done.entries.slice(start, end) });
      start = end;
    });
  }

  #giveUp(taken: readonly Waiting[]): void {
    const { code, hint } = this.error ?? {};
    if (this.waiting > 0) {
      this.#options.log.error({ code, hint, events: this.waiting }, 'the ledger ends before its disk took what waited');
    }
    for (const { reject } of [...taken, ...this.#waiting.splice(0)]) reject(closed(this.error));
    this.#moved.clear();
  }
}

const closed = (cause?: Fault): Fault =>
  new Fault(LEDGER_FAULTS.closed, `the ledger is closed${cause ? `: ${cause.message}` : ''}`, cause ? { cause } : {});

/** The rule states of a batch that holds nothing else. */
function checkpointOf(write: Write): Map<string, string | null> | undefined {
  if (write.kind !== 'batch' || write.events.length > 0 || write.alarms.length > 0) return undefined;
  if ((write.permits ?? []).length > 0 || (write.audit ?? []).length > 0) return undefined;
  return new Map(write.rules.map(({ key, state }) => [key, state]));
}

function writeOf({ write, rules }: Waiting): Write {
  if (write.kind !== 'batch' || rules === undefined) return write;
  return { ...write, rules: [...rules].map(([key, state]) => ({ key, state })) };
}
