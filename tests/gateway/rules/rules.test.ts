import { describe, expect, test } from 'vitest';
import { Judge } from '../../../gateway/judge/judge.ts';
import { aPoint, aSite, judge, NIGHT, type Row, readingOf, steady, told } from '../../tools/judged.ts';

interface Case {
  readonly says: string;
  readonly rule: object;
  readonly rows: readonly Row[];
  readonly until?: number;
  readonly expected: readonly string[];
}

const limit = (levels: object, more: object = {}) => ({ levels, ...more });

const CASES: readonly Case[] = [
  {
    says: 'above is passed only beyond the limit',
    rule: limit({ yellow: { above: 5 } }),
    rows: [
      [0, 5],
      [10, 5.1],
    ],
    expected: ['10 raised yellow 5.1'],
  },
  {
    says: 'atLeast is passed at the limit',
    rule: limit({ yellow: { atLeast: 5 } }),
    rows: [
      [0, 4.9],
      [10, 5],
    ],
    expected: ['10 raised yellow 5'],
  },
  {
    says: 'below and atMost are mirrored',
    rule: limit({ yellow: { below: 5 }, orange: { atMost: 2 } }),
    rows: [
      [0, 5],
      [10, 4.9],
      [20, 2],
      [30, 2.1],
      [40, 5],
    ],
    expected: ['10 raised yellow 4.9', '20 level-changed orange 2', '30 level-changed yellow 2.1', '40 returned 5'],
  },
  {
    says: 'outside is passed on both sides, and back is inside by `by` on both',
    rule: limit({ yellow: { outside: [0, 10] } }, { clear: { by: 1 } }),
    rows: [
      [0, 10],
      [10, 10.5],
      [20, 9.5],
      [30, 9],
      [40, -0.1],
      [50, 0.5],
      [60, 1],
    ],
    expected: ['10 raised yellow 10.5', '30 returned 9', '40 raised yellow -0.1 again', '60 returned 1'],
  },
  {
    says: 'all levels that change at one instant give one event',
    rule: limit({ blue: { above: 1 }, yellow: { above: 2 }, red: { above: 3 } }),
    rows: [
      [0, 9],
      [10, 0],
    ],
    expected: ['0 raised red 9', '10 returned 0'],
  },
  {
    says: 'a hold fires at its deadline, not at the reading after it',
    rule: limit({ yellow: { above: 5 } }, { hold: '15s' }),
    rows: [
      [0, 6],
      [10, 7],
      [20, 8],
    ],
    expected: ['15 raised yellow 7'],
  },
  {
    says: 'a hold is broken by a reading that is not beyond the limit',
    rule: limit({ yellow: { above: 5 } }, { hold: '15s' }),
    rows: [
      [0, 6],
      [10, 5],
      [20, 6],
      [30, 6],
    ],
    until: 40,
    expected: ['35 raised yellow 6'],
  },
  {
    says: 'bad readings do not break a hold',
    rule: limit({ yellow: { above: 5 } }, { hold: '25s' }),
    rows: [
      [0, 6],
      [10, null],
      [20, 6],
      [30, 6],
    ],
    expected: ['25 raised yellow 6'],
  },
  {
    says: 'a gap of exactly three periods does not break a hold',
    rule: limit({ yellow: { above: 5 } }, { hold: '40s' }),
    rows: [
      [0, 6],
      [30, 6],
      [40, 6],
    ],
    expected: ['40 raised yellow 6'],
  },
  {
    says: 'a gap of more than three periods breaks a hold, which starts again at the next good reading',
    rule: limit({ yellow: { above: 5 } }, { hold: '40s' }),
    rows: [
      [0, 6],
      [31, 6],
      [41, 6],
      [51, 6],
      [61, 6],
    ],
    until: 80,
    expected: ['71 raised yellow 6'],
  },
  {
    says: 'a deadline at or before the last good reading + 3 periods still fires',
    rule: limit({ yellow: { above: 5 } }, { hold: '30s' }),
    rows: [[0, 6]],
    until: 300,
    expected: ['30 raised yellow 6'],
  },
  {
    says: 'a deadline after the last good reading + 3 periods does not fire',
    rule: limit({ yellow: { above: 5 } }, { hold: '31s' }),
    rows: [[0, 6]],
    until: 300,
    expected: [],
  },
  {
    says: 'levels that hold go on holding through a gap',
    rule: limit({ yellow: { above: 5 } }),
    rows: [
      [0, 6],
      [500, 6],
    ],
    until: 600,
    expected: ['0 raised yellow 6'],
  },
  {
    says: 'each level has its own start of hold',
    rule: limit({ blue: { above: 1 }, red: { above: 5 } }, { hold: '20s' }),
    rows: [
      [0, 2],
      [10, 6],
      [20, 6],
      [30, 6],
    ],
    expected: ['20 raised blue 6', '30 level-changed red 6'],
  },
  {
    says: 'clear needs the value back by `by`, without a break for `for`',
    rule: limit({ yellow: { above: 5 } }, { clear: { by: 1, for: '20s' } }),
    rows: [
      [0, 6],
      [10, 4.5],
      [20, 4],
      [30, 4.5],
      [40, 4],
      [50, 4],
      [60, 4],
    ],
    expected: ['0 raised yellow 6', '60 returned 4'],
  },
  {
    says: 'a clear is broken by a gap as a hold is',
    rule: limit({ yellow: { above: 5 } }, { clear: { for: '60s' } }),
    rows: [
      [0, 6],
      [10, 4],
      [50, 4],
      [60, 4],
      [70, 4],
      [80, 4],
      [90, 4],
      [100, 4],
      [110, 4],
    ],
    expected: ['0 raised yellow 6', '110 returned 4'],
  },
  {
    says: 'each level clears by itself, also while a higher one holds',
    rule: limit({ blue: { above: 1 }, red: { above: 5 } }, { clear: { for: '20s' } }),
    rows: [
      [0, 6],
      [10, 3],
      [20, 0],
      [30, 0],
      [40, 0],
    ],
    expected: ['0 raised red 6', '30 level-changed blue 0', '40 returned 0'],
  },
  {
    says: 'an alarm that comes back before it was closed is raised again, the same one',
    rule: limit({ yellow: { above: 5 } }),
    rows: [
      [0, 6],
      [10, 4],
      [20, 6],
    ],
    expected: ['0 raised yellow 6', '10 returned 4', '20 raised yellow 6 again'],
  },
  {
    says: 'a state is back when it is none of those named',
    rule: { kind: 'state', levels: { yellow: { is: ['off'] }, red: { is: ['broken'] } }, clear: { for: '10s' } },
    rows: [
      [0, 'on'],
      [10, 'off'],
      [20, 'broken'],
      [30, 'on'],
      [40, 'on'],
    ],
    expected: ['10 raised yellow off', '20 level-changed red broken', '40 returned on'],
  },
  {
    says: 'silence falls due by itself, counted from the last good reading; the next one returns it',
    rule: { kind: 'silent', after: '60s', level: 'blue' },
    rows: [
      [0, 1],
      [10, 1],
      [20, null],
      [100, null],
      [130, 1],
    ],
    until: 150,
    expected: ['70 raised blue', '130 returned'],
  },
  {
    says: 'silence of a point that never answered counts from the start',
    rule: { kind: 'silent', after: '60s', level: 'blue' },
    rows: [[10, null]],
    until: 100,
    expected: ['60 raised blue'],
  },
  {
    says: 'a mean needs three quarters of its window',
    rule: limit({ yellow: { above: 5 } }, { measure: { kind: 'mean', over: '40s' } }),
    rows: steady(0, 30, 10, 6),
    expected: ['20 raised yellow 6'],
  },
  {
    says: 'the window at t holds t − over < at ≤ t, and bad readings never enter it',
    rule: limit({ yellow: { above: 5 } }, { measure: { kind: 'max', over: '30s', coverage: '30%' } }),
    rows: [
      [0, 9],
      [10, 1],
      [20, null],
      [30, 1],
    ],
    expected: ['0 raised yellow 9', '30 returned 1'],
  },
  {
    says: 'not evaluable neither raises nor clears, and breaks what is pending',
    rule: limit({ yellow: { above: 5 } }, { measure: { kind: 'mean', over: '40s' }, clear: { for: '60s' } }),
    rows: [...steady(0, 40, 10, 6), [50, -20], ...steady(130, 220, 10, -20)],
    expected: ['20 raised yellow 6', '210 returned -20'],
  },
  {
    says: 'delta is the last less the first',
    rule: limit({ yellow: { atLeast: 10 } }, { measure: { kind: 'delta', over: '30s', coverage: '60%' } }),
    rows: [
      [0, 0],
      [10, 5],
      [20, 10],
      [30, 12],
      [40, 12],
    ],
    expected: ['20 raised yellow 10', '30 returned 7'],
  },
  {
    says: 'percentile: the level exceeded p % of the time is the ⌈n·p/100⌉-th largest',
    rule: limit({ yellow: { atLeast: 9 } }, { measure: { kind: 'percentile', p: 10, over: '100s', coverage: '100%' } }),
    rows: Array.from({ length: 11 }, (_, i): Row => [i * 10, i]),
    expected: ['90 raised yellow 9'],
  },
  {
    says: 'rate is the least-squares slope per minute of three readings or more',
    rule: limit({ yellow: { above: 5.9 } }, { measure: { kind: 'rate', over: '60s', coverage: '1%' } }),
    rows: [
      [0, 0],
      [10, 1],
      [20, 2],
      [30, 3],
    ],
    expected: ['20 raised yellow 6'],
  },
];

