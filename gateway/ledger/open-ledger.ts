import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { type Clock, openClock } from '#kit/clock.ts';
import { codeOf, Fault, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { openThread, type Thread, threadUrl } from '#kit/thread.ts';
import type { Accounts } from './accounts.ts';
import { CommitQueue } from './commit-queue.ts';
import type { ConnectionOptions } from './connection.ts';
import { packDraft } from './entry.ts';
import { LEDGER_FAULTS } from './faults.ts';
import type { Committed, PackedBatch } from './group.ts';
import type { Entry, Ledger, LedgerBatch, LedgerStatus } from './ledger.ts';
import type { LedgerCalls } from './ledger-thread.ts';
import { openAccounts } from './open-accounts.ts';

export interface LedgerOptions {
  /** The data directory, which the caller holds by its lock. */
  readonly dir: string;
  readonly gateway: string;
  readonly log: Log;
  /** Bytes that the database may grow to (2 GB); at the bound it is as on a full disk. */
  readonly maxBytes?: number;
  /** Real time, for back-off. */
  readonly wire?: Clock;
  /** Called with each worker as it is started: how a test ends one. */
  readonly onWorker?: (worker: Worker) => void;
}

const MAX_BYTES = 2 * 1024 ** 3;
/** Rows of one answer. */
const MOST_ROWS = 10_000;
/** A question goes to a new thread when the one that was asked died; not for ever, it may be the question's fault. */
const MOST_ASKED = 3;

/** Asks a thread something that changes nothing, again if it dies over it. */
async function ask<K extends keyof LedgerCalls>(
  thread: Thread<LedgerCalls>,
  name: K,
  ...args: Parameters<LedgerCalls[K]>
): Promise<ReturnType<LedgerCalls[K]>> {
  for (let asked = 1; ; asked++) {
    try {
      return await thread.call(name, args);
    } catch (error) {
      if (codeOf(error) !== 'thread-died' || asked === MOST_ASKED) throw error;
    }
  }
}

/**
 * Opens the ledger and the accounts in its database, which a worker thread owns. Throws a Fault: `ledger-other-gateway`, `ledger-newer`, `ledger-corrupt` and the like, each with a hint.
 */
export async function openLedger(options: LedgerOptions): Promise<{ ledger: Ledger; accounts: Accounts }> {
  const { dir, gateway, log, maxBytes = MAX_BYTES, wire = openClock(), onWorker } = options;
  await using opening = new AsyncDisposableStack();
  const data: ConnectionOptions = { path: join(dir, 'ledger.db'), gateway, maxBytes };
  const thread = opening.use(
    openThread<LedgerCalls>(threadUrl(import.meta.url, 'ledger-thread'), { name: 'ledger', data, onWorker }),
  );
  const stored = await thread.call('open', []);
  const cursors = new Map(Object.entries(stored.cursors));
  const listeners = new Set<(entries: readonly Entry[]) => void>();
  let bytes = stored.bytes;

  const queue = new CommitQueue({
    head: stored.head,
    log,
    wire,
    commit: (group) => thread.call('commit', [group]),
    committed(done: Committed) {
      bytes = done.bytes;
      if (done.entries.length === 0) return;
      for (const listener of listeners) {
        try {
          listener(done.entries);
        } catch (error) {
          log.error({ error: textOf(error) }, 'a listener of the ledger failed');
        }
      }
    },
  });
  opening.defer(() => thread.call('close', []).catch(() => undefined));
  opening.defer(() => queue.close());
  const opened = opening.move();

  const status = (): LedgerStatus => ({
    durable: queue.error === undefined,
    ...(queue.error && { error: [queue.error.message, queue.error.hint].filter(Boolean).join('; ') }),
    waiting: queue.waiting,
    refused: queue.refused,
    head: queue.head.sequence,
    next: queue.next,
    bytes,
    commits: queue.commits,
    cursors: Object.fromEntries(cursors),
  });

  const ledger: Ledger = {
    append: async (batch) => (await queue.add(pack(batch))).entries,
    read: (sequence, limit) => ask(thread, 'read', sequence, Math.min(limit, MOST_ROWS)),
    latest: (limit, before = Number.MAX_SAFE_INTEGER) => ask(thread, 'latest', Math.min(limit, MOST_ROWS), before),
    closedAlarms: async (limit) => parseStates(await ask(thread, 'closedAlarms', limit), log),
    async restore() {
      const { alarms, rules } = await ask(thread, 'restore');
      const states = rules.map(([key, json]) => parseStates([json], log).map((state) => [key, state] as const));
      return { alarms: parseStates(alarms, log), rules: new Map(states.flat()) };
    },
    permits: async () => parseStates(await ask(thread, 'permits'), log),
    async openCursor(name, from) {
      const known = cursors.get(name);
      if (known !== undefined) return known;
      const { result } = await queue.add({ kind: 'new-cursor', name, from });
      const position = Number(result);
      cursors.set(name, position);
      return position;
    },
    async moveCursor(name, sequence) {
      const position = cursors.get(name);
      if (position === undefined) throw new Fault(LEDGER_FAULTS.noCursor, `no cursor ${name} was opened`);
      const moved = Math.min(sequence, queue.head.sequence);
      if (moved <= position) return;
      cursors.set(name, moved);
      queue.moveCursor(name, moved);
    },
    onCommit(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    status,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
  const accounts = openAccounts({
    change: async (name, args) => (await queue.add({ kind: 'account', name, args })).result,
    ask: (name, args) => ask(thread, 'account', name, args),
    fault: () => queue.error,
  });
  return { ledger, accounts };
}

/** Makes JSON of everything at the call: what is stored is what was, not what becomes of the objects. */
function pack(batch: LedgerBatch): PackedBatch {
  return {
    kind: 'batch',
    events: batch.events.map(packDraft),
    alarms: batch.alarms.map(({ id, key, open, at, state }) => ({ id, key, open, at, state: JSON.stringify(state) })),
    rules: batch.rules.map(({ key, state }) => ({ key, state: textOrNull(state) })),
    permits: (batch.permits ?? []).map(({ id, state }) => ({ id, state: textOrNull(state) })),
    audit: batch.audit ?? [],
  };
}

const textOrNull = (state: object | null): string | null => (state === null ? null : JSON.stringify(state));

/** States that were stored; one that cannot be read is said and left out, so that the others are still watched. */
function parseStates(texts: readonly string[], log: Log): object[] {
  return texts.flatMap((text) => {
    try {
      // Stored by `pack` from an object.
      return [JSON.parse(text) as object];
    } catch (error) {
      log.error({ text: text.slice(0, 200), error: textOf(error) }, 'a stored state is damaged and is left out');
      return [];
    }
  });
}
