import { expect, test } from 'vitest';
import type { DeviceClock } from '../../../drivers/network-time.ts';
import { InstrumentClocks } from '../../../gateway/time/instrument-clocks.ts';

const NOW = Date.parse('2026-07-15T14:00:00Z');
/** The line's present; it has nothing to do with the time. */
const LINE = 1_000_000;

/** It said, `agoMs` ago, a time that is `wrong` off. */
const clock = (device: string, wrong = 0, agoMs = 0): DeviceClock => ({
  device,
  at: NOW - agoMs + wrong,
  agoMs,
  accuracyMs: 1000,
});

/** What the time is off by that they together say; or why there is none. */
function sayOf(named: readonly string[], clocks: readonly DeviceClock[]): unknown {
  const say = new InstrumentClocks().ask(named, clocks, LINE);
  if (say === undefined || 'error' in say) return say?.error;
  return say.offer.at - say.offer.line - (NOW - LINE);
}

test.each<[says: string, named: string[], clocks: DeviceClock[], said: unknown]>([
  ['nobody has said anything', ['a'], [], undefined],
  ['the one that is named', ['a'], [clock('a', 700)], 700],
  ['others are not asked', ['a'], [clock('b', 700)], undefined],
  ['two that agree: the one that was less on its way', ['a', 'b'], [clock('a', -3000), clock('b', 500, 60_000)], 500],
  ['one of two alone', ['a', 'b'], [clock('a')], 'only a of a, b has told its time'],
  ['two of two that do not agree', ['a', 'b'], [clock('a'), clock('b', 60_000)], 'a, b: their clocks do not agree'],
  ['two of three', ['a', 'b', 'c'], [clock('a'), clock('b', 60_000), clock('c', -1000)], 0],
  [
    'two against two',
    ['a', 'b', 'c', 'd'],
    [clock('a'), clock('b', 60_000), clock('c', -1000), clock('d', 61_000)],
    'a, b, c, d: their clocks do not agree',
  ],
  [
    'two fresh from the factory against two',
    ['a', 'b', 'c', 'd'],
    [clock('a'), clock('b', -8e11), clock('c'), clock('d', -8e11)],
    0,
  ],
  ['one that said so yesterday', ['a'], [clock('a', 0, 86_400_000)], undefined],
])('%s', (_says, named, clocks, said) => {
  expect(sayOf(named, clocks)).toBe(said);
});

test('a telling is offered once, as of when it was told', () => {
  const clocks = new InstrumentClocks();
  expect(clocks.ask(['a'], [clock('a', 0, 2000)], LINE)).toEqual({
    offer: { source: 'hj212', at: NOW - 2000, line: LINE - 2000, accuracyMs: 1000 },
  });
  expect(clocks.ask(['a'], [clock('a', 0, 5000)], LINE + 3000)).toBeUndefined();
  expect(clocks.ask(['a'], [clock('a', 0, 0)], LINE + 60_000)).toHaveProperty('offer.line', LINE + 60_000);
});
