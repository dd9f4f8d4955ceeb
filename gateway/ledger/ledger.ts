import type { EntryDraft } from '../alarms/alarm-event.ts';
import type { AuditLine } from './accounts.ts';

/** One entry of the log as stored and sent: the same bytes for ever. */
export interface Entry {
  /** Counts without gaps for the life of the gateway, from 1. */
  readonly sequence: number;
  /** The CloudEvent, JSON in UTF-8. `data.chain` is `sha256:` and the hash of the previous entry's bytes; the first one's, of no bytes. */
  readonly json: string;
}

/** What is made durable in one transaction: events, and the state that they left behind. */
export interface LedgerBatch {
  readonly events: readonly EntryDraft[];
  /** `open: false` once it is closed: kept for lists, not loaded at start. */
  readonly alarms: readonly {
    readonly id: string;
    readonly key: string;
    readonly open: boolean;
    readonly at: number;
    readonly state: object;
  }[];
  /** State of a rule on a point, by its key; null deletes it. */
  readonly rules: readonly { readonly key: string; readonly state: object | null }[];
  /** Permits that did not come from the site's files, by their number; null forgets one. */
  readonly permits?: readonly { readonly id: string; readonly state: object | null }[];
  /** Lines of the audit trail that belong to it. */
  readonly audit?: readonly AuditLine[];
}

export interface LedgerStatus {
  /** The last commit succeeded and nothing waits behind a failed one. */
  readonly durable: boolean;
  /** Why not, for a person. */
  readonly error?: string;
  /** Entries accepted but not yet durable. */
  readonly waiting: number;
  /** Events that `append` did not take since start, because too many waited. */
  readonly refused?: number;
  /** Highest durable sequence. */
  readonly head: number;
  /** The sequence of the entry that is appended next: those that wait have theirs already. */
  readonly next: number;
  readonly bytes: number;
  readonly commits: number;
  readonly cursors: Readonly<Record<string, number>>;
}

/** Read side: what upstream, notify and the API are given. */
export interface LedgerReader {
  /** Entries after `sequence`, at most `limit`. */
  read(sequence: number, limit: number): Promise<readonly Entry[]>;
  /** The last entries, newest first, before `sequence` if given. */
  latest(limit: number, before?: number): Promise<readonly Entry[]>;
  /** Alarms that are closed, newest first. */
  closedAlarms(limit: number): Promise<readonly object[]>;
  /** The position of a named reader: the highest sequence that it is done with. A new one starts at `from`. */
  openCursor(name: string, from: 'end' | 'all'): Promise<number>;
  /**
   * Moves it forward, never back. It is stored with the next commit, or within a second: a crash may take that
   * second back, and its entries are then delivered again.
   */
  moveCursor(name: string, sequence: number): Promise<void>;
  /** Called with the entries of each commit, after it is durable. Returns the way to stop it. */
  onCommit(listener: (entries: readonly Entry[]) => void): () => void;
  status(): LedgerStatus;
}

export interface Ledger extends LedgerReader, AsyncDisposable {
  /**
   * Resolves when the batch is durable, with its entries. Batches are committed in the order of the calls;
   * a failed commit (full disk, read-only card) is retried until it succeeds, and nothing overtakes it.
   * Rejects with the Fault `ledger-full-queue` when too many wait already, `ledger-closed` when it is disposed.
   */
  append(batch: LedgerBatch): Promise<readonly Entry[]>;
  /** What a start needs: every open alarm's state and every rule's. */
  restore(): Promise<{ readonly alarms: readonly object[]; readonly rules: ReadonlyMap<string, object> }>;
  /** Every permit that was stored. */
  permits(): Promise<readonly object[]>;
}