describe('a rule on one point (10 s period)', () => {
  test.each(CASES)('$says', ({ rule, rows, until, expected }) => {
    expect(judge(aSite([rule]), rows, until ?? rows.at(-1)?.[0] ?? 0)).toEqual(expected);
  });
});

describe('leq', () => {
  const leq = (rows: readonly Row[], above: number) =>
    judge(
      aSite(
        [limit({ yellow: { above } }, { measure: { kind: 'leq', over: '20min', coverage: '100%' } })],
        [aPoint({ quantity: 'noise.la', unit: 'dB(A)', everyMs: 1000 })],
      ),
      rows,
      1200,
    );
  const minutes = (high: number, low: number, times: number) =>
    Array.from({ length: 1200 }, (_, i): Row => [i, i < times ? high : low]);

  // Check values of the facts, section 2.
  test.each([
    ['60 and 70 in equal parts', minutes(70, 60, 600), 67.404],
    ['19 of 55 and one of 75', minutes(75, 55, 60), 62.745],
    ['1190 of 50 and ten of 90', minutes(90, 50, 10), 69.26],
  ] as const)('%s', (_, rows, expected) => {
    expect(leq(rows, expected - 0.001)).toHaveLength(1);
    expect(leq(rows, expected + 0.001)).toHaveLength(0);
  });

  test('a loud past leaves no error behind in the running sum', () => {
    const loud = Array.from({ length: 1200 }, (_, i): Row => [i, 130]);
    const quiet = Array.from({ length: 2400 }, (_, i): Row => [1200 + i, 30]);
    const site = aSite(
      [limit({ yellow: { above: 30.000000001 } }, { measure: { kind: 'leq', over: '20min' } })],
      [aPoint({ everyMs: 1000 })],
    );
    expect(judge(site, [...loud, ...quiet]).at(-1)).toMatch(/^2399 returned 30$/);
  });
});

