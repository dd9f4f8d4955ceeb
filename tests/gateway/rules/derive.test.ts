import { expect, test } from 'vitest';
import { openZone } from '#kit/zone.ts';
import type { Reading } from '../../../drivers/reading.ts';
import { dayNightLevel } from '../../../gateway/rules/day-night.ts';
import { RuleEngine } from '../../../gateway/rules/engine.ts';
import type { Derived, RulePoint } from '../../../gateway/rules/point.ts';
import { derive } from '../../../gateway/rules/rule.ts';
import { Statistics } from '../../../gateway/rules/statistics.ts';
import { aPoint, aSite } from '../../tools/judged.ts';

const at = (text: string) => Date.parse(`2026-07-${text}+08:00`);
const H = 3_600_000;
const LA = aPoint({ id: 'la', quantity: 'noise.la', unit: 'dB(A)', everyMs: 60_000 });
const WIND = aPoint({ id: 'wind', quantity: 'weather.wind', everyMs: 60_000 });

const derived = (per: Derived['per'], value: Derived['value'], more: Partial<Derived> = {}): RulePoint =>
  aPoint({
    id: `la.${per}.${value}`,
    everyMs: typeof per === 'number' ? per : 24 * H,
    derived: { from: 'd/la', per, value, coverage: 0.75, ...more },
  });

const WINDOWS = {
  night: { name: 'night', fromMinute: 22 * 60, toMinute: 6 * 60 },
  day: { name: 'day', fromMinute: 6 * 60, toMinute: 22 * 60 },
};

function open(points: readonly RulePoint[], start: number, zone = 'Asia/Shanghai', rules: readonly object[] = []) {
  const site = aSite(rules, [LA, WIND, ...points], { windows: WINDOWS });
  return new RuleEngine({ ...site, zone: openZone(zone), start: { at: start, tick: start } });
}

const reading = (time: number, value: number | null, point = 'd/la', tick = time): Reading => ({
  point,
  value,
  at: time,
  tick,
  quality: value === null ? 'bad' : 'good',
});

/** A reading each minute from one instant up to another, of which the last is not. */
const steady = (from: number, to: number, value: number, point?: string): Reading[] =>
  Array.from({ length: (to - from) / 60_000 }, (_, i) => reading(from + i * 60_000, value, point));

function run(engine: RuleEngine, readings: readonly Reading[], end: number): string[] {
  for (const each of readings) engine.step([each]);
  engine.advance(end, end);
  return engine.takeDerived().map(told);
}

const told = ({ point, value, quality, at: time }: Reading) => {
  const number = typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
  return `${point.slice(5)} ${number} ${quality} ${openZone('Asia/Shanghai').encode(time).slice(8, 16)}`;
};

const many = (count: number, value: number) => Array.from({ length: count }, () => value);

test.each([
  ['60 and 70', [60, 70], 67.404],
  ['19 samples of 55 and one of 75', [...many(19, 55), 75], 62.745],
  ['1190 samples of 50 and ten of 90', [...many(1190, 50), ...many(10, 90)], 69.26],
])('Leq of %s', (_, values, leq) => {
  const statistics = new Statistics(false);
  for (const value of values) statistics.add(value);
  expect(Math.abs(statistics.of('leq') - leq)).toBeLessThan(0.001);
});

test.each([
  [60, 50, 60],
  [65, 58, 66.244],
])('Ldn of Ld %d and Ln %d', (ld, ln, ldn) => {
  expect(Math.abs(dayNightLevel(ld, ln, 16 * H, 8 * H) - ldn)).toBeLessThan(0.001);
});

test('the level exceeded p % of the time is the k-th largest, also of 100,000 samples and after being stored', () => {
  const all = Array.from({ length: 100_000 }, (_, i) => ((i * 7919) % 1000) / 10 + 30);
  const statistics = new Statistics(true);
  for (const value of all) statistics.add(value);
  const again = new Statistics(true);
  again.restore(structuredClone(statistics.save()));
  const sorted = all.toSorted((a, b) => b - a);
  for (const p of [5, 10, 50, 90, 95]) {
    const exact = sorted[Math.ceil((all.length * p) / 100) - 1];
    expect([p, statistics.of(`l${p}`), again.of(`l${p}`)]).toEqual([p, exact, exact]);
  }
  expect([again.of('max'), again.of('min')]).toEqual([129.9, 30]);
});

