import { expect, test } from 'vitest';
import type { BorrowedLine, LineAnswer, SerialSettings } from '../../../drivers/driver.ts';
import { Scan } from '../../../gateway/commissioning/scan.ts';
import { FakeClock } from '../../tools/fake-clock.ts';

const OWN: SerialSettings = { baud: 9600, parity: 'none', dataBits: 8, stopBits: 1 };
const REFUSED: SerialSettings = { ...OWN, baud: 12_345 };
const OTHER: SerialSettings = { ...OWN, baud: 4800 };

const SILENCE: LineAnswer = { kind: 'none', symptom: 'silence', tookMs: 60, echo: false };
const DOWN: LineAnswer = { kind: 'closed', why: 'the link is down', tookMs: 0, echo: false };
const DATA: LineAnswer = { kind: 'data', data: Uint8Array.of(2, 71), tookMs: 20, echo: false };

/** Units 1 to 3 at each of these settings; `answer` is what the line says to a question, at a time of the clock. */
async function scan(
  settings: readonly SerialSettings[],
  answer: (at: SerialSettings, unit: number, ms: number) => LineAnswer,
) {
  const clock = new FakeClock();
  const start = clock.tick();
  const line: BorrowedLine = {
    settings: OWN,
    isSettable: true,
    async ask({ settings: at = OWN, unit }) {
      await clock.sleep(1);
      return answer(at, unit, clock.tick() - start);
    },
    async [Symbol.asyncDispose]() {},
  };
  const tools = { signal: new AbortController().signal, tell: () => {}, progress: () => {} };
  const plan = { settings, units: [1, 2, 3], known: new Map(), models: [] };
  const result = new Scan(line, plan, tools, clock).run();
  const ended = result.then(
    () => {},
    () => {},
  );
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  while (!isOver) await clock.advance(100);
  const took = clock.tick() - start;
  return { result, took };
}

test('settings that the line refuses close the port for a moment; those after them are searched all the same', async () => {
  let refusedAt = Number.POSITIVE_INFINITY;
  const { result } = await scan([OWN, REFUSED, OTHER], (at, unit, ms) => {
    if (at.baud === REFUSED.baud) {
      refusedAt = ms;
      return { ...DOWN, why: 'the line does not take these settings', isRefused: true };
    }
    if (ms > refusedAt && ms < refusedAt + 700) return DOWN;
    return at.baud === OTHER.baud && unit === 2 ? DATA : SILENCE;
  });
  const { found, refused } = await result;
  expect(found.map(({ unit, settings }) => [unit, settings?.baud])).toEqual([[2, 4800]]);
  expect(refused).toEqual(['12345 8N1: the line does not take these settings']);
});

test('a line that is unplugged for good ends the search within seconds, with what was found and what was not searched', async () => {
  const { result, took } = await scan([OWN, OTHER], (_, unit, ms) => {
    if (ms > 2) return DOWN;
    return unit === 1 ? DATA : SILENCE;
  });
  const { found, refused } = await result;
  expect(found.map(({ unit }) => unit)).toEqual([1]);
  expect(refused).toEqual(['9600 8N1 from unit 3 on: the link is down', '4800 8N1: the link is down']);
  expect(took).toBeGreaterThan(10_000);
  expect(took).toBeLessThan(15_000);
});

test('a line that was never there is no scan, and nobody waits for it', async () => {
  const { result, took } = await scan([OWN, OTHER], () => DOWN);
  await expect(result).rejects.toMatchObject({ code: 'link-down' });
  expect(took).toBeLessThan(1000);
});