describe('together', () => {
  const points = [aPoint({ id: 'fan', quantity: 'fume.fan' }), aPoint({ id: 'purifier', quantity: 'fume.purifier' })];
  const rule = (way: 'all' | 'any', more: object = {}) => ({
    kind: 'together',
    on: { quantity: 'fume.fan' },
    when: {
      [way]: [
        { quantity: 'fume.fan', above: 1 },
        { quantity: 'fume.purifier', below: 0.5 },
      ],
    },
    level: 'yellow',
    ...more,
  });
  const run = (way: 'all' | 'any', rows: readonly Row[], more?: object) =>
    judge(aSite([rule(way, more)], points), rows, 200);

  test('all conditions at once, judged when all readings of an instant are in', () => {
    const rows: Row[] = [
      [0, 0, 'd/fan'],
      [0, 0, 'd/purifier'],
      [10, 8, 'd/fan'],
      [10, 2, 'd/purifier'],
      [20, 0.1, 'd/purifier'],
      [30, 2, 'd/purifier'],
    ];
    expect(run('all', rows)).toEqual(['20 raised yellow 8', '30 returned 8']);
  });

  test('any condition is enough', () => {
    expect(
      run('any', [
        [0, 0, 'd/fan'],
        [0, 0.1, 'd/purifier'],
        [10, 0, 'd/fan'],
        [10, 1, 'd/purifier'],
      ]),
    ).toEqual(['0 raised yellow 0', '10 returned 0']);
  });

  test('a condition on a point without a good reading in its last three periods makes it not evaluable', () => {
    const rows: Row[] = [
      [0, 8, 'd/fan'],
      [0, 2, 'd/purifier'],
      ...steady(10, 60, 10, 8, 'd/fan'),
      [61, 0.1, 'd/purifier'],
    ];
    expect(run('all', rows)).toEqual(['61 raised yellow 8']);
  });

  test('its hold does not fire when one of its points has gone silent', () => {
    const rows: Row[] = [[0, 8, 'd/fan'], [0, 0.1, 'd/purifier'], ...steady(10, 60, 10, 8, 'd/fan')];
    expect(run('all', rows, { hold: '50s' })).toEqual([]);
    expect(run('all', rows, { hold: '30s' })).toEqual(['30 raised yellow 8']);
  });
});