test('an hour is told at its end, and a part of the hour by its share', () => {
  const engine = open([derived(H, 'leq'), derived(H, 'l10'), derived(H, 'valid')], at('15T10:30:00'));
  const readings = [
    ...steady(at('15T10:30:00'), at('15T11:00:00'), 60),
    ...steady(at('15T11:00:00'), at('15T11:54:00'), 60),
    ...steady(at('15T11:54:00'), at('15T12:00:00'), 80),
  ];
  expect(run(engine, readings, at('15T12:00:00'))).toEqual([
    '3600000.leq 60 uncertain 15T11:00',
    '3600000.l10 60 uncertain 15T11:00',
    '3600000.valid 50 good 15T11:00',
    '3600000.leq 70.374 good 15T12:00',
    '3600000.l10 80 good 15T12:00',
    '3600000.valid 100 good 15T12:00',
  ]);
});

test('periods weigh by their valid samples: a night of 30 minutes at 70 and two hours at 50 is no mean of the two', () => {
  const engine = open([derived('night', 'leq', { coverage: 0 })], at('15T21:00:00'));
  const readings = [
    ...steady(at('15T21:00:00'), at('15T22:00:00'), 90),
    ...steady(at('15T22:00:00'), at('16T00:00:00'), 50),
    ...steady(at('16T00:00:00'), at('16T00:30:00'), 70),
    reading(at('16T00:40:00'), null),
  ];
  const ln = 10 * Math.log10((120 * 10 ** 5 + 30 * 10 ** 7) / 150);
  expect(run(engine, readings, at('16T07:00:00'))).toEqual([`night.leq ${Math.round(ln * 1000) / 1000} good 16T06:00`]);
});

test('Ldn is of a day and of the night that begins on its date', () => {
  const engine = open([derived('day', 'leq'), derived('night', 'leq'), derived('night', 'ldn')], at('15T06:00:00'));
  const readings = [
    ...steady(at('15T06:00:00'), at('15T22:00:00'), 65),
    ...steady(at('15T22:00:00'), at('16T06:00:00'), 58),
  ];
  expect(run(engine, readings, at('16T06:00:00'))).toEqual([
    'day.leq 65 good 15T22:00',
    'night.leq 58 good 16T06:00',
    'night.ldn 66.244 good 16T06:00',
  ]);
});

test('what is read in the wind is void, and so is what is read while nobody knows the wind', () => {
  const calm = derive.parse({
    on: { device: 'd' },
    per: ['1h'],
    while: {
      all: [
        { quantity: 'weather.wind', atMost: 5, optional: true },
        { quantity: 'weather.rain', atMost: 0, optional: true },
      ],
    },
  }).while;
  const engine = open([derived(H, 'leq', { while: calm }), derived(H, 'valid', { while: calm })], at('15T10:00:00'));
  const [ten, end] = [at('15T10:00:00'), at('15T11:00:00')];
  for (let time = ten; time < end; time += 60_000) {
    const minute = (time - ten) / 60_000;
    const wind = minute >= 20 && minute < 30 ? 8 : 1;
    const isHeard = minute < 50;
    engine.step([reading(time, wind > 5 ? 90 : 60), ...(isHeard ? [reading(time, wind, 'd/wind')] : [])]);
  }
  engine.advance(end, end);
  // 50 minutes with a wind that is known, and three periods more; ten of them are windy.
  expect(engine.takeDerived().map(told)).toEqual([
    '3600000.leq 60 uncertain 15T11:00',
    `3600000.valid ${Math.round((43 / 60) * 100_000) / 1000} good 15T11:00`,
  ]);
});

test('a period without a sample is bad, and none is told of years that a clock jumps over', () => {
  const engine = open([derived(H, 'leq')], at('15T10:00:00'));
  expect(run(engine, [], at('15T12:00:00'))).toEqual([
    '3600000.leq null bad 15T11:00',
    '3600000.leq null bad 15T12:00',
  ]);
  const tick = at('15T12:30:00');
  engine.step([reading(Date.parse('2031-01-01T00:10:00Z'), 50, 'd/la', tick)]);
  expect(engine.takeDerived()).toHaveLength(1);
});

test('a clock that is set back out of an hour makes what was gathered in it void', () => {
  const engine = open([derived(H, 'valid')], at('15T10:00:00'));
  for (const each of steady(at('15T10:00:00'), at('15T10:30:00'), 60)) engine.step([each]);
  for (const each of steady(at('15T09:30:00'), at('15T10:00:00'), 60)) engine.step([{ ...each, tick: each.at + H }]);
  engine.advance(at('15T10:00:00'), at('15T11:00:00'));
  expect(engine.takeDerived().map(told)).toEqual(['3600000.valid 50 good 15T10:00']);
});

test('an hour that a zone repeats is an hour of its own', () => {
  // Berlin, 2026-10-25: 03:00 summer time becomes 02:00.
  const start = Date.parse('2026-10-25T00:00:00Z');
  const engine = open([derived(H, 'valid')], start, 'Europe/Berlin');
  const ends = run(engine, steady(start, start + 3 * H, 60), start + 3 * H);
  expect(ends.map((each) => each.split(' ')[1])).toEqual(['100', '100', '100']);
});

