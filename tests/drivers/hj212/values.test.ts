import { describe, expect, test } from 'vitest';
import type { Field } from '../../../drivers/hj212/frame.ts';
import { encodeQn, parseLocalTime } from '../../../drivers/hj212/local-time.ts';
import { readFrame } from '../../../drivers/hj212/values.ts';
import { openZone } from '../../../gateway/kit/zone.ts';
import { makePoint } from './site.ts';
import { vectorOf } from './vectors.ts';

const zone = openZone('Asia/Shanghai');

/** `LA-Rtd=57.9,LA-Flag=N;…` as a CP. */
const cpOf = (text: string): Field[][] =>
  text.split(';').map((item) => item.split(',').map((field) => field.split('=') as unknown as Field));

const TIME = 'DataTime=20260715220000';
const said = ({ readings }: ReturnType<typeof readFrame>) =>
  readings.map(({ value, quality, code = '' }) => [value, quality, code].join(' ').trim());

describe('a field becomes a reading', () => {
  const la = makePoint('LA-Rtd', { range: [20, 140] });
  const fan = makePoint('SB1-RS');
  test.each<[says: string, cp: string, wanted: string[]]>([
    ['without a flag it is good', 'LA-Rtd=57.9', ['57.9 good']],
    ['N is normal', 'LA-Rtd=57.9,LA-Flag=N', ['57.9 good']],
    ['the flag may stand in an item of its own', 'LA-Rtd=57.9;LA-Flag=D', ['57.9 bad flag-D']],
    [
      'T is above range, at least full scale: limits are held against it',
      'LA-Rtd=150,LA-Flag=T',
      ['150 good above-range'],
    ],
    ['F: stopped', 'LA-Rtd=57.9,LA-Flag=F', ['57.9 bad flag-F']],
    ['M: maintenance', 'LA-Rtd=57.9,LA-Flag=M', ['57.9 bad flag-M']],
    ['S: set by hand', 'LA-Rtd=57.9,LA-Flag=S', ['57.9 bad flag-S']],
    ['D: defect', 'LA-Rtd=57.9,LA-Flag=D', ['57.9 bad flag-D']],
    ['C: calibrating', 'LA-Rtd=57.9,LA-Flag=C', ['57.9 bad flag-C']],
    ['B: the instrument does not answer', 'LA-Rtd=0.00,LA-Flag=B', ['0 bad flag-B']],
    ['a flag that nobody knows', 'LA-Rtd=57.9,LA-Flag=X', ['57.9 bad flag-X']],
    ['a flag of more than one character', 'LA-Rtd=57.9,LA-Flag=NN', ['57.9 bad flag-unknown']],
    ['an empty flag says nothing', 'LA-Rtd=57.9,LA-Flag=', ['57.9 good']],
    ['a sign', 'LA-Rtd=-3.5', ['-3.5 bad out-of-range']],
    ['no value', 'LA-Rtd=,LA-Flag=D', ['bad flag-D']],
    ['no value and no flag', 'LA-Rtd=', ['bad no-value']],
    ['no value though above range', 'LA-Rtd=,LA-Flag=T', ['bad no-value']],
    ['an exponent is no number', 'LA-Rtd=5.79e1', ['bad not-a-number']],
    ['NaN is none', 'LA-Rtd=NaN', ['bad not-a-number']],
    ['Infinity is none', 'LA-Rtd=Infinity', ['bad not-a-number']],
    ['a hexadecimal is none', 'LA-Rtd=0x39', ['bad not-a-number']],
    ['a comma too many is none', 'LA-Rtd=5.7.9', ['bad not-a-number']],
    ['a state', 'SB1-RS=1', ['running good']],
    ['a state with a zero before', 'SB1-RS=01', ['running good']],
    ['a state that nobody knows', 'SB1-RS=9', ['bad unknown-state']],
    ['a state that is text', 'SB1-RS=on', ['bad unknown-state']],
    ['names are case-sensitive', 'la-Rtd=57.9', []],
    ['an average is not the real-time value', 'LA-Avg=57.9', []],
  ])('%s', (_says, cp, wanted) => {
    expect(said(readFrame([la, fan], { cn: '2011', cp: cpOf(`${TIME};${cp}`) }, zone))).toEqual(wanted);
  });

  test('in another unit it is converted', () => {
    const tsp = makePoint('a34001-Rtd', { convert: { factor: 0.001, offset: 0 } });
    expect(readFrame([tsp], vectorOf('pub-2011-noise-la').says, zone).readings).toEqual([
      { point: 'd/a34001-rtd', value: 178, quality: 'good', deviceAt: Date.parse('2018-04-27T12:58:09+08:00') },
    ]);
  });
});

