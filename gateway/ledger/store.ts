import { statSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Fault } from '#kit/fault.ts';
import { accountWrites, storeAudit } from './account-store.ts';
import { type ConnectionOptions, metaOf, openConnection } from './connection.ts';
import { encodeEntry, GENESIS, type Head, hashOf } from './entry.ts';
import { databaseFault, LEDGER_FAULTS, sqliteCode } from './faults.ts';
import type { Committed, Group, PackedBatch, Write } from './group.ts';
import type { Entry } from './ledger.ts';
import { reserveLog } from './reserve-log.ts';

/** Closed alarms that are kept for lists; the log itself keeps their events. */
export const CLOSED_ALARMS_KEPT = 10_000;
/** How many batches pass between two looks at that bound. */
const PRUNE_EVERY = 256;
const DISK_FULL = 13;
/** Pages in the log from which it is carried over after a commit; SQLite itself does so inside one, from 1000 pages on. */
const CARRY_OVER_PAGES = 700;
const PAGE_BYTES = 4096;
/** Pages that a commit of one event touches beside those that its text fills. */
const PAGES_OF_A_COMMIT = 6;
/** The log's room is made when the gateway has started, not while it does. */
const RESERVE_AFTER_MS = 3000;

/** What is stored of the last group, in the same transaction. */
export interface LastGroup {
  readonly token: string;
  readonly first: number;
  readonly head: Head;
  readonly results: readonly unknown[];
}

/** Reads `meta.last`; of a ledger without any group, the beginning. */
export function lastGroupOf(db: DatabaseSync): LastGroup {
  const text = metaOf(db, 'last');
  // Written by `commit` below and by nobody else.
  return text === undefined ? { token: '', first: 1, head: GENESIS, results: [] } : (JSON.parse(text) as LastGroup);
}

/** The database as its thread sees it: synchronous, one group at a time. */
export class Store {
  readonly #options: ConnectionOptions;
  #db: DatabaseSync;
  #file: string;
  /** A commit failed for another reason than room: the connection is made anew before the next one. */
  #suspect = false;
  #batches = 0;
  /** The group that was stored last; undefined when only the database knows. */
  #last: LastGroup | undefined;
  #bytes = 0;
  /** An estimate of the pages in the log since it was last carried over. */
  #logPages = 0;
  #hasReserve = false;
  readonly #openedAt = performance.now();
  readonly #statements = new Map<string, StatementSync>();

  /** Throws a Fault: of another gateway, of a newer version, not to be opened, missing (unless `create`). */
  constructor(options: ConnectionOptions, create: boolean) {
    this.#options = options;
    this.#db = this.#open(create);
    this.#file = fileOf(options.path);
    this.#measure();
  }

  get db(): DatabaseSync {
    return this.#db;
  }