test('rules stand on what is derived as on anything else', () => {
  const rules = [{ on: { point: 'la.3600000.leq' }, levels: { yellow: { above: 55 } } }];
  const engine = open([derived(H, 'leq')], at('15T10:00:00'), 'Asia/Shanghai', rules);
  for (const each of steady(at('15T10:00:00'), at('15T11:00:00'), 60)) expect(engine.step([each])).toEqual([]);
  const found = engine.advance(at('15T11:00:00'), at('15T11:00:00'));
  expect(found.map(({ answer, value, at: time }) => [answer, value, time])).toEqual([
    ['yellow', expect.closeTo(60, 6), at('15T11:00:00')],
  ]);
});

test('what is gathered outlives a restart, and what history has is not told twice', () => {
  const points = [derived(H, 'leq'), derived(H, 'valid')];
  const first = open(points, at('15T10:00:00'));
  const history: Reading[] = [];
  const saved = new Map<string, object>();
  for (const each of steady(at('15T10:00:00'), at('15T11:20:00'), 60)) {
    history.push(each);
    first.step([each]);
    history.push(...first.takeDerived());
    for (const { key, state } of first.save()) saved.set(key, structuredClone(state));
  }
  const now = at('15T11:25:00');
  const from = at('15T11:19:00') - first.memoryMs;
  const again = open(points, from);
  again.restore(saved, 0, now);
  for (const each of history.filter(({ at: time }) => time > from)) again.step([each]);
  for (const each of steady(now, at('15T12:00:00'), 60)) again.step([each]);
  again.advance(at('15T12:00:00'), at('15T12:00:00'));
  expect(again.takeDerived().map(told)).toEqual([
    '3600000.leq 60 good 15T12:00',
    `3600000.valid ${Math.round((55 / 60) * 100_000) / 1000} good 15T12:00`,
  ]);
});

test('what is stored of a day is small, and stored seldom', () => {
  const engine = open([derived('day', 'l90')], at('15T06:00:00'));
  let bytes = 0;
  const readings = steady(at('15T06:00:00'), at('15T22:00:00'), 60);
  for (const [i, each] of readings.entries()) {
    engine.step([{ ...each, value: 40 + ((i * 37) % 400) / 10 }]);
    for (const { key, state } of engine.save()) if (key.startsWith('derived:')) bytes += JSON.stringify(state).length;
  }
  expect(bytes / (16 * 6)).toBeLessThan(2000);
});

test('a window over days outlives a restart by itself: history is not asked for days', () => {
  const rules = [
    { on: { point: 'la.86400000.leq' }, measure: { kind: 'delta', over: '4d' }, levels: { blue: { atLeast: 2.5 } } },
  ];
  const points = [derived(24 * H, 'leq', { coverage: 0 })];
  const first = open(points, at('01T00:00:00'), 'Asia/Shanghai', rules);
  const saved = new Map<string, object>();
  for (const day of [0, 1, 2]) {
    const noon = at('01T12:00:00') + day * 24 * H;
    first.step([reading(noon, 50 + day)]);
    first.advance(noon + 13 * H, noon + 13 * H);
    for (const { key, state } of first.save()) saved.set(key, structuredClone(state));
  }
  expect(first.memoryMs).toBeLessThan(H);
  const now = at('04T02:00:00');
  const again = open(points, now - first.memoryMs, 'Asia/Shanghai', rules);
  again.restore(saved, 0, now);
  again.step([reading(at('04T12:00:00'), 53)]);
  const found = again.advance(at('05T00:00:00'), at('05T00:00:00'));
  expect(found.map(({ answer, value }) => [answer, value])).toEqual([['blue', expect.closeTo(3, 6)]]);
});

test('what was told after the last that was stored is derived again, judged, and not kept twice', () => {
  const points = [derived(H, 'leq')];
  const first = open(points, at('15T10:00:00'));
  const readings = steady(at('15T10:00:00'), at('15T11:01:00'), 60);
  const saved = new Map<string, object>();
  const history: Reading[] = [];
  for (const each of readings) {
    first.step([each]);
    history.push(...first.takeDerived(), each);
    // Killed before the end of the hour was stored.
    if (each.at < at('15T11:00:00')) for (const { key, state } of first.save()) saved.set(key, structuredClone(state));
  }
  const rules = [{ on: { point: 'la.3600000.leq' }, levels: { yellow: { above: 55 } } }];
  const again = open(points, at('15T10:40:00'), 'Asia/Shanghai', rules);
  again.restore(new Map([...saved].filter(([key]) => key !== '')), 0, at('15T10:59:30'));
  const found = history.filter(({ at: time }) => time > at('15T10:40:00')).flatMap((each) => again.step([each]));
  expect(found.map(({ answer }) => answer)).toEqual(['yellow']);
  expect(again.takeDerived()).toEqual([]);
});
