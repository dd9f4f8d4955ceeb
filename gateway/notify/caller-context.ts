import type { Clock } from '#kit/clock.ts';
import type { Log } from '#kit/log.ts';
import type { EntryDraft } from '../alarms/alarm-event.ts';
import type { LedgerReader } from '../ledger/ledger.ts';
import type { Call, WantedCall } from './call.ts';
import type { StoredState } from './call-list.ts';
import type { Message, OpenChannel, Recipient, Receipt as SentReceipt } from './channels/channel.ts';
import type { ToldEvent } from './told-events.ts';

/** What is said, and to whom. */
export interface Spoken {
  readonly message: Message;
  readonly recipients: readonly Recipient[];
}

/** What calling people needs of the gateway around it. */
export interface CallerContext {
  readonly ledger: LedgerReader;
  /** Stores states, and tells of them in the log, in one transaction; false when the ledger would not take it. */
  keep(told: readonly EntryDraft[], states: readonly StoredState[]): Promise<boolean>;
  /** The states of an earlier run. */
  readonly saved: ReadonlyMap<string, object>;
  /** Those of the site as it is now. */
  readonly channels: ReadonlyMap<string, OpenChannel>;
  readonly clock: Clock;
  readonly wire: Clock;
  readonly log: Log;
  encodeTime(at: number): string;
  /** Who is to be told of an entry. */
  route(event: ToldEvent, at: number): readonly WantedCall[];
  /** Who is called instead, at once, when nobody of a call's tier could be reached. */
  above(call: Call, event: ToldEvent, at: number): readonly WantedCall[];
  /** What is said to whom; null when that is nobody any more. */
  speak(call: Call, event: ToldEvent): Spoken | null;
  /** Whether the present state of its alarm still asks for it. */
  isNeeded(call: Call): boolean;
  /** A person has answered a call: by a key while it was spoken, or by a message. */
  answered(call: Call, kind: 'acknowledged' | 'reply', text: string | null): void;
  /** A message that came in and answers no call by itself. */
  cameIn(channel: string, receipt: SentReceipt): void;
}
