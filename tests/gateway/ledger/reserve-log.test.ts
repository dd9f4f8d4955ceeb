import { cp, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { LOG_BYTES, reserveLog } from '../../../gateway/ledger/reserve-log.ts';

test('a log that was given its room is gone on in, and a copy of it taken at any time holds every commit', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'gengfu-log-'));
  await using _ = { [Symbol.asyncDispose]: () => rm(dir, { recursive: true }) };
  const path = join(dir, 'a.db');
  using db = new DatabaseSync(path);
  db.exec(`PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
           PRAGMA journal_size_limit=${LOG_BYTES}; CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT)`);
  const insert = db.prepare('INSERT INTO t (text) VALUES (?)');
  insert.run('before');
  reserveLog(path);
  const sizes = [(await stat(`${path}-wal`)).size];
  insert.run('after');
  const copied = async (name: string) => {
    const copy = join(dir, name);
    await cp(path, copy);
    await cp(`${path}-wal`, `${copy}-wal`);
    using read = new DatabaseSync(copy);
    expect(read.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    return read.prepare('SELECT count(*) AS n, max(text) AS text FROM t').get();
  };
  expect(await copied('in-the-midst.db')).toEqual({ n: 2, text: 'before' });
  db.exec('PRAGMA wal_checkpoint(PASSIVE)');
  insert.run('carried over');
  sizes.push((await stat(`${path}-wal`)).size);
  expect(await copied('begun-again.db')).toEqual({ n: 3, text: 'carried over' });
  // As long as it was given, through all of it: what a commit saves.
  expect(sizes).toEqual([LOG_BYTES, LOG_BYTES]);
});

test('where there is no log, nothing is done', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'gengfu-log-'));
  await using _ = { [Symbol.asyncDispose]: () => rm(dir, { recursive: true }) };
  reserveLog(join(dir, 'none.db'));
  await expect(stat(join(dir, 'none.db-wal'))).rejects.toMatchObject({ code: 'ENOENT' });
});
