import { expect, test } from 'vitest';
import type { Reading } from '../../../drivers/reading.ts';
import { Judge } from '../../../gateway/judge/judge.ts';
import { NoiseFloor } from '../../../gateway/rules/noise-floor.ts';
import { permit } from '../../../gateway/rules/permit.ts';
import { rule } from '../../../gateway/rules/rule.ts';
import { aPoint, aSite, NIGHT, readingOf, told } from '../../tools/judged.ts';

const WORK = {
  measure: { kind: 'percentile', p: 10, over: '5min', from: 'background' },
  during: 'night',
  levels: { orange: { above: 10 } },
  hold: '5min',
  clear: { by: 3, for: '10min' },
} as const;
const RULES = [
  { ...WORK, id: 'absent', permit: { kind: 'night-work', when: 'absent' } },
  { ...WORK, id: 'ended', permit: { kind: 'night-work', when: 'ended' } },
];
const POINT = aPoint({ quantity: 'noise.la', unit: 'dB(A)', everyMs: 10_000 });
const FILING = {
  id: 'f',
  on: { device: 'd' },
  from: '2026-07-15T22:00:00+08:00',
  to: '2026-07-15T23:00:00+08:00',
  status: 'granted',
};
const site = (filings: readonly object[]) => aSite(RULES, [POINT], { filings });
const BEGIN = NIGHT - 3_600_000;

/** An hour of quiet, and from 22:20 on work, up to midnight; a reading every 10 s. */
const VALUES = Array.from({ length: 1080 }, (_, i) => (i < 480 ? 42 + (i % 3) : 56 + (i % 5)));
const READINGS = VALUES.map((value, i) => readingOf([i * 10, value], BEGIN));

/** Judges them; killed after some, what was saved at the last event or checkpoint and what history has goes on. */
function run(
  filings: readonly object[],
  kills: ReadonlySet<number>,
  change?: { at: number; permit: object },
): string[] {
  const events: string[] = [];
  const saved = new Map<string, object>();
  let permits = filings;
  let judge = new Judge(site(permits), { at: BEGIN, tick: BEGIN }, 'synchronised');
  let alarms: Judge['alarms']['open'] = [];
  const keep = (step: ReturnType<Judge['step']>, isCheckpoint: boolean) => {
    events.push(...step.events.map((event) => `${event.data.rule} ${told(event, NIGHT)}`));
    if (step.events.length === 0 && !isCheckpoint) return;
    for (const { key, state } of judge.rules.save()) saved.set(key, structuredClone(state));
    alarms = [...judge.alarms.open];
  };
  READINGS.forEach((reading: Reading, i) => {
    if (change?.at === i) {
      permits = [change.permit];
      keep(judge.setPermits([permit.parse(change.permit)], reading), true);
    }
    keep(judge.step([reading]), i % 3 === 0);
    if (!kills.has(i)) return;
    const { memoryMs } = judge.rules;
    const from = reading.at - memoryMs;
    judge = new Judge(site(permits), { at: from, tick: from }, 'synchronised');
    judge.alarms.restore(alarms, []);
    judge.rules.restore(saved, 0, reading.tick);
    for (const past of READINGS.slice(0, i + 1)) if (past.at >= from) keep(judge.step([past]), false);
    keep(judge.resume(0, reading), false);
  });
  return events;
}

const ALL_KILLS = new Set(Array.from({ length: 60 }, (_, i) => 180 + i * 15));

test.each([
  ['without a filing', [], undefined, ['absent 1520 raised orange']],
  ['with one that ends', [FILING], undefined, ['ended 4120 raised orange']],
  [
    'with one that is revoked',
    [FILING],
    { at: 600, permit: { ...FILING, status: 'revoked' } },
    ['absent 2920 raised orange'],
  ],
  [
    'with one that is granted late',
    [],
    { at: 600, permit: FILING },
    ['absent 1520 raised orange', 'absent 2400 returned', 'ended 4120 raised orange'],
  ],
])('work at night %s: the same with a kill every 150 s', (_says, filings, change, expected) => {
  const unbroken = run(filings, new Set(), change);
  expect(
    unbroken.map((line) =>
      line
        .split(' ')
        .slice(0, line.includes('returned') ? 3 : 4)
        .join(' '),
    ),
  ).toEqual(expected);
  expect(run(filings, ALL_KILLS, change)).toEqual(unbroken);
});

