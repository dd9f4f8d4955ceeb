import { copyFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Ledger } from '../../../gateway/ledger/ledger.ts';
import { verifyLedger } from '../../../gateway/ledger/verify.ts';
import { until } from '../../tools/program.ts';
import { batch, draft, numbersOf, openTestLedger, temporaryDirectory } from './drafts.ts';
import { mountRefused, mountSmallDisk, setImmutable } from './small-disk.ts';

const refused = mountRefused();
const onDisk = refused === undefined ? test : test.skip;
const why = refused === undefined ? '' : ` (needs the right to mount: ${refused})`;

/** Appends `count` events of `bytes` more each; gives their promises. */
const appendMany = (ledger: Ledger, from: number, count: number, bytes = 0) =>
  Array.from({ length: count }, (_, index) =>
    ledger.append({ ...batch(from + index), events: [draft(from + index, { more: 'x'.repeat(bytes) })] }),
  );

/** Everything that was appended from 0 on is there, in order, and the chain is whole. */
async function expectWhole(dir: string, ledger: Ledger, count: number): Promise<void> {
  expect(numbersOf(await ledger.read(0, count + 1))).toEqual(Array.from({ length: count }, (_, n) => n));
  expect(await verifyLedger(join(dir, 'ledger.db'))).toMatchObject({ ok: true, problems: [], head: count });
  expect(ledger.status()).toMatchObject({ durable: true, waiting: 0 });
  expect(ledger.status().error).toBeUndefined();
}

describe('a full disk', () => {
  onDisk(`keeps what is appended waiting, and takes it in order once there is room${why}`, async () => {
    using disk = mountSmallDisk('2m');
    const { ledger, accounts } = await openTestLedger(disk.path);
    await using _ = ledger;
    await Promise.all(appendMany(ledger, 0, 10));
    await writeFile(join(disk.path, 'filler'), Buffer.alloc(2 ** 22)).catch(() => undefined);
    const calls = appendMany(ledger, 10, 500, 1000);
    await until(() => !ledger.status().durable, 'the disk to be full');
    expect(ledger.status().error).toMatch(/disk is full.*free space/);
    expect(ledger.status().waiting).toBeGreaterThan(0);
    // People can be asked about, but not changed; the trail waits with the events.
    expect(await accounts.list()).toEqual([]);
    const account = { name: 'wang', role: 'admin', passwordHash: '', createdAt: 1 } as const;
    await expect(accounts.put(account)).rejects.toMatchObject({ code: 'ledger-not-durable' });
    const audited = accounts.audit({ at: 1, who: 'wang', what: 'sign-in' });
    await rm(join(disk.path, 'filler'));
    await Promise.all(calls);
    await audited;
    expect(await accounts.auditTrail(10)).toHaveLength(1);
    await expectWhole(disk.path, ledger, 510);
  });

  test('the ledger’s own bound is one; what waits when it is closed is rejected, not forgotten in silence', async () => {
    await using dir = await temporaryDirectory();
    {
      const { ledger } = await openTestLedger(dir.path, { maxBytes: 200_000 });
      const calls = appendMany(ledger, 0, 3000, 500);
      await until(() => !ledger.status().durable, 'the bound');
      expect(ledger.status().error).toMatch(/reached its bound/);
      const { head } = ledger.status();
      const settled = Promise.allSettled(calls);
      await ledger[Symbol.asyncDispose]();
      const outcomes = await settled;
      const kept = outcomes.findIndex(({ status }) => status === 'rejected');
      expect(kept).toBe(head);
      for (const outcome of outcomes.slice(kept)) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ledger-closed' } });
      }
      await expect(ledger.append(batch(1))).rejects.toMatchObject({ code: 'ledger-closed' });
    }
    const { ledger } = await openTestLedger(dir.path);
    await using _ = ledger;
    const { head } = ledger.status();
    await Promise.all(appendMany(ledger, head, 10));
    await expectWhole(dir.path, ledger, head + 10);
  });

  test('no more than 50,000 events wait; checkpoints of rules take the place of older ones', async () => {
    await using dir = await temporaryDirectory();
    const { ledger } = await openTestLedger(dir.path, { maxBytes: 200_000 });
    const many = { ...batch(0), events: Array.from({ length: 1000 }, (_, n) => draft(n)) };
    const calls = [ledger.append(many)];
    await until(() => !ledger.status().durable, 'the bound');
    for (let n = 1; n < 50; n++) calls.push(ledger.append(many));
    expect(ledger.status()).toMatchObject({ waiting: 50_000, refused: 0 });
    await expect(ledger.append(batch(1))).rejects.toMatchObject({
      code: 'ledger-full-queue',
      hint: expect.stringMatching(/free space/),
    });
    expect(ledger.status()).toMatchObject({ waiting: 50_000, refused: 1 });
    // Not events: they wait in one place, however many come.
    for (let n = 0; n < 10; n++) calls.push(ledger.append({ ...batch(n), events: [], alarms: [] }));
    expect(ledger.status().waiting).toBe(50_000);
    const settled = Promise.allSettled(calls);
    await ledger[Symbol.asyncDispose]();
    const outcomes = await settled;
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
  });

  onDisk(`rule states that waited are the newest of each rule${why}`, async () => {
    using disk = mountSmallDisk('1m');
    const { ledger } = await openTestLedger(disk.path);
    await using _ = ledger;
    await writeFile(join(disk.path, 'filler'), Buffer.alloc(2 ** 21)).catch(() => undefined);
    const calls = appendMany(ledger, 0, 200, 1000);
    await until(() => !ledger.status().durable, 'the disk to be full');
    const rulesOnly = (...rules: { key: string; state: object | null }[]) =>
      calls.push(ledger.append({ events: [], alarms: [], rules }));
    rulesOnly({ key: 'a', state: { n: 1 } }, { key: 'b', state: { n: 1 } }, { key: 'c', state: { n: 1 } });
    calls.push(ledger.append({ ...batch(200), rules: [{ key: 'b', state: { n: 2 } }] }));
    rulesOnly({ key: 'a', state: { n: 3 } }, { key: 'c', state: null });
    await rm(join(disk.path, 'filler'));
    await Promise.all(calls);
    const { rules } = await ledger.restore();
    expect(Object.fromEntries(rules)).toEqual({ 'rule@noise-07/la': { n: 199 }, a: { n: 3 }, b: { n: 2 } });
  });
});

