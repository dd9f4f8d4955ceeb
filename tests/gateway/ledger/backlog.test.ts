import { expect, test } from 'vitest';
import { Backlog } from '../../../gateway/ledger/backlog.ts';
import { FakeLedger } from '../../tools/fake-ledger.ts';

/** All that can be had, reading on as needed. */
async function drain(backlog: Backlog): Promise<number[]> {
  const taken: number[] = [];
  for (;;) {
    for (let entry = backlog.next(); entry !== undefined; entry = backlog.next()) taken.push(entry.sequence);
    if (!(await backlog.fill())) return taken;
  }
}

const upTo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);

test('a long backlog comes in order, a hundred at a time', async () => {
  const ledger = new FakeLedger();
  ledger.append(350);
  const backlog = new Backlog(ledger, 20);
  expect(await drain(backlog)).toEqual(upTo(21, 350));
  expect(ledger.reads).toBe(4);
});

test('one that keeps up is fed by the commits and reads nothing', async () => {
  const ledger = new FakeLedger();
  const backlog = new Backlog(ledger, 0);
  ledger.onCommit((entries) => backlog.note(entries));
  ledger.append(3);
  ledger.append(2);
  expect(await drain(backlog)).toEqual([1, 2, 3, 4, 5]);
  expect(ledger.reads).toBe(0);
});

test('what is committed during a read, or is too much to keep, is read afterwards', async () => {
  const ledger = new FakeLedger();
  ledger.append(10);
  const backlog = new Backlog(ledger, 0);
  ledger.onCommit((entries) => backlog.note(entries));
  const filling = backlog.fill();
  ledger.append(5);
  await filling;
  for (let n = 0; n < 40; n++) ledger.append(10);
  expect(backlog.head).toBe(415);
  expect(await drain(backlog)).toEqual(upTo(1, 415));
});

test('a restart during a read begins anew, without a gap or a double', async () => {
  const ledger = new FakeLedger();
  ledger.append(30);
  const backlog = new Backlog(ledger, 0);
  const filling = backlog.fill();
  backlog.restart(10);
  const again = drain(backlog);
  await filling;
  expect(await again).toEqual(upTo(11, 30));
});
