import type { DatabaseSync } from 'node:sqlite';
import { metaOf } from './connection.ts';
import { GENESIS, type Head, hashOf } from './entry.ts';
import { Snapshot } from './snapshot.ts';
import { lastGroupOf } from './store.ts';
import { parseObject, ROWS, type Row, readOr, type Tell } from './verify-rows.ts';
import { checkAudit, checkStates } from './verify-states.ts';

export interface VerifyProblem {
  /** The entry that it is about; null when it is about no single one. */
  readonly sequence: number | null;
  readonly message: string;
}

export interface Verification {
  readonly ok: boolean;
  readonly gateway: string | null;
  /** Entries read. */
  readonly entries: number;
  /** The last one's sequence. */
  readonly head: number;
  /** In order; at most 1000, `problemCount` counts all. */
  readonly problems: readonly VerifyProblem[];
  readonly problemCount: number;
}

const MOST_PROBLEMS = 1000;

/**
 * Checks a ledger, read-only and a piece at a time: numbers without a gap, each entry's chain against the bytes before
 * it (the first one's against no bytes), its own numbers, the last bytes against the hash stored beside them, alarms'
 * and rules' states, and the audit trail's chain. A live ledger, of another process, is checked up to where it stood at the start; a
 * copy need not be writable. Rejects with a Fault where the file cannot be read as a ledger at all.
 */
export async function verifyLedger(path: string, signal?: AbortSignal): Promise<Verification> {
  using snapshot = new Snapshot(path);
  const problems: VerifyProblem[] = [];
  let problemCount = 0;
  const tell = (sequence: number | null, message: string) => {
    if (++problemCount <= MOST_PROBLEMS) problems.push({ sequence, message });
  };
  const start = await snapshot.read((db) => ({ gateway: metaOf(db, 'gateway'), head: lastGroupOf(db).head }));
  const seen = await checkEntries(snapshot, start.gateway ?? '', start.head, tell, signal);
  await checkStates(snapshot, tell);
  await checkAudit(snapshot, tell);
  return { ok: problemCount === 0, gateway: start.gateway ?? null, ...seen, problems, problemCount };
}

async function checkEntries(snapshot: Snapshot, gateway: string, end: Head, tell: Tell, signal?: AbortSignal) {
  const select = (db: DatabaseSync): Row[] =>
    db
      .prepare('SELECT sequence, json FROM entries WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?')
      .all(head.sequence, end.sequence, ROWS);
  let head = GENESIS;
  let entries = 0;
  for (let rows: Row[] = [{}]; rows.length > 0; ) {
    signal?.throwIfAborted();
    rows = await readOr(snapshot, select, tell, head.sequence + 1);
    for (const row of rows) {
      const sequence = Number(row.sequence);
      const json = String(row.json);
      const follows = sequence === head.sequence + 1;
      if (!follows) tell(head.sequence + 1, gapText(head.sequence + 1, sequence - 1));
      checkEntry(gateway, sequence, json, follows ? head : undefined, tell);
      head = { sequence, hash: hashOf(json) };
      entries++;
    }
  }
  if (head.sequence < end.sequence) tell(head.sequence + 1, gapText(head.sequence + 1, end.sequence));
  else if (head.hash !== end.hash)
    tell(head.sequence, `the bytes of entry ${head.sequence}, the last, are not those stored`);
  return { entries, head: head.sequence };
}

function checkEntry(gateway: string, sequence: number, json: string, before: Head | undefined, tell: Tell): void {
  const event = parseObject(json);
  if (event === undefined) {
    tell(sequence, `entry ${sequence} is not a JSON object`);
    return;
  }
  const own = {
    id: `${gateway}/${sequence}`,
    source: `/gengfu/${gateway}`,
    sequence: String(sequence),
    specversion: '1.0',
  };
  for (const [name, wanted] of Object.entries(own)) {
    if (event[name] !== wanted)
      tell(sequence, `entry ${sequence} says ${name} ${JSON.stringify(event[name])}, not ${wanted}`);
  }
  const data = event.data;
  const chain = typeof data === 'object' && data !== null && 'chain' in data ? data.chain : undefined;
  if (before === undefined || chain === `sha256:${before.hash}`) return;
  if (before.sequence === 0) tell(sequence, `entry ${sequence} is not chained as the first one is, to no bytes`);
  else
    tell(before.sequence, `the bytes of entry ${before.sequence} are not those that entry ${sequence} was chained to`);
}

const gapText = (from: number, to: number): string =>
  from === to ? `entry ${from} is missing` : `entries ${from} to ${to} are missing`;