describe('a disk that turns read-only', () => {
  test('under the ledger: what is appended waits, what is asked is answered, and it goes on by itself', async (context) => {
    await using dir = await temporaryDirectory();
    const { ledger } = await openTestLedger(dir.path);
    await using _ = ledger;
    await Promise.all(appendMany(ledger, 0, 10));
    const files = (await readdir(dir.path))
      .filter((name) => name.startsWith('ledger.db'))
      .map((name) => join(dir.path, name));
    if (!setImmutable('+i', ...files)) return context.skip('needs chattr +i: a file system that has it, and the right');
    try {
      const calls = appendMany(ledger, 10, 50);
      await until(() => !ledger.status().durable, 'the disk to refuse');
      expect(ledger.status().error).toMatch(/read-only|input\/output|cannot be opened/);
      expect(numbersOf(await ledger.latest(1))).toEqual([9]);
      setImmutable('-i', ...files);
      await Promise.all(calls);
      await expectWhole(dir.path, ledger, 60);
    } finally {
      setImmutable('-i', ...files);
    }
  });

  onDisk(`before the start: the ledger is read, says so, and goes on once it can be written${why}`, async () => {
    using disk = mountSmallDisk('4m');
    {
      const { ledger } = await openTestLedger(disk.path);
      await using _ = ledger;
      await Promise.all(appendMany(ledger, 0, 10));
    }
    disk.remount('ro');
    const { ledger } = await openTestLedger(disk.path);
    await using _ = ledger;
    expect((await ledger.restore()).alarms).toHaveLength(10);
    const calls = appendMany(ledger, 10, 10);
    await until(() => !ledger.status().durable, 'the disk to refuse');
    expect(ledger.status().error).toMatch(/read-only.*replace the card/);
    disk.remount('rw');
    await Promise.all(calls);
    await expectWhole(disk.path, ledger, 20);
  });

  onDisk(`a copy on a read-only disk can be verified${why}`, async () => {
    using disk = mountSmallDisk('4m');
    await using dir = await temporaryDirectory();
    {
      const { ledger } = await openTestLedger(dir.path);
      await using _ = ledger;
      await Promise.all(appendMany(ledger, 0, 10));
    }
    await copyFile(join(dir.path, 'ledger.db'), join(disk.path, 'ledger.db'));
    disk.remount('ro');
    expect(await verifyLedger(join(disk.path, 'ledger.db'))).toMatchObject({ ok: true, entries: 10 });
  });
});

describe('the file', () => {
  test('moved away or replaced by an older copy is not begun anew nor forked; put back, it goes on', async () => {
    await using dir = await temporaryDirectory();
    const path = join(dir.path, 'ledger.db');
    const { ledger } = await openTestLedger(dir.path);
    await using _ = ledger;
    await Promise.all(appendMany(ledger, 0, 10));
    const older = join(dir.path, 'older.db');
    {
      await using other = await temporaryDirectory();
      const { ledger } = await openTestLedger(other.path);
      await ledger.append(batch(0));
      await ledger[Symbol.asyncDispose]();
      await copyFile(join(other.path, 'ledger.db'), older);
    }
    const moved = async (suffix: string, there: string) => {
      for (const end of ['', '-wal', '-shm'])
        await rename(`${path}${end}`, join(dir.path, `aside${end}`)).catch(() => {});
      if (there !== '') await copyFile(there, path);
      const call = ledger.append(batch(0));
      await until(() => ledger.status().error?.includes(suffix), suffix);
      for (const end of ['', '-wal', '-shm']) await rm(`${path}${end}`, { force: true });
      for (const end of ['', '-wal', '-shm'])
        await rename(join(dir.path, `aside${end}`), `${path}${end}`).catch(() => {});
      await call;
    };
    await moved('is gone', '');
    await moved('another file, or an older copy', older);
    expect(numbersOf(await ledger.read(9, 10))).toEqual([9, 0, 0]);
    expect(await verifyLedger(path)).toMatchObject({ ok: true, head: 12 });
  });

  test('of another gateway, of a newer version, or no database: a Fault that says what to do', async () => {
    await using dir = await temporaryDirectory();
    await (await openTestLedger(dir.path)).ledger[Symbol.asyncDispose]();
    await expect(openTestLedger(dir.path, { gateway: 'test-02' })).rejects.toMatchObject({
      code: 'ledger-other-gateway',
      message: expect.stringContaining('gateway test-01, not of test-02'),
      hint: expect.stringContaining('--data'),
    });
    await writeFile(join(dir.path, 'ledger.db'), 'nonsense '.repeat(1000));
    await expect(openTestLedger(dir.path)).rejects.toMatchObject({ code: 'ledger-corrupt' });
  });
});