describe('during and effective', () => {
  const night = { during: 'night' };
  const hour = 3600;

  test('an opening includes its first instant and not its last; what is active returns when it closes', () => {
    const rows: Row[] = [
      [-1, 9],
      [0, 9],
      [8 * hour - 1, 9],
      [8 * hour, 9],
      [8 * hour + 1, 9],
    ];
    const moved = rows.map(([at, value]): Row => [at + 1, value]);
    expect(judge(aSite([limit({ yellow: { above: 5 } }, night)]), moved, 9 * hour, NIGHT - 1000)).toEqual([
      '1 raised yellow 9',
      `${8 * hour + 1} returned 9 window-closed`,
    ]);
  });

  test('what was due at the instant of closing is dropped', () => {
    const site = aSite([limit({ yellow: { above: 5 } }, { ...night, hold: '20s' })]);
    const rows = steady(8 * hour - 20, 8 * hour, 10, 9);
    expect(judge(site, rows, 9 * hour)).toEqual([]);
  });

  test("only readings from inside the present opening enter a measure: a night's Leq holds no daylight", () => {
    const site = aSite([limit({ yellow: { above: 5 } }, { ...night, measure: { kind: 'mean', over: '60s' } })]);
    const rows = [...steady(0, 60, 10, 100), ...steady(70, 130, 10, 1)];
    expect(judge(site, rows, 200, NIGHT - 65_000)).toEqual([]);
  });

  test('silence counts from the opening', () => {
    const site = aSite([{ kind: 'silent', after: '60s', level: 'blue', ...night }]);
    expect(judge(site, [[0, 1]], 8 * hour, NIGHT - 3_600_000)).toEqual([`${hour + 60} raised blue`]);
  });

  test('in a new opening it is a new alarm, and the old one closes, superseded', () => {
    const site = aSite([limit({ yellow: { above: 5 } }, night)]);
    expect(
      judge(
        site,
        [
          [0, 9],
          [24 * hour, 9],
        ],
        25 * hour,
      ),
    ).toEqual([
      '0 raised yellow 9',
      `${8 * hour} returned 9 window-closed`,
      `${24 * hour} closed 9 superseded`,
      `${24 * hour} raised yellow 9`,
    ]);
  });

  test('with a window the date of the opening decides whether the rule is effective', () => {
    const until15 = aSite([limit({ yellow: { above: 5 } }, { ...night, effective: { to: '2026-07-15' } })]);
    const from16 = aSite([limit({ yellow: { above: 5 } }, { ...night, effective: { from: '2026-07-16' } })]);
    expect(
      judge(
        until15,
        [
          [7 * hour, 9],
          [24 * hour, 9],
        ],
        26 * hour,
      ),
    ).toEqual([`${7 * hour} raised yellow 9`, `${8 * hour} returned 9 window-closed`]);
    expect(
      judge(
        from16,
        [
          [7 * hour, 9],
          [24 * hour, 9],
        ],
        26 * hour,
      ),
    ).toEqual([`${24 * hour} raised yellow 9`]);
  });

  test("without one the instant's date decides; what is active returns when the rule ceases", () => {
    const site = aSite([limit({ yellow: { above: 5 } }, { effective: { from: '2026-07-16', to: '2026-07-16' } })]);
    const rows: Row[] = [
      [0, 9],
      [2 * hour, 9],
      [26 * hour - 1, 9],
      [26 * hour, 9],
    ];
    expect(judge(site, rows, 27 * hour)).toEqual([
      `${2 * hour} raised yellow 9`,
      `${26 * hour} returned 9 not-in-force`,
    ]);
  });
});

