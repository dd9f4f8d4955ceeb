import type { DatabaseSync } from 'node:sqlite';
import { type Head, hashOf } from './entry.ts';
import type { Snapshot } from './snapshot.ts';
import { parseObject, ROWS, type Row, readOr, type Tell } from './verify-rows.ts';

/** Every stored state of an alarm and of a rule must be a JSON object. */
export async function checkStates(snapshot: Snapshot, tell: Tell): Promise<void> {
  for (const [table, name] of [
    ['alarms', 'id'],
    ['rules', 'key'],
    ['permits', 'id'],
  ] as const) {
    const sql = `SELECT ${name} AS name, state FROM ${table} WHERE ${name} > ? ORDER BY ${name} LIMIT ?`;
    // A ledger that no gateway of this version has opened yet has no permits.
    const has = (db: DatabaseSync) => db.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').all(table);
    if ((await readOr(snapshot, has, tell, null)).length === 0 && table === 'permits') continue;
    let last = '';
    for (let rows: Row[] = [{}]; rows.length > 0; last = String(rows.at(-1)?.name)) {
      rows = await readOr(snapshot, (db) => db.prepare(sql).all(last, ROWS), tell, null);
      for (const row of rows) {
        if (parseObject(String(row.state)) === undefined)
          tell(null, `the state of ${table} ${row.name} is not a JSON object`);
      }
    }
  }
}

/** The audit trail's own chain; where older lines have been pruned it is taken up at the oldest that is there. */
export async function checkAudit(snapshot: Snapshot, tell: Tell): Promise<void> {
  const sql = 'SELECT sequence, json FROM audit WHERE sequence > ? ORDER BY sequence LIMIT ?';
  let before: Head | undefined;
  for (let rows: Row[] = [{}]; rows.length > 0; ) {
    rows = await readOr(snapshot, (db) => db.prepare(sql).all(before?.sequence ?? 0, ROWS), tell, null);
    for (const row of rows) {
      const sequence = Number(row.sequence);
      const json = String(row.json);
      const line = parseObject(json);
      if (before !== undefined && sequence !== before.sequence + 1)
        tell(null, `audit lines before ${sequence} are missing`);
      else if (line?.sequence !== sequence) tell(null, `audit line ${sequence} is damaged`);
      else if (before !== undefined && line.chain !== `sha256:${before.hash}`) {
        tell(null, `the bytes of audit line ${before.sequence} are not those that line ${sequence} was chained to`);
      }
      before = { sequence, hash: hashOf(json) };
    }
  }
}
