import { expect, test } from 'vitest';
import { makeCounters } from '../../../drivers/modbus/counters.ts';
import type { Answer } from '../../../drivers/modbus/line.ts';
import { makeRequest } from '../../../drivers/modbus/pdu.ts';
import { RtuLine } from '../../../drivers/modbus/rtu-line.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { hex } from './vectors.ts';

/** Asks; a broken frame begins to come after 50 ms, and its rest so much later. Gives what came of it, and when. */
async function hear(byteGap: number, restAfterMs: number): Promise<string> {
  const clock = new FakeClock();
  const sent: number[] = [];
  const port = { write: () => sent.push(clock.tick()) > 0, flush: (done: () => void) => done(), close: () => {} };
  const options = { baud: 9600, gap: 0, byteGap, muteAfter: Number.POSITIVE_INFINITY };
  const line = new RtuLine(port, options, clock, makeCounters(), { late: () => {}, broken: () => {} });
  await clock.advance(100);
  let answer: Answer | undefined;
  line.ask(makeRequest(3, 'holding', 0, 1), 1000, (got) => {
    answer = got;
    line.ask(makeRequest(3, 'holding', 9, 1), 1000, () => {});
  });
  await clock.advance(50);
  // A function that nobody asks for: spoilt at once.
  line.receive(hex('03 2B'));
  await clock.advance(restAfterMs);
  line.receive(hex('0E 01'));
  await clock.advance(500);
  const [, second = 0] = sent;
  const [first = 0] = sent;
  return `${answer?.kind}, asked again ${second - first - 50 - restAfterMs >= byteGap ? 'after' : 'within'} the gap`;
}

test.each([
  ['the rest of a broken frame is waited for within the byte gap', 200, 150, 'spoilt, asked again after the gap'],
  ['and is spoken into where the gap is shorter', 30, 150, 'spoilt, asked again within the gap'],
])('%s', async (_, byteGap, restAfterMs, expected) => {
  expect(await hear(byteGap, restAfterMs)).toBe(expected);
});
