import type { AccountWrites } from './account-store.ts';
import type { AuditLine } from './accounts.ts';
import type { Head, PackedDraft } from './entry.ts';
import type { Entry } from './ledger.ts';

/** A LedgerBatch whose objects are JSON already, as it is handed to the thread. */
export interface PackedBatch {
  readonly kind: 'batch';
  readonly events: readonly PackedDraft[];
  readonly alarms: readonly { id: string; key: string; open: boolean; at: number; state: string }[];
  readonly rules: readonly { readonly key: string; readonly state: string | null }[];
  readonly permits?: readonly { readonly id: string; readonly state: string | null }[];
  readonly audit?: readonly AuditLine[];
}

/** One change, stored whole or not at all. */
export type Write =
  | PackedBatch
  | { readonly kind: 'cursor'; readonly name: string; readonly sequence: number }
  | { readonly kind: 'new-cursor'; readonly name: string; readonly from: 'end' | 'all' }
  | { readonly kind: 'account'; readonly name: keyof AccountWrites; readonly args: readonly unknown[] };

/** What had gathered while the last group was committed: one transaction. */
export interface Group {
  /** Stored with it, so that a group that is sent again is known. */
  readonly token: string;
  /** What it must follow on: a ledger that stands elsewhere is not the one it was made for. */
  readonly after: Head;
  readonly writes: readonly Write[];
}

export interface Committed {
  readonly head: Head;
  /** Of all its batches, in order. */
  readonly entries: readonly Entry[];
  /** Of each write: how many entries (batch), the position (new-cursor), what the account's change gave. */
  readonly results: readonly unknown[];
  /** Bytes of the database with its write-ahead log. */
  readonly bytes: number;
}
