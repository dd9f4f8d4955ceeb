import { expect, test } from 'vitest';
import { anchorTrust, NO_ANCHOR, type Offer, takeOffer } from '../../../gateway/time/anchor.ts';

const T = Date.parse('2026-07-15T14:00:00Z');
const HOUR = 3_600_000;
const modem = (line: number, at: number, accuracyMs = 500): Offer => ({ source: 'modem', line, at, accuracyMs });
const platform = (line: number, at: number): Offer => ({ source: 'platform', line, at, accuracyMs: 50 });

/** What becomes of offers one after another: their answers, and the time at point 0 of the line. */
function after(offers: readonly Offer[], order: readonly ('modem' | 'platform')[] = ['modem', 'platform']) {
  let state = NO_ANCHOR;
  const answers = offers.map((offer) => {
    const taken = takeOffer(state, offer, order);
    state = taken.state;
    return taken.answer.status === 'refused' ? taken.answer.code : taken.answer.status;
  });
  return { answers, at: state.anchor?.shiftMs ?? null, source: state.anchor?.source ?? null };
}

const rows: readonly [string, readonly Offer[], readonly string[], number | null][] = [
  ['the first that can be true is taken', [modem(0, T)], ['set'], T],
  ['a modem that nobody has set is of 1980', [modem(0, Date.UTC(1980, 0, 6))], ['before-build'], null],
  ['a time of 2080 is too far', [modem(0, Date.UTC(2080, 0, 1))], ['too-far'], null],
  ['what is no number is no time', [modem(0, Number.NaN)], ['before-build'], null],
  ['a second more or less is no news', [modem(0, T), modem(60_000, T + 60_400)], ['set', 'confirmed'], T],
  ['a crystal that drifted is followed', [modem(0, T), modem(60_000, T + 62_000)], ['set', 'set'], T + 2000],
  ['an hour off at once is a jump', [modem(0, T), modem(1000, T + HOUR)], ['set', 'jump'], T],
  [
    'three times the same is believed',
    [modem(0, T), modem(1000, T + HOUR), modem(2000, T + HOUR + 1000), modem(3000, T + HOUR + 2000)],
    ['set', 'jump', 'jump', 'set'],
    T + HOUR - 1000,
  ],
  [
    'three wild ones that differ are not',
    [modem(0, T), modem(1000, T + HOUR), modem(2000, T + 9 * HOUR), modem(3000, T - HOUR), modem(4000, T + 4000)],
    ['set', 'jump', 'jump', 'jump', 'confirmed'],
    T,
  ],
  [
    'who is believed less moves nothing within the hour, however often',
    [modem(0, T), ...[1, 2, 3, 4].map((n) => platform(n * 1000, T + HOUR))],
    ['set', 'jump', 'jump', 'jump', 'jump'],
    T,
  ],
  [
    'who is believed less is heard again when the other has been silent for an hour',
    [modem(0, T), platform(2 * HOUR, T + 2 * HOUR + 3000)],
    ['set', 'set'],
    T + 3000,
  ],
  ['after a day nothing is left to contradict', [modem(0, T), modem(25 * HOUR, T)], ['set', 'set'], T - 25 * HOUR],
];
test.each(rows)('%s', (_, offers, answers, at) => {
  expect(after(offers)).toMatchObject({ answers, at });
});

test('a time that was told is good for an hour, then held for a day', () => {
  const { state } = takeOffer(NO_ANCHOR, modem(0, T), ['modem']);
  const trusts = [0, HOUR - 1, HOUR, 24 * HOUR - 1, 24 * HOUR].map((line) => anchorTrust(state, line));
  expect(trusts).toEqual(['synchronised', 'synchronised', 'holding', 'holding', 'unknown']);
});

test('a refusal says who said what', () => {
  const { answer } = takeOffer(NO_ANCHOR, modem(0, Date.UTC(1980, 0, 6)), ['modem']);
  expect(answer).toMatchObject({
    message: 'modem says 1980-01-06T00:00:00.000Z, which is before this gateway was made',
  });
});
