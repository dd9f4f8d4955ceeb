import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { until } from '../../tools/program.ts';
import { batch, draft, numbersOf, openTestLedger, temporaryDirectory } from './drafts.ts';

const sha256 = (text: string) => `sha256:${createHash('sha256').update(text, 'utf8').digest('hex')}`;

describe('an entry', () => {
  test('is the CloudEvent of the contract, byte for byte, chained to the bytes before it', async () => {
    await using dir = await temporaryDirectory();
    const { ledger } = await openTestLedger(dir.path);
    await using _ = ledger;
    const [first] = await ledger.append({ events: [draft(1)], alarms: [], rules: [] });
    const [second] = await ledger.append({
      events: [
        {
          type: 'city.gengfu.site.changed',
          subject: '"\u0000 \ud800',
          time: '2026-07-15T22:34:50.000+08:00',
          data: {},
        },
      ],
      alarms: [],
      rules: [],
    });
    expect(first?.json).toBe(
      '{"specversion":"1.0","id":"test-01/1","source":"/gengfu/test-01","type":"city.gengfu.alarm.raised",' +
        '"subject":"noise-07/la/rule-1","time":"2026-07-15T22:34:50.000+08:00","datacontenttype":"application/json",' +
        '"sequence":"1","data":{"alarm":"a-1","n":1,"title":{"zh":"夜间施工噪声超标",' +
        '"en":"Construction noise over the night limit"},"chain":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}}',
    );
    const event = JSON.parse(second?.json ?? '');
    expect(event.data).toEqual({ chain: sha256(first?.json ?? '') });
    expect(event.subject).toBe('"\u0000 \ud800');
    expect(await ledger.read(0, 10)).toEqual([first, second]);
  });

  test('holds its data as they were at the call', async () => {
    await using dir = await temporaryDirectory();
    const { ledger } = await openTestLedger(dir.path);
    await using _ = ledger;
    const data = { n: 1 };
    const appended = ledger.append({ events: [{ ...draft(1), data }], alarms: [], rules: [] });
    data.n = 2;
    expect(numbersOf(await appended)).toEqual([1]);
  });

  test('whose data bring a chain of their own is refused at the call', async () => {
    await using dir = await temporaryDirectory();
    const { ledger } = await openTestLedger(dir.path);
    await using _ = ledger;
    const events = [draft(1, { chain: 'sha256:00' })];
    await expect(ledger.append({ events, alarms: [], rules: [] })).rejects.toThrow(TypeError);
  });
});

describe('the log', () => {
  test('numbers without a gap in the order of the calls, over openings, and groups what gathers', async () => {
    await using dir = await temporaryDirectory();
    for (let opening = 0; opening < 2; opening++) {
      const { ledger } = await openTestLedger(dir.path);
      await using _ = ledger;
      const told: number[] = [];
      ledger.onCommit((entries) => told.push(...entries.map(({ sequence }) => sequence)));
      const calls = Array.from({ length: 2500 }, (_, n) => ledger.append(batch(opening * 2500 + n)));
      const entries = (await Promise.all(calls)).flat();
      const numbers = Array.from({ length: 2500 }, (_, n) => opening * 2500 + n);
      expect(numbersOf(entries)).toEqual(numbers);
      expect(entries.map(({ sequence }) => sequence)).toEqual(numbers.map((n) => n + 1));
      expect(told).toEqual(numbers.map((n) => n + 1));
      expect(ledger.status()).toMatchObject({ durable: true, waiting: 0, head: numbers.length * (opening + 1) });
      expect(ledger.status().commits).toBeLessThan(10);
    }
  });

  test('is read from a position on, and from its end back', async () => {
    await using dir = await temporaryDirectory();
    const { ledger } = await openTestLedger(dir.path);
    await using _ = ledger;
    await Promise.all([1, 2, 3, 4, 5].map((n) => ledger.append(batch(n))));
    expect(numbersOf(await ledger.read(2, 2))).toEqual([3, 4]);
    expect(numbersOf(await ledger.read(5, 2))).toEqual([]);
    expect(numbersOf(await ledger.latest(2))).toEqual([5, 4]);
    expect(numbersOf(await ledger.latest(9, 3))).toEqual([2, 1]);
  });

  test('a listener that throws harms neither the others nor the caller', async () => {
    await using dir = await temporaryDirectory();
    const { ledger } = await openTestLedger(dir.path);
    await using _ = ledger;
    const told: number[] = [];
    ledger.onCommit(() => {
      throw new Error('mine');
    });
    const stop = ledger.onCommit((entries) => told.push(...entries.map(({ sequence }) => sequence)));
    await ledger.append(batch(1));
    stop();
    await ledger.append(batch(2));
    expect(told).toEqual([1]);
  });

  test('is the owner’s alone', async () => {
    await using dir = await temporaryDirectory();
    const path = join(dir.path, 'data');
    const { ledger } = await openTestLedger(path);
    await using _ = ledger;
    await ledger.append(batch(1));
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    for (const name of ['ledger.db', 'ledger.db-wal', 'gateway.lock', 'gateway.pid']) {
      expect((await stat(join(path, name))).mode & 0o777, name).toBe(0o600);
    }
  });
});