describe('permit', () => {
  const hour = 3600;
  const rule = limit(
    { yellow: { above: 5 }, red: { above: 8 } },
    { during: 'night', permit: { kind: 'night-work', cap: 'yellow' } },
  );
  const filing = (status: string) => ({
    id: 'f1',
    status,
    from: '2026-07-15T22:00:00+08:00',
    to: '2026-07-15T23:00:00+08:00',
  });
  const run = (status: string, rows: readonly Row[]) =>
    judge(aSite([rule], [aPoint()], { filings: [filing(status)] }), rows, 2 * hour);

  test('a granted one caps the level, and its end is told at that instant', () => {
    expect(
      run('granted', [
        [10, 9],
        [20, 6],
        [30, 9],
      ]),
    ).toEqual(['10 raised yellow 9 granted', `${hour} level-changed red 9 expired`]);
  });

  test.each(['applied', 'refused', 'revoked', 'withdrawn'])('one that is %s changes nothing but is named', (status) => {
    expect(run(status, [[10, 9]])).toEqual([`10 raised red 9 ${status}`]);
  });

  test('its end is told also where the level stays', () => {
    expect(run('granted', [[10, 6]])).toEqual(['10 raised yellow 6 granted', `${hour} level-changed yellow 6 expired`]);
  });

  test('a fire is never capped', () => {
    const smoke = aPoint({ quantity: 'smoke.state', unit: null });
    const fire = {
      kind: 'state',
      levels: { red: { is: ['alarm', 'test'] } },
      hold: '1min',
      permit: { kind: 'night-work', cap: 'blue' },
    };
    const site = aSite([fire], [smoke], { filings: [filing('granted')] });
    expect(
      judge(site, [
        [0, 'test'],
        [10, 'alarm'],
      ]),
    ).toEqual(['10 raised red alarm granted']);
  });
});

describe('not evaluable', () => {
  const rule = limit({ yellow: { above: 5 } }, { measure: { kind: 'mean', over: '1min' } });

  test('for 45 minutes raises gengfu.not-evaluable, one a point', () => {
    const sparse = Array.from({ length: 120 }, (_, i): Row => [i * 30, 1]);
    expect(judge(aSite([rule, rule]), sparse, 3600)).toEqual(['2760 raised blue coverage']);
  });

  test('it returns as soon as the rule can be evaluated', () => {
    const rows = [...Array.from({ length: 100 }, (_, i): Row => [i * 30, 1]), ...steady(3000, 3060, 10, 1)];
    expect(judge(aSite([rule]), rows, 3600)).toEqual(['2760 raised blue coverage', '3040 returned']);
  });

  test('standing silence is aside', () => {
    const site = aSite([rule, { kind: 'silent', after: '5min', level: 'blue' }]);
    expect(judge(site, steady(0, 120, 10, 1), 7200)).toEqual(['420 raised blue']);
  });

  test('legal rules are not evaluable while the certificate has expired', () => {
    const site = aSite([limit({ yellow: { above: 5 } }, { legal: true })], [aPoint({ validUntil: '2026-07-14' })]);
    expect(judge(site, [[0, 9]])).toEqual([]);
    const valid = aSite([limit({ yellow: { above: 5 } }, { legal: true })], [aPoint({ validUntil: '2026-07-15' })]);
    expect(
      judge(valid, [
        [0, 9],
        [7200, 9],
      ]),
    ).toEqual(['0 raised yellow 9']);
  });
});

