import { describe, expect, test } from 'vitest';
import type { AnswerView } from '../../../gateway/api/context.ts';
import type { RuleView } from '../../../gateway/api/people-desk.ts';
import type { ListedAlarm, LiveReading } from '../../../gateway/console/api.ts';
import { nextLevel } from '../../../gateway/console/next-level.ts';
import { instantIn, momentWords } from '../../../gateway/console/permit-time.ts';
import { noteParts } from '../../../gateway/console/phrases.ts';
import { alarm, NIGHT } from './night.ts';

const rule = (id: string, measure: string, levels: RuleView['levels']): RuleView => ({
  ...{ id, measure, levels, title: { zh: id, en: id }, kind: 'limit', basis: null, respond: null },
});
const RULES = [
  rule('depth', 'value', { blue: { atLeast: 5 }, orange: { atLeast: 25 }, red: { atLeast: 30 } }),
  rule('rise', 'rate', { yellow: { above: 1 } }),
  rule('elsewhere', 'value', { red: { above: 21 } }),
];
const answer = (of: string, value: number | null, point = 'water-02/depth'): AnswerView => ({
  ...{ rule: of, point, value, answer: 'orange', code: null, since: NIGHT },
});
const RISING = [answer('depth', 20), answer('rise', 2)];
const reading = (value: number | string | null, quality: 'good' | 'bad' = 'good'): LiveReading => ({
  ...{ point: 'water-02/depth', value, at: NIGHT, quality },
});
const flooded = alarm({
  ...{ id: 'a', rule: 'waterlogging', key: 'water-02/depth', level: 'yellow', raised: '00:00', value: 15, limit: 15 },
});
const watched = (change: Partial<ListedAlarm['watch']>): ListedAlarm => ({
  ...flooded,
  watch: { ...flooded.watch, ...change },
});

describe('when the next level comes', () => {
  test.each<[string, ListedAlarm, LiveReading | null, readonly AnswerView[], object | null]>([
    ['at the rate of now', flooded, reading(20), RISING, { level: 'orange', limit: 25, at: NIGHT + 150_000 }],
    ['past one it is the one above', flooded, reading(26), RISING, { level: 'red', at: NIGHT + 120_000 }],
    ['also beside the alarm of the rate', watched({ measure: 'rate 5min' }), reading(20), RISING, { level: 'orange' }],
    ['not above the highest', flooded, reading(31), RISING, null],
    ['not where it falls', flooded, reading(20), [answer('depth', 20), answer('rise', -2)], null],
    ['not where nothing says how fast', flooded, reading(20), [answer('depth', 20)], null],
    [
      'not by the rate of another point',
      flooded,
      reading(20),
      [answer('depth', 20), answer('rise', 2, 'water-05/depth')],
      null,
    ],
    ['not in more than three hours', flooded, reading(20), [answer('depth', 20), answer('rise', 0.02)], null],
    ['not by a reading that is bad', flooded, reading(20, 'bad'), RISING, null],
    ['not without one', flooded, null, RISING, null],
    ['not for what is a mean', watched({ measure: 'mean 10min' }), reading(20), RISING, null],
    ['not once it has returned', { ...flooded, condition: 'normal', level: null }, reading(20), RISING, null],
  ])('%s', (_, of, last, answers, wanted) => {
    const next = nextLevel(of, last, RULES, answers);
    if (wanted === null) expect(next).toBeNull();
    else expect(next).toMatchObject(wanted);
  });
});

test.each([
  ['Asia/Shanghai', '2026-07-15T22:00', '2026-07-15T22:00:00+08:00'],
  ['Asia/Kathmandu', '2026-07-15T22:00', '2026-07-15T22:00:00+05:45'],
  ['America/St_Johns', '2026-07-15T22:00', '2026-07-15T22:00:00-02:30'],
  ['Europe/Berlin', '2026-10-25T01:30', '2026-10-25T01:30:00+02:00'],
  ['Europe/Berlin', '2026-10-25T04:30', '2026-10-25T04:30:00+01:00'],
])('in %s %s is %s, and reads so again', (zone, local, instant) => {
  expect(instantIn(zone, local)).toBe(instant);
  expect(momentWords(zone, instant)).toBe(local.replace('T', ' '));
});

test('a date of a filing is no instant', () => {
  expect(momentWords('Asia/Shanghai', '2026-07-15')).toBe('2026-07-15');
});

const PHOTO = '#1784122200000-0123456789abcdef.jpg';
test.each<[string, string, readonly [number, number] | null]>([
  ['已拉警戒', '已拉警戒', null],
  [`已拉警戒 @120.7,30.74 ${PHOTO}`, '已拉警戒', [120.7, 30.74]],
  [`@120.7,-30.7 ${PHOTO}`, '', [120.7, -30.7]],
  [`两处 ${PHOTO}`, '两处', null],
  ['给 @li 的 #1', '给 @li 的 #1', null],
  ['第一行\n第二行 @1,2', '第一行\n第二行', [1, 2]],
])('of the note %j people read %j', (note, words, at) => {
  expect(noteParts(note)).toEqual({ words, at });
});
