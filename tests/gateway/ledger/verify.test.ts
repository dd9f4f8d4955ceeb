import { chmod, copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { verifyLedger } from '../../../gateway/ledger/verify.ts';
import { start, until } from '../../tools/program.ts';
import { batch, openTestLedger, temporaryDirectory } from './drafts.ts';

/** A closed ledger of five entries, with two audit lines. */
async function makeLedger(dir: string): Promise<string> {
  const { ledger, accounts } = await openTestLedger(dir);
  await using _ = ledger;
  await Promise.all([1, 2, 3, 4, 5].map((n) => ledger.append(batch(n))));
  await accounts.audit({ at: 1, who: 'wang', what: 'sign-in' });
  await accounts.audit({ at: 2, who: 'wang', what: 'acknowledge' });
  return join(dir, 'ledger.db');
}

describe('damage is found and named', () => {
  const damages: [what: string, sql: string, problems: [sequence: number | null, message: RegExp][]][] = [
    [
      'a changed byte',
      'UPDATE entries SET json = replace(json, \'"n":3\', \'"n":8\') WHERE sequence = 3',
      [[3, /bytes of entry 3 are not those that entry 4 was chained to/]],
    ],
    [
      'a changed byte in the last entry',
      'UPDATE entries SET json = replace(json, \'"n":5\', \'"n":8\') WHERE sequence = 5',
      [[5, /entry 5, the last, are not those/]],
    ],
    ['an entry taken out', 'DELETE FROM entries WHERE sequence = 3', [[3, /entry 3 is missing/]]],
    ['the end cut off', 'DELETE FROM entries WHERE sequence > 3', [[4, /entries 4 to 5 are missing/]]],
    ['everything gone', 'DELETE FROM entries', [[1, /entries 1 to 5 are missing/]]],
    [
      'an entry that is no JSON',
      "UPDATE entries SET json = 'x' WHERE sequence = 2",
      [
        [2, /not a JSON object/],
        [2, /bytes of entry 2/],
      ],
    ],
    [
      'two entries that changed places',
      'UPDATE entries SET sequence = -2 WHERE sequence = 2; UPDATE entries SET sequence = 2 WHERE sequence = 3;' +
        'UPDATE entries SET sequence = 3 WHERE sequence = -2',
      [
        [2, /entry 2 says id "test-01\/3"/],
        [2, /entry 2 says sequence "3"/],
        [1, /bytes of entry 1/],
        [3, /entry 3 says id "test-01\/2"/],
        [3, /entry 3 says sequence "2"/],
        [2, /bytes of entry 2/],
        [3, /bytes of entry 3/],
      ],
    ],
    [
      'an alarm’s state that does not parse',
      "UPDATE alarms SET state = '{' WHERE id = 'a-4'",
      [[null, /state of alarms a-4 is not/]],
    ],
    [
      'a rule’s state that does not parse',
      "UPDATE rules SET state = '3'",
      [[null, /state of rules rule@noise-07\/la/]],
    ],
    [
      'a changed line of the audit trail',
      "UPDATE audit SET json = replace(json, 'sign-in', 'nothing') WHERE sequence = 1",
      [[null, /bytes of audit line 1 are not/]],
    ],
  ];
  test.each(damages)('%s', async (_, sql, problems) => {
    await using dir = await temporaryDirectory();
    const path = await makeLedger(dir.path);
    expect(await verifyLedger(path)).toEqual({
      ok: true,
      gateway: 'test-01',
      entries: 5,
      head: 5,
      problems: [],
      problemCount: 0,
    });
    const db = new DatabaseSync(path);
    db.exec(sql);
    db.close();
    const verified = await verifyLedger(path);
    expect(verified.ok).toBe(false);
    expect(verified.problems.map(({ sequence }) => sequence)).toEqual(problems.map(([sequence]) => sequence));
    problems.forEach(([, message], index) => {
      expect(verified.problems[index]?.message).toMatch(message);
    });
  });

  test('one bit of the file, in the text of an entry', async () => {
    await using dir = await temporaryDirectory();
    const path = await makeLedger(dir.path);
    const bytes = await readFile(path);
    const place = bytes.indexOf('"id":"test-01/4"') + 2;
    bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
    await writeFile(path, bytes);
    const verified = await verifyLedger(path);
    expect(verified.problems.map(({ sequence }) => sequence)).toEqual([4, 4]);
  });

  test('a page that is nonsense', async () => {
    await using dir = await temporaryDirectory();
    const path = await makeLedger(dir.path);
    const bytes = await readFile(path);
    const page = Math.floor(bytes.indexOf('"id":"test-01/4"') / 4096) * 4096;
    bytes.fill(0xff, page, page + 16);
    await writeFile(path, bytes);
    const verified = await verifyLedger(path);
    expect(verified.ok).toBe(false);
    expect(verified.problems[0]?.message).toMatch(/damaged/);
  });

  test('a file that is no database is a Fault, and so is none', async () => {
    await using dir = await temporaryDirectory();
    await writeFile(join(dir.path, 'ledger.db'), 'nonsense '.repeat(1000));
    await expect(verifyLedger(join(dir.path, 'ledger.db'))).rejects.toMatchObject({ code: 'ledger-corrupt' });
    await expect(verifyLedger(join(dir.path, 'none.db'))).rejects.toMatchObject({ code: 'ledger-missing' });
  });
});

describe('it is read where it stands', () => {
  test('a live ledger of another process under a storm, whose log is carried over to the database meanwhile', async () => {
    await using dir = await temporaryDirectory();
    const path = join(dir.path, 'ledger.db');
    await using storm = start(process.execPath, [join(import.meta.dirname, 'storm.ts'), dir.path]);
    await until(
      () => storm.output().includes('\nstored'),
      () => `a storm: ${storm.output()}`,
    );
    const { mtimeMs } = await stat(path);
    const inDatabase = async () => (await stat(path)).mtimeMs > mtimeMs;
    for (let last = 0, rounds = 0; rounds < 3 || !(await inDatabase()); rounds++) {
      const verified = await verifyLedger(path);
      expect(verified).toMatchObject({ ok: true, problems: [], entries: verified.head });
      expect(verified.head).toBeGreaterThanOrEqual(Math.max(last, 1));
      last = verified.head;
    }
    expect(storm.process.exitCode).toBeNull();
  });

  test('a copy of the file alone that nobody may write to', async () => {
    await using dir = await temporaryDirectory();
    const path = await makeLedger(dir.path);
    const copy = join(dir.path, 'copy');
    await mkdir(copy);
    await copyFile(path, join(copy, 'ledger.db'));
    await chmod(join(copy, 'ledger.db'), 0o400);
    await chmod(copy, 0o500);
    expect(await verifyLedger(join(copy, 'ledger.db'))).toMatchObject({ ok: true, entries: 5 });
    await chmod(copy, 0o700);
  });
});