describe('which command a point is read from', () => {
  const cp = cpOf(`${TIME};LA-Rtd=1;Leq-Data=2;LA-Avg=3;SB1-RS=1;SB1-RT=4;Ld-DayData=5`);
  const factors = ['LA-Rtd', 'Leq-Data', 'LA-Avg', 'SB1-RS', 'SB1-RT', 'Ld-DayData'];
  test.each([
    [2011, ['LA-Rtd', 'SB1-RS']],
    [2021, ['SB1-RS']],
    [2031, ['Ld-DayData']],
    [2041, ['SB1-RT']],
    [2051, ['Leq-Data', 'LA-Avg']],
    [2061, []],
  ])('%i, by the suffix', (cn, wanted) => {
    const points = factors.map((factor) => makePoint(factor));
    const { readings } = readFrame(points, { cn: String(cn), cp }, zone);
    expect(readings.map(({ point }) => point)).toEqual(wanted.map((factor) => `d/${factor.toLowerCase()}`));
  });
  test('as the profile says', () => {
    const hourly = makePoint('Leq-Data', { source: { factor: 'Leq-Data', cn: 2061 } });
    expect(readFrame([hourly], { cn: '2061', cp }, zone).readings).toHaveLength(1);
    expect(readFrame([hourly], { cn: '2051', cp }, zone).readings).toHaveLength(0);
  });
});

test.each([
  ['real-time data: the moment', 2011, 60_000, '2026-07-15T22:00:00+08:00'],
  ['states: the moment', 2021, 60_000, '2026-07-15T22:00:00+08:00'],
  ['minute data: one period of the point after the start', 2051, 600_000, '2026-07-15T22:10:00+08:00'],
  ['hour data: an hour after', 2061, 600_000, '2026-07-15T23:00:00+08:00'],
  ['day data: a day after', 2031, 600_000, '2026-07-16T22:00:00+08:00'],
  ['run hours: a day after', 2041, 600_000, '2026-07-16T22:00:00+08:00'],
])("the device's time of %s", (_says, cn, everyMs, wanted) => {
  const point = makePoint('x-Data', { everyMs, source: { factor: 'x-Data', cn } });
  const { readings } = readFrame([point], { cn: String(cn), cp: cpOf(`${TIME};x-Data=1`) }, zone);
  expect(readings[0]?.deviceAt).toBe(Date.parse(wanted));
});

test.each([
  ['of another zone', 'Europe/London', '20260715220000', '2026-07-15T22:00:00+01:00'],
  ['with milliseconds', 'Asia/Shanghai', '20260715220000123', '2026-07-15T22:00:00.123+08:00'],
  ['a leap day', 'Asia/Shanghai', '20280229235959', '2028-02-29T23:59:59+08:00'],
])('a local time %s', (_says, name, text, wanted) => {
  expect(parseLocalTime(text, openZone(name))).toBe(Date.parse(wanted));
});

test.each([
  '',
  '2026071522000',
  '20260230000000',
  '20261315000000',
  '20260715240000',
  '20260715226000',
  '19700101000000',
  '2026-07-15',
])('no local time: %j', (text) => {
  expect(parseLocalTime(text, zone)).toBeUndefined();
  const { readings, flaws } = readFrame(
    [makePoint('LA-Rtd')],
    { cn: '2011', cp: [[['DataTime', text]], [['LA-Rtd', '1']]] },
    zone,
  );
  expect(readings[0]).not.toHaveProperty('deviceAt');
  expect(flaws.badTimes).toBe(1);
});

test('a QN is the local time with milliseconds', () => {
  expect(encodeQn(Date.parse('2026-07-15T14:00:01.023Z'), zone)).toBe('20260715220001023');
});
