import { join } from 'node:path';
import { expect, test } from 'vitest';
import { verifyLedger } from '../../../gateway/ledger/verify.ts';
import { start, until } from '../../tools/program.ts';
import { numbersOf, openTestLedger, temporaryDirectory } from './drafts.ts';

/** How often the process is killed; `GENGFU_KILL_ROUNDS=100` for a soak. */
const ROUNDS = Number(process.env.GENGFU_KILL_ROUNDS ?? 10);

const linesOf = (output: string, word: string): [number, number][] =>
  [...output.matchAll(new RegExp(`^${word} (\\d+) (\\d+)\n`, 'gm'))].map((match) => [
    Number(match[1]),
    Number(match[2]),
  ]);

test(`kill -9 at ${ROUNDS} random instants under load: what was promised is there, once, and the chain is whole`, {
  timeout: 420_000 + ROUNDS * 4000,
}, async () => {
  await using dir = await temporaryDirectory();
  const promised = new Map<number, number>();
  for (let round = 0; round < ROUNDS; round++) {
    await using storm = start(process.execPath, [join(import.meta.dirname, 'storm.ts'), dir.path]);
    const target = Math.floor(Math.random() * 300);
    await until(
      () => linesOf(storm.output(), 'stored').length > target,
      () => `a storm: ${storm.output().slice(-300)}`,
    );
    storm.process.kill('SIGKILL');
    await storm.ended();
    // What was restored agrees with itself: the state of the last event and the number of events are of one commit.
    const [restored] = linesOf(storm.output(), 'restored');
    expect(restored?.[0]).toBe(restored?.[1]);
    for (const [sequence, n] of linesOf(storm.output(), 'stored')) promised.set(sequence, n);
  }
  const verified = await verifyLedger(join(dir.path, 'ledger.db'));
  expect(verified).toMatchObject({ ok: true, problems: [], entries: verified.head });
  const { ledger } = await openTestLedger(dir.path);
  await using _ = ledger;
  const stored: number[] = [];
  while (stored.length < verified.head) stored.push(...numbersOf(await ledger.read(stored.length, 10_000)));
  // Numbers are given in the order of the calls, so each is there once and in its place.
  expect(stored).toEqual(stored.map((_, index) => index));
  expect(promised.size).toBeGreaterThan(ROUNDS);
  for (const [sequence, n] of promised) expect(stored[sequence - 1]).toBe(n);
  const { alarms } = await ledger.restore();
  expect(alarms.length).toBe(stored.length);
});
