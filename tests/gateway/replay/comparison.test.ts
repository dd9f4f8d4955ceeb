import { expect, test } from 'vitest';
import { Comparison } from '../../../gateway/replay/comparison.ts';
import type { Line } from '../../../gateway/replay/recording.ts';
import { aSite, NIGHT, type Row, readingOf } from '../../tools/judged.ts';

const LADDER = { levels: { yellow: { above: 10 }, red: { above: 30 } } };

const linesOf = (rows: readonly Row[]): Line[] =>
  rows.map((row) => {
    const reading = readingOf(row, NIGHT);
    return { kind: 'readings', at: reading.at, tick: reading.tick, readings: [reading] };
  });

/** `0-20 yellow null`: from and to in seconds, and the highest level of the site and of the other. */
function compared(site: object, other: object, lines: readonly Line[], until: number | null = null) {
  const comparison = new Comparison(aSite([site]), aSite([other]));
  for (const line of lines) comparison.take(line);
  comparison.end(until);
  const seconds = (time: string | null) => (time === null ? '' : (Date.parse(time) - NIGHT) / 1000);
  const differences = comparison.differences.told.map(
    ({ from, to, highest }) => `${seconds(from)}-${seconds(to)} ${highest.site} ${highest.other}`,
  );
  const told = ({ alarms, raised, activeMs }: ReturnType<Comparison['total']>['site']) =>
    `${alarms} ${raised} ${activeMs.yellow / 1000} ${activeMs.red / 1000}`;
  const { site: a, other: b } = comparison.total();
  return { site: told(a), other: told(b), differences, rows: comparison.rows().map(({ key }) => key) };
}

const values = (...steps: readonly (readonly [seconds: number, value: number])[]): Line[] => linesOf(steps);

const TABLE: readonly {
  readonly says: string;
  readonly site?: object;
  readonly other: object;
  readonly lines: Line[];
  readonly until?: number;
  readonly told: { site: string; other: string; differences: readonly string[] };
}[] = [
  {
    says: 'the same rules say the same',
    other: LADDER,
    lines: values([0, 0], [10, 20], [20, 40], [30, 20], [40, 0]),
    told: { site: '1 1 20 10', other: '1 1 20 10', differences: [] },
  },
  {
    says: 'a lower limit raises earlier: the same stretch, which is no difference, and more minutes',
    other: { levels: { yellow: { above: 5 }, red: { above: 30 } } },
    lines: values([0, 0], [10, 7], [20, 20], [30, 0]),
    told: { site: '1 1 10 0', other: '1 1 20 0', differences: [] },
  },
  {
    says: 'only the other is active',
    other: { levels: { yellow: { above: 5 } } },
    lines: values([0, 0], [10, 7], [20, 0]),
    told: { site: '0 0 0 0', other: '1 1 10 0', differences: ['10-20 null yellow'] },
  },
  {
    says: 'only the site is active',
    other: { levels: { yellow: { above: 50 } } },
    lines: values([0, 0], [10, 20], [20, 0]),
    told: { site: '1 1 10 0', other: '0 0 0 0', differences: ['10-20 yellow null'] },
  },
  {
    says: 'both, one of them at a higher level',
    other: { levels: { yellow: { above: 10 }, red: { above: 50 } } },
    lines: values([0, 0], [10, 20], [20, 40], [30, 0]),
    told: { site: '1 1 10 10', other: '1 1 20 0', differences: ['10-30 red yellow'] },
  },
  {
    says: 'one that comes back is raised again, and is one alarm; what the other holds on through is one stretch',
    other: { ...LADDER, clear: { for: '15s' } },
    lines: values([0, 0], [10, 20], [20, 0], [30, 20], [40, 0], [50, 0], [60, 0]),
    told: { site: '1 2 20 0', other: '1 1 45 0', differences: [] },
  },
  {
    says: 'what is active at the end stays so, and counts up to it',
    other: { levels: { yellow: { above: 50 } } },
    lines: values([0, 0], [10, 20]),
    until: 40,
    told: { site: '1 1 30 0', other: '0 0 0 0', differences: ['10- yellow null'] },
  },
  {
    says: 'a deadline between two lines stands at its own time',
    other: { kind: 'silent', after: '35s', level: 'yellow' },
    site: { kind: 'silent', after: '1min', level: 'yellow' },
    lines: values([0, 0], [40, 0]),
    told: { site: '0 0 0 0', other: '1 1 5 0', differences: ['35-40 null yellow'] },
  },
];

test.each(TABLE)('$says', ({ site = LADDER, other, lines, until, told }) => {
  const { rows, ...rest } = compared(site, other, lines, until === undefined ? null : NIGHT + until * 1000);
  expect(rest).toEqual(told);
  expect(rows).toEqual(['r0@d/p']);
});

test('a step of the wall clock adds nothing to the time that is active', () => {
  const day = 86_400_000;
  const stepped = values([0, 0], [10, 20], [20, 20], [30, 0]).map((line, i) => {
    if (i < 2 || line.kind !== 'readings') return line;
    const at = line.at + day;
    return { ...line, at, readings: line.readings.map((reading) => ({ ...reading, at })) };
  });
  expect(compared(LADDER, { levels: { yellow: { above: 50 } } }, stepped).site).toBe('1 1 20 0');
});

test('the first 10,000 differences are told, and how many more there were', () => {
  const rows = Array.from({ length: 20_010 }, (_, i): Row => [i, i % 2 === 0 ? 20 : 0]);
  const comparison = new Comparison(aSite([LADDER]), aSite([{ levels: { yellow: { above: 50 } } }]));
  for (const line of linesOf(rows)) comparison.take(line);
  comparison.end(null);
  expect(comparison.differences.told).toHaveLength(10_000);
  expect(comparison.differences.leftOut).toBe(5);
});