describe('states', () => {
  test('are restored as their last batch left them: open alarms, and every rule that was not deleted', async () => {
    await using dir = await temporaryDirectory();
    {
      const { ledger } = await openTestLedger(dir.path);
      await using _ = ledger;
      await ledger.append(batch(1));
      await ledger.append(batch(2));
      await ledger.append({ ...batch(1, false), rules: [{ key: 'other@x/y', state: { held: 3 } }] });
      await ledger.append({ events: [], alarms: [], rules: [{ key: 'gone@x/y', state: {} }] });
      await ledger.append({ events: [], alarms: [], rules: [{ key: 'gone@x/y', state: null }] });
    }
    const { ledger } = await openTestLedger(dir.path);
    await using _ = ledger;
    const { alarms, rules } = await ledger.restore();
    expect(alarms).toEqual([{ n: 2, open: true }]);
    expect(Object.fromEntries(rules)).toEqual({ 'rule@noise-07/la': { n: 2 }, 'other@x/y': { held: 3 } });
    expect(await ledger.closedAlarms(10)).toEqual([{ n: 1, open: false }]);
  });

  test('closed alarms come newest first', async () => {
    await using dir = await temporaryDirectory();
    const { ledger } = await openTestLedger(dir.path);
    await using _ = ledger;
    await Promise.all([3, 1, 2].map((n) => ledger.append(batch(n, false))));
    expect(await ledger.closedAlarms(2)).toEqual([
      { n: 3, open: false },
      { n: 2, open: false },
    ]);
  });
});

describe('a cursor', () => {
  test('starts at the end or at the beginning, goes forward only, not past the end, and is kept', async () => {
    await using dir = await temporaryDirectory();
    {
      const { ledger } = await openTestLedger(dir.path);
      await using _ = ledger;
      await Promise.all([1, 2, 3].map((n) => ledger.append(batch(n))));
      expect(await ledger.openCursor('city', 'end')).toBe(3);
      expect(await ledger.openCursor('desk', 'all')).toBe(0);
      await ledger.moveCursor('desk', 2);
      await ledger.moveCursor('desk', 1);
      await ledger.moveCursor('city', 99);
      await expect(ledger.moveCursor('nobody', 1)).rejects.toMatchObject({ code: 'ledger-no-cursor' });
      expect(ledger.status().cursors).toEqual({ city: 3, desk: 2 });
    }
    const { ledger } = await openTestLedger(dir.path);
    await using _ = ledger;
    expect(await ledger.openCursor('desk', 'end')).toBe(2);
    expect(ledger.status().cursors).toEqual({ city: 3, desk: 2 });
  });
});

describe('the thread', () => {
  test('may die at any time: nothing is lost, nothing is stored twice, questions are answered', async () => {
    await using dir = await temporaryDirectory();
    const workers: Worker[] = [];
    const { ledger } = await openTestLedger(dir.path, { onWorker: (worker) => workers.push(worker) });
    await using _ = ledger;
    const calls: Promise<unknown>[] = [];
    for (let round = 1; round <= 8; round++) {
      for (let n = 0; n < 200; n++) calls.push(ledger.append(batch(calls.length)));
      const head = ledger.status().head;
      // Half the rounds in the midst of a commit, half right after one.
      if (round % 2 === 0) await until(() => ledger.status().head > head, 'a commit');
      else await new Promise((resolve) => setImmediate(resolve));
      const question = ledger.latest(1);
      await workers.at(-1)?.terminate();
      expect(await question).toBeDefined();
    }
    await Promise.all(calls);
    expect(workers.length).toBeGreaterThan(4);
    expect(numbersOf(await ledger.read(0, 5000))).toEqual(calls.map((_, n) => n));
  });
});
