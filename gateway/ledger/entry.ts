import { hash } from 'node:crypto';
import type { EntryDraft } from '../alarms/alarm-event.ts';

/** A draft whose data is JSON already: what it was at the call, whatever becomes of the object afterwards. */
export interface PackedDraft {
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  /** A JSON object. */
  readonly data: string;
}

/** The position that the next entry follows on: the highest sequence and the sha256 of its bytes, hex. */
export interface Head {
  readonly sequence: number;
  readonly hash: string;
}

/** sha256 of an entry's bytes in UTF-8, hex. */
export const hashOf = (json: string): string => hash('sha256', json, 'hex');

/** What the first entry follows on: no entry, and the hash of no bytes. */
export const GENESIS: Head = { sequence: 0, hash: hashOf('') };

/** What `data.chain` of the entry after `head` says. */
export const chainOf = (head: Head): string => `sha256:${head.hash}`;

export function packDraft(draft: EntryDraft): PackedDraft {
  if ('chain' in draft.data) throw new TypeError('data.chain is the ledger’s own');
  return { type: draft.type, subject: draft.subject, time: draft.time, data: JSON.stringify(draft.data) };
}

/**
 * The CloudEvent that follows on `head`: CloudEvents 1.0 in JSON, its attributes in a fixed order and `chain` the
 * last field of `data`. These bytes are stored, sent and hashed; they are never made again.
 */
export function encodeEntry(gateway: string, head: Head, draft: PackedDraft): string {
  const sequence = head.sequence + 1;
  const body = draft.data.slice(0, -1);
  const text = JSON.stringify;
  return (
    `{"specversion":"1.0","id":${text(`${gateway}/${sequence}`)},"source":${text(`/gengfu/${gateway}`)}` +
    `,"type":${text(draft.type)},"subject":${text(draft.subject)},"time":${text(draft.time)}` +
    `,"datacontenttype":"application/json","sequence":"${sequence}"` +
    `,"data":${body}${body === '{' ? '' : ','}"chain":"${chainOf(head)}"}}`
  );
}
