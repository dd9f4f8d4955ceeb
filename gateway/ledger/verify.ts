import { existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Fault, textOf } from '#kit/fault.ts';
import { metaOf } from './connection.ts';
import { GENESIS, type Head, hashOf } from './entry.ts';
import { databaseFault, LEDGER_FAULTS, sqliteCode } from './faults.ts';
import { lastGroupOf } from './store.ts';

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

/** Rows of one read: short reads, so that a live ledger's write-ahead log can be carried over meanwhile. */
const ROWS = 500;
const MOST_PROBLEMS = 1000;
const UNOPENABLE = 14;
const READ_ONLY = 8;

/**
 * Checks a ledger, read-only and a piece at a time: numbers without a gap, each entry's chain against the bytes before
 * it, its own numbers, the last bytes against the hash stored beside them, alarms' and rules' states, and the audit
 * trail's chain. On a live ledger it checks up to where that stood at the start; a copy need not be writable.
 * Rejects with a Fault where the file cannot be read as a ledger at all.
 */
export async function verifyLedger(path: string, signal?: AbortSignal): Promise<Verification> {
  if (!existsSync(path)) throw new Fault(LEDGER_FAULTS.missing, `there is no ledger at ${path}`);
  using db = openReadOnly(path);
  const problems: VerifyProblem[] = [];
  let problemCount = 0;
  const tell = (sequence: number | null, message: string) => {
    if (++problemCount <= MOST_PROBLEMS) problems.push({ sequence, message });
  };
  const first = attempt(path, () => ({ gateway: metaOf(db, 'gateway'), head: lastGroupOf(db).head }));
  const seen = await checkEntries(db, first.gateway ?? '', first.head, tell, signal);
  checkStates(db, tell);
  checkAudit(db, tell);
  return {
    ok: problemCount === 0,
    gateway: first.gateway ?? null,
    entries: seen.entries,
    head: seen.head,
    problems,
    problemCount,
  };
}

type Tell = (sequence: number | null, message: string) => void;

async function checkEntries(db: DatabaseSync, gateway: string, end: Head, tell: Tell, signal?: AbortSignal) {
  const select = db.prepare(
    'SELECT sequence, json FROM entries WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?',
  );
  let head = GENESIS;
  let entries = 0;
  for (;;) {
    signal?.throwIfAborted();
    const rows = readOr(tell, head.sequence + 1, () => select.all(head.sequence, end.sequence, ROWS));
    for (const row of rows) {
      const sequence = Number(row.sequence);
      const json = String(row.json);
      if (sequence !== head.sequence + 1) tell(head.sequence + 1, gapText(head.sequence + 1, sequence - 1));
      checkEntry(gateway, sequence, json, sequence === head.sequence + 1 ? head : undefined, tell);
      head = { sequence, hash: hashOf(json) };
      entries++;
    }
    if (rows.length < ROWS) break;
    await turn();
  }
  if (head.sequence < end.sequence) tell(head.sequence + 1, gapText(head.sequence + 1, end.sequence));
  else if (head.hash !== end.hash)
    tell(head.sequence, `the bytes of entry ${head.sequence}, the last, are not those that were stored`);
  return { entries, head: head.sequence };
}

function checkEntry(gateway: string, sequence: number, json: string, before: Head | undefined, tell: Tell): void {
  const event = parse(json);
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
  if (before !== undefined && chain !== `sha256:${before.hash}`) {
    tell(
      before.sequence || sequence,
      `the bytes of entry ${before.sequence} are not those that entry ${sequence} was chained to`,
    );
  }
}

function checkStates(db: DatabaseSync, tell: Tell): void {
  for (const [table, name] of [
    ['alarms', 'id'],
    ['rules', 'key'],
  ] as const) {
    const select = db.prepare(`SELECT ${name} AS name, state FROM ${table} WHERE ${name} > ? ORDER BY ${name} LIMIT ?`);
    for (let last = '', rows: Record<string, unknown>[] = []; ; last = String(rows.at(-1)?.name)) {
      rows = readOr(tell, null, () => select.all(last, ROWS));
      for (const row of rows) {
        if (parse(String(row.state)) === undefined)
          tell(null, `the state of ${table} ${row.name} is not a JSON object`);
      }
      if (rows.length < ROWS) break;
    }
  }
}

function checkAudit(db: DatabaseSync, tell: Tell): void {
  const select = db.prepare('SELECT sequence, json FROM audit WHERE sequence > ? ORDER BY sequence LIMIT ?');
  // Where older lines have been pruned the chain is taken up at the oldest that is there.
  let before: Head | undefined;
  for (let rows: Record<string, unknown>[] = []; ; ) {
    rows = readOr(tell, null, () => select.all(before?.sequence ?? 0, ROWS));
    for (const row of rows) {
      const sequence = Number(row.sequence);
      const json = String(row.json);
      const line = parse(json);
      if (before !== undefined && sequence !== before.sequence + 1)
        tell(null, `audit lines before ${sequence} are missing`);
      else if (line?.sequence !== sequence) tell(null, `audit line ${sequence} is damaged`);
      else if (before !== undefined && line.chain !== `sha256:${before.hash}`) {
        tell(null, `the bytes of audit line ${before.sequence} are not those that line ${sequence} was chained to`);
      }
      before = { sequence, hash: hashOf(json) };
    }
    if (rows.length < ROWS) break;
  }
}

/** Rows, or none and a problem where the pages themselves are damaged. */
function readOr(tell: Tell, sequence: number | null, read: () => Record<string, unknown>[]): Record<string, unknown>[] {
  try {
    return read();
  } catch (error) {
    tell(sequence, `the database is damaged${sequence === null ? '' : ` from entry ${sequence} on`}: ${textOf(error)}`);
    return [];
  }
}

function parse(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    // An object with string keys, which is all that is looked at.
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const gapText = (from: number, to: number): string =>
  from === to ? `entry ${from} is missing` : `entries ${from} to ${to} are missing`;

/**
 * A database in WAL mode wants to make files beside it even to be read. Where it cannot, a copy without a write-ahead
 * log of its own is read as one that nobody changes (https://sqlite.org/wal.html#readonly).
 */
function openReadOnly(path: string): DatabaseSync {
  return attempt(path, () => {
    const db = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
    try {
      db.prepare('SELECT count(*) FROM sqlite_schema').get();
      return db;
    } catch (error) {
      db.close();
      const code = sqliteCode(error);
      const hasLog = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
      if (hasLog || (code !== UNOPENABLE && code !== READ_ONLY)) throw error;
      return new DatabaseSync(new URL(`${pathToFileURL(path).href}?immutable=1`), { readOnly: true });
    }
  });
}

function attempt<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw databaseFault(error, path);
  }
}