describe('what time alone does', () => {
  test('silence that is over for a while only returns when readings went on meanwhile', () => {
    const site = aSite([{ kind: 'silent', after: '60s', level: 'blue', clear: { for: '100s' } }]);
    expect(
      judge(
        site,
        [
          [0, 1],
          [70, 1],
        ],
        1000,
      ),
    ).toEqual(['60 raised blue']);
    expect(judge(site, [[0, 1], ...steady(70, 200, 10, 1)], 200)).toEqual(['60 raised blue', '170 returned']);
  });

  test('silence under a `while` counts from when the point was read, and is told once the `while` is known', () => {
    const dry = { while: { all: [{ quantity: 'weather.rain', below: 1 }] } };
    const points = [aPoint(), aPoint({ id: 'rain', quantity: 'weather.rain', unit: 'mm/h' })];
    const site = aSite([{ kind: 'silent', after: '45s', level: 'blue', on: { point: 'p' }, ...dry }], points);
    const rain = steady(60, 200, 10, 0, 'd/rain');
    expect(judge(site, [...steady(0, 40, 10, 1), ...rain], 200)).toEqual(['85 raised blue']);
    expect(judge(site, [[0, 1], ...rain], 200)).toEqual(['60 raised blue']);
  });

  test('gengfu.not-evaluable returns when the rule is not in force any more', () => {
    const night = { during: 'night', measure: { kind: 'mean', over: '60s' } };
    const site = aSite([limit({ yellow: { above: 5 } }, night)]);
    expect(judge(site, steady(0, 120, 10, 1), 9 * 3600)).toEqual(['2840 raised blue coverage', '28800 returned']);
  });

  test('a point whose device gives only bad readings for 45 minutes is told, also for a plain value', () => {
    const site = aSite([limit({ yellow: { above: 5 } })]);
    expect(judge(site, [[0, 1], ...steady(10, 4000, 10, null)], 4000)).toEqual(['2740 raised blue offline']);
  });

  test('the end of a permit is told while the rule is not evaluable', () => {
    const rule = limit(
      { yellow: { above: 5 }, red: { above: 8 } },
      { measure: { kind: 'mean', over: '40s' }, permit: { kind: 'night-work', cap: 'yellow' } },
    );
    const filing = { id: 'f', status: 'granted', from: '2026-07-15T22:00:00+08:00', to: '2026-07-15T22:10:00+08:00' };
    const site = aSite([rule], [aPoint()], { filings: [filing] });
    expect(judge(site, [...steady(0, 40, 10, 9), [500, 1]], 700)).toEqual([
      '20 raised yellow 9 granted',
      '600 level-changed red 1 expired',
    ]);
  });

  test('what closes with its window still names the permit', () => {
    const rule = limit({ yellow: { above: 5 } }, { during: 'night', permit: { kind: 'night-work', cap: 'yellow' } });
    const filing = { id: 'f', status: 'applied', from: '2026-07-15T22:00:00+08:00', to: '2026-07-16T06:00:00+08:00' };
    expect(judge(aSite([rule], [aPoint()], { filings: [filing] }), [[0, 9]], 9 * 3600).at(-1)).toBe(
      '28800 returned 9 window-closed applied',
    );
  });

  test('while the gateway is off silence does not count, over as many stops as there are', () => {
    const site = aSite([{ kind: 'silent', after: '60s', level: 'blue' }]);
    const engine = new Judge(site, { at: NIGHT, tick: NIGHT }, 'synchronised');
    const at = (seconds: number) => ({ at: NIGHT + seconds * 1000, tick: NIGHT + seconds * 1000 });
    engine.step([readingOf([0, 1], NIGHT)]);
    engine.advance(at(20));
    engine.resume(100_000, at(120));
    engine.advance(at(130));
    engine.resume(100_000, at(230));
    const events = engine.advance(at(400)).events.map((event) => told(event, NIGHT));
    expect(events).toEqual(['260 raised blue']);
  });
});

describe('a test of a detector never raises', () => {
  test.each([
    ['a state rule on smoke', 'smoke.state', { kind: 'state', levels: { red: { is: ['alarm', 'test'] } } }],
    ['a state rule on gas', 'gas.state', { kind: 'state', levels: { red: { is: ['alarm', 'test'] } } }],
    [
      'conditions together',
      'smoke.state',
      { kind: 'together', when: { any: [{ quantity: 'smoke.state', is: ['alarm', 'test'] }] }, level: 'red' },
    ],
  ])('%s', (_, quantity, rule) => {
    const site = aSite([rule], [aPoint({ quantity, unit: null })]);
    expect(
      judge(site, [
        [0, 'test'],
        [10, 'alarm'],
      ]),
    ).toEqual(['10 raised red alarm']);
  });
});
