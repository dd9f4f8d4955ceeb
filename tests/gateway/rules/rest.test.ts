import { expect, test } from 'vitest';
import { openZone } from '#kit/zone.ts';
import { RuleEngine } from '../../../gateway/rules/engine.ts';
import { aPoint, aSite, NIGHT, type Row, readingOf } from '../../tools/judged.ts';

/** A rule of which nothing is pending is not asked at each reading; what else can change its answer must still be seen. */
const LIMIT = { on: { point: 'p' }, levels: { yellow: { above: 10 }, red: { above: 20 } } };
const DRY = { while: { all: [{ quantity: 'weather.rain', below: 1 }] } };
const RAIN = 'd/rain';
const MIDNIGHT = 7200;

interface Case {
  readonly says: string;
  readonly rule: object;
  /** Of the point's own readings, which come every 10 s all the time. */
  readonly value: (seconds: number) => number | string | null;
  readonly rain?: (seconds: number) => number | null;
  readonly from?: number;
  readonly trust?: readonly (readonly [seconds: number, trust: 'unknown' | 'synchronised'])[];
  /** Each change of the answer. */
  readonly told: readonly string[];
}

const CASES: readonly Case[] = [
  {
    says: 'the certificate of its device runs out',
    rule: { ...LIMIT, legal: true },
    value: () => 5,
    from: MIDNIGHT - 60,
    told: [`${MIDNIGHT - 60} normal`, `${MIDNIGHT} not-evaluable calibration`],
  },
  {
    says: 'the certificate runs out while a level holds',
    rule: { ...LIMIT, legal: true },
    value: () => 15,
    from: MIDNIGHT - 60,
    told: [`${MIDNIGHT - 60} yellow`, `${MIDNIGHT} not-evaluable calibration`],
  },
  {
    says: 'the clock loses its trust, and has it again',
    rule: { ...LIMIT, legal: true },
    value: () => 15,
    trust: [
      [65, 'unknown'],
      [85, 'synchronised'],
    ],
    told: ['0 yellow', '65 not-evaluable clock', '90 yellow'],
  },
  {
    says: 'what its `while` needs falls silent, and is read again',
    rule: { ...LIMIT, ...DRY },
    value: () => 5,
    rain: (seconds) => (seconds > 30 && seconds < 100 ? null : 0),
    told: ['0 normal', '70 not-evaluable while', '100 normal'],
  },
  {
    says: 'its `while` ceases to hold, and holds again',
    rule: { ...LIMIT, ...DRY },
    value: () => 15,
    rain: (seconds) => (seconds > 30 && seconds < 100 ? 5 : 0),
    told: ['0 yellow', '40 not-in-force', '100 yellow'],
  },
  {
    says: 'another level is passed, and each is left again',
    rule: LIMIT,
    value: (seconds) => (seconds < 30 ? 5 : seconds < 60 ? 15 : seconds < 90 ? 25 : seconds < 120 ? 15 : 5),
    told: ['0 normal', '30 yellow', '60 red', '90 yellow', '120 normal'],
  },
  {
    says: 'a value stands at the very limit, and is beyond it by the least there is',
    rule: LIMIT,
    value: (seconds) =>
      seconds < 30 ? 10 : seconds < 60 ? 10.000000000000002 : seconds < 90 ? 20 : 20.000000000000004,
    told: ['0 normal', '30 yellow', '90 red'],
  },
  {
    says: 'a text comes where a number was',
    rule: LIMIT,
    value: (seconds) => (seconds === 40 ? '8' : 5),
    told: ['0 normal', '40 not-evaluable no-value', '50 normal'],
  },
  {
    says: 'readings are bad beyond a gap',
    rule: LIMIT,
    value: (seconds) => (seconds > 30 && seconds < 100 ? null : 15),
    told: ['0 yellow', '70 not-evaluable offline', '100 yellow'],
  },
  {
    says: 'a window of the day closes on it, and opens again',
    rule: { ...LIMIT, during: 'late' },
    value: () => 15,
    told: ['0 yellow', '60 not-in-force', '120 yellow'],
  },
  {
    says: 'from none to the highest, and back to none',
    rule: { ...LIMIT, measure: { kind: 'leq', over: '30s' }, levels: { yellow: { above: 50 }, red: { above: 60 } } },
    value: (seconds) => (seconds >= 60 && seconds < 70 ? 90 : 40),
    told: ['0 not-evaluable filling', '20 normal', '60 red', '90 normal'],
  },
];

test.each(CASES)('$says', ({ rule, value, rain = () => 0, from = 0, trust = [], told }) => {
  const points = [
    aPoint({ validUntil: '2026-07-15' }),
    aPoint({ id: 'rain', key: RAIN, quantity: 'weather.rain', unit: 'mm/h' }),
  ];
  // Closed from a minute after the beginning to two.
  const late = { name: 'late', fromMinute: 22 * 60 + 2, toMinute: 22 * 60 + 1 };
  const site = aSite([rule], points, { windows: { late } });
  const start = { at: NIGHT + from * 1000, tick: NIGHT + from * 1000 };
  const engine = new RuleEngine({ ...site, zone: openZone(site.timeZone), start });
  const heard: string[] = [];
  let last = '';
  const look = (seconds: number) => {
    for (const { point, answer, code } of engine.answers()) {
      const now = [answer, code].filter((part) => part !== null).join(' ');
      if (point === RAIN || now === last) continue;
      heard.push(`${seconds} ${now}`);
      last = now;
    }
  };
  for (let seconds = from; seconds < from + 150; seconds += 5) {
    const at = NIGHT + seconds * 1000;
    for (const [when, now] of trust) if (when === seconds) engine.setTrust(now, at, at);
    const rows: Row[] = [];
    const wet = rain(seconds);
    if (seconds % 10 === 0 && wet !== null) rows.push([seconds, wet, RAIN]);
    if (seconds % 10 === 0) rows.push([seconds, value(seconds)]);
    engine.step(rows.map((row) => readingOf(row, NIGHT)));
    look(seconds);
  }
  expect(heard).toEqual(told);
});