test('a background that most of the day is work stays that of its quietest hours', () => {
  const quiet = Array.from({ length: 360 }, (_, i) => readingOf([i * 10, 42], BEGIN - 6 * 3_600_000));
  const work = Array.from({ length: 2400 }, (_, i) => readingOf([i * 10, 60], BEGIN - 5 * 3_600_000));
  const judge = new Judge(site([]), { at: quiet[0]?.at ?? 0, tick: quiet[0]?.tick ?? 0 }, 'synchronised');
  const events = [...quiet, ...work].flatMap((reading) => judge.step([reading]).events);
  expect(events.map(({ data }) => [data.rule, data.value])).toEqual([['absent', 18]]);
});

test('permit.when without a window is refused, and a measure without one has no background', () => {
  const common = { id: 'r', title: { zh: '规', en: 'r' }, on: { device: 'd' }, levels: { blue: { above: 1 } } };
  const when = rule.safeParse({ ...common, permit: { kind: 'night-work', when: 'absent' } });
  expect(when.error?.issues[0]).toMatchObject({ path: ['during'], message: expect.stringContaining('window') });
  expect(rule.safeParse({ ...common, measure: { kind: 'max', over: '5min', from: 'background' } }).success).toBe(false);
});

test('a filing that a file brings while the gateway is off ends work without one at its start', () => {
  const before = new Judge(site([]), { at: BEGIN, tick: BEGIN }, 'synchronised');
  for (const reading of READINGS.slice(0, 700)) before.step([reading]);
  const last = READINGS[699] ?? readingOf([0, 0], BEGIN);
  const saved = new Map(before.rules.save().map(({ key, state }) => [key, structuredClone(state)]));
  const restart = (filings: readonly object[]) => {
    const from = last.at - before.rules.memoryMs;
    const judge = new Judge(site(filings), { at: from, tick: from }, 'synchronised');
    judge.alarms.restore(before.alarms.open, []);
    judge.rules.restore(saved, 0, last.tick);
    for (const past of READINGS.slice(0, 700)) if (past.at >= from) judge.step([past]);
    return judge.resume(1000, { at: last.at + 1000, tick: last.tick + 1000 }).events;
  };
  expect(restart([])).toEqual([]);
  expect(restart([FILING]).map(({ data }) => [data.condition, data.reason, data.permit])).toEqual([
    ['normal', 'permit', { id: 'f', status: 'granted' }],
  ]);
});

test('a background goes on where it was saved: its blocks, and the one that is open', () => {
  const values = Array.from({ length: 600 }, (_, i) => 40 + ((i * 7) % 23) + Math.floor(i / 50));
  const unbroken = new NoiseFloor(POINT);
  let killed = new NoiseFloor(POINT);
  values.forEach((value, i) => {
    const [tick, shifted] = [i * 10_000, i * 10_000 + (i > 305 ? 5000 : 0)];
    unbroken.take(0, tick, value);
    killed.take(0, shifted, value);
    if (i !== 305) return;
    const state = killed.save();
    killed = new NoiseFloor(POINT);
    killed.restore(state, 0, 5000);
    for (let past = i - 40; past <= i; past++) killed.take(0, past * 10_000 + 5000, values[past] ?? 0);
  });
  expect(unbroken.save().blocks.length).toBeGreaterThan(10);
  expect([killed.level, killed.save().blocks.map(([, level]) => level)]).toEqual([
    unbroken.level,
    unbroken.save().blocks.map(([, level]) => level),
  ]);
});