  get head(): Head {
    return lastGroupOf(this.#db).head;
  }

  /** Of the database with its log, when they were last looked at. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Carries out a group in one transaction. Throws a Fault when it was not; the next call tries anew. */
  commit(group: Group): Committed {
    try {
      this.#renew(group);
      const last = this.#last ?? lastGroupOf(this.#db);
      if (last.token === group.token) return { ...this.#committed(last), entries: this.#entries(last) };
      this.#check(last, group);
      return this.#carryOut(group, last.head);
    } catch (error) {
      this.#last = undefined;
      this.#suspect = sqliteCode(error) !== DISK_FULL;
      throw databaseFault(error, this.#options.path);
    }
  }

  /**
   * What a commit leaves to be done once it has been answered: the log is carried over to the database before SQLite
   * would do so in the midst of a commit, and is given its room.
   */
  tidy(): void {
    if (!this.#db.isOpen || this.#suspect) return;
    try {
      if (this.#logPages >= CARRY_OVER_PAGES) {
        this.#logPages = 0;
        this.#prepare('PRAGMA wal_checkpoint(PASSIVE)').get();
      }
      if (!this.#hasReserve && performance.now() - this.#openedAt > RESERVE_AFTER_MS) {
        this.#hasReserve = true;
        reserveLog(this.#options.path);
      }
      this.#measure();
    } catch {
      // The connection is made anew before the next commit, and what is wrong with the disk is said there.
      this.#suspect = true;
    }
  }

  close(): void {
    this.#db.close();
  }

  #measure(): void {
    const { path } = this.#options;
    this.#bytes = sizeOf(path) + sizeOf(`${path}-wal`);
  }

  #carryOut(group: Group, start: Head): Committed {
    const db = this.#db;
    this.#prepare('BEGIN IMMEDIATE').run();
    try {
      const entries: Entry[] = [];
      let head = start;
      const results = group.writes.map((write) => {
        if (write.kind !== 'batch') return this.#change(write, head);
        head = this.#append(write, head, entries);
        return write.events.length;
      });
      const last: LastGroup = { token: group.token, first: start.sequence + 1, head, results };
      this.#prepare('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)').run('last', JSON.stringify(last));
      this.#prepare('COMMIT').run();
      this.#last = last;
      const bytes = entries.reduce((sum, { json }) => sum + json.length, 0);
      this.#logPages += PAGES_OF_A_COMMIT + Math.ceil(bytes / PAGE_BYTES);
      return { ...this.#committed(last), entries };
    } finally {
      if (db.isTransaction) db.exec('ROLLBACK');
    }
  }

  /** A statement of the present connection; preparing costs more than carrying out. */
  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  /** Stores a batch's entries and states; gives the new head. */
  #append(batch: PackedBatch, start: Head, entries: Entry[]): Head {
    let head = start;
    const insert = this.#prepare('INSERT INTO entries (sequence, json) VALUES (?, ?)');
    for (const draft of batch.events) {
      const json = encodeEntry(this.#options.gateway, head, draft);
      head = { sequence: head.sequence + 1, hash: hashOf(json) };
      insert.run(head.sequence, json);
      entries.push({ sequence: head.sequence, json });
    }
    const alarm = this.#prepare('INSERT OR REPLACE INTO alarms (id, key, open, at, state) VALUES (?, ?, ?, ?, ?)');
    for (const { id, key, open, at, state } of batch.alarms) alarm.run(id, key, Number(open), at, state);
    const rule = this.#prepare('INSERT OR REPLACE INTO rules (key, state) VALUES (?, ?)');
    const noRule = this.#prepare('DELETE FROM rules WHERE key = ?');
    for (const { key, state } of batch.rules) {
      if (state === null) noRule.run(key);
      else rule.run(key, state);
    }
    for (const { id, state } of batch.permits ?? []) {
      if (state === null) this.#prepare('DELETE FROM permits WHERE id = ?').run(id);
      else this.#prepare('INSERT OR REPLACE INTO permits (id, state) VALUES (?, ?)').run(id, state);
    }
    storeAudit(this.#db, batch.audit ?? []);
    if (++this.#batches % PRUNE_EVERY === 0) this.#prune();
    return head;
  }

  #prune(): void {
    this.#db
      .prepare(`DELETE FROM alarms WHERE open = 0 AND id NOT IN
                (SELECT id FROM alarms WHERE open = 0 ORDER BY at DESC LIMIT ?)`)
      .run(CLOSED_ALARMS_KEPT);
  }

  #change(write: Exclude<Write, PackedBatch>, head: Head): unknown {
    const db = this.#db;
    switch (write.kind) {
      case 'cursor':
        db.prepare('UPDATE cursors SET sequence = max(sequence, ?) WHERE name = ?').run(write.sequence, write.name);
        return null;
      case 'new-cursor':
        db.prepare('INSERT OR IGNORE INTO cursors (name, sequence) VALUES (?, ?)').run(
          write.name,
          write.from === 'end' ? head.sequence : 0,
        );
        return db.prepare('SELECT sequence FROM cursors WHERE name = ?').get(write.name)?.sequence;
      case 'account': {
        // The arguments are those of the function of that name: both were taken from AccountWrites by the caller.
        const change = accountWrites(db)[write.name] as (...args: readonly unknown[]) => unknown;
        return change(...write.args) ?? null;
      }
      default:
        return write satisfies never;
    }
  }

  #committed(last: LastGroup): Omit<Committed, 'entries'> {
    return { head: last.head, results: last.results, bytes: this.#bytes };
  }

  #entries(last: LastGroup): Entry[] {
    const rows = this.#db.prepare(
      'SELECT sequence, json FROM entries WHERE sequence BETWEEN ? AND ? ORDER BY sequence',
    );
    // The table's own columns.
    return rows.all(last.first, last.head.sequence) as unknown as Entry[];
  }

  /** The ledger ends where the group follows on, or with the group itself. */
  #check({ head, token }: LastGroup, { after, token: own }: Group): void {
    if (token === own || (head.sequence === after.sequence && head.hash === after.hash)) return;
    throw new Fault(
      LEDGER_FAULTS.replaced,
      `${this.#options.path} ends at ${head.sequence}, but ${after.sequence} was written last: another file, or an older copy`,
      { hint: 'put the file back that was there, or start the gateway anew to go on from this one' },
    );
  }

  #open(create: boolean): DatabaseSync {
    try {
      return openConnection(this.#options, create);
    } catch (error) {
      throw databaseFault(error, this.#options.path);
    }
  }

  /**
   * Makes the connection anew after a failure, or when the path leads to another file that goes on where this one
   * ended. A log that a failed sync left in doubt is carried over
   * to the database and synced there before anything is built on it.
   */
  #renew(group: Group): void {
    const { path } = this.#options;
    const file = fileOf(path);
    if (!this.#suspect && file === this.#file) return;
    this.#statements.clear();
    this.#last = undefined;
    this.#hasReserve = false;
    let db: DatabaseSync;
    if (file === this.#file) {
      // The lock is exclusive: the old one has to go first.
      if (this.#db.isOpen) this.#db.close();
      this.#db = db = this.#open(false);
    } else {
      db = this.#open(false);
      try {
        this.#check(lastGroupOf(db), group);
      } catch (error) {
        db.close();
        throw error;
      }
      this.#db.close();
      this.#db = db;
      this.#file = file;
    }
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    this.#suspect = false;
  }
}

/** Which file the path leads to now; empty when there is none. */
function fileOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? '' : `${found.dev}:${found.ino}`;
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
