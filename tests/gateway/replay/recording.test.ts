import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openZone } from '#kit/zone.ts';
import { type Line, Recording } from '../../../gateway/replay/recording.ts';

const AT = Date.parse('2026-07-15T22:00:00+08:00');
const good = (point: string, value: number | string | null, seconds = 0) => {
  const at = AT + seconds * 1000;
  return { point, value, at, tick: at, quality: 'good' };
};
const of = (...readings: object[]) => ({ kind: 'readings', readings });

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gengfu-recording-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function read(text: string | Buffer, until: number | null = null) {
  const file = join(dir, 'r');
  await writeFile(file, text);
  const recording = new Recording(file, openZone('Asia/Shanghai'), until);
  const lines: Line[] = [];
  let problem: string | null = null;
  try {
    for await (const page of recording) lines.push(...page);
  } catch (error) {
    problem = String((error as Error).message).replace(file, 'r');
  }
  return { lines, problem, seen: Object.fromEntries(recording.seen()), readings: recording.readings };
}

const line = (at: string, more: string) => `{"at":"${at}",${more}}\n`;
const T0 = '2026-07-15T22:00:00+08:00';
const T1 = '2026-07-15T22:00:01+08:00';
const LA = '"device":"d","point":"la"';

const TOLD: readonly { readonly says: string; readonly text: string; readonly lines: readonly object[] }[] = [
  {
    says: 'readings of one instant stand together, in their order',
    text:
      line(T0, `${LA},"value":57.1`) + line(T0, '"device":"e","point":"la","value":-3') + line(T1, `${LA},"value":0`),
    lines: [of(good('d/la', 57.1), good('e/la', -3)), of(good('d/la', 0, 1))],
  },
  {
    says: 'a plain line and the same one written otherwise are one reading',
    text:
      line(T0, `${LA},"value":57.1,"quality":"good"`) +
      `{ "value": 5.71e1, "point":"la","device":"\\u0064", "at": ${AT} }`,
    lines: [of(good('d/la', 57.1), good('d/la', 57.1))],
  },
  {
    says: 'the name of a state, no value, and a value that is not good',
    text:
      line(T0, `${LA},"value":"alarm"`) +
      line(T0, LA) +
      line(T0, `${LA},"value":3,"quality":"bad","code":"out-of-range"`),
    lines: [
      of(good('d/la', 'alarm'), good('d/la', null), { ...good('d/la', 3), quality: 'bad', code: 'out-of-range' }),
    ],
  },
  {
    says: 'of one tick and two times of the wall clock are two instants, each of its own time',
    text: line(T0, `${LA},"value":1`) + line(T1, `"tick":${AT},${LA},"value":2`),
    lines: [of(good('d/la', 1)), of({ ...good('d/la', 2, 1), tick: AT })],
  },
  {
    says: 'another line ends what stands together, at the same instant too',
    text: line(T0, `${LA},"value":1`) + line(T0, '"clock":"unknown"') + line(T0, `${LA},"value":2`),
    lines: [of(good('d/la', 1)), { kind: 'clock', trust: 'unknown' }, of(good('d/la', 2))],
  },
  {
    says: 'a step of the wall clock stands as a tick beside it, and lasts',
    text:
      line(T0, `${LA},"value":1`) +
      line('2026-07-15T23:00:01+08:00', `"tick":${AT + 1000},${LA},"value":2`) +
      line('2026-07-15T23:00:02+08:00', `${LA},"value":3`),
    lines: [
      of(good('d/la', 1)),
      of({ ...good('d/la', 2, 3601), tick: AT + 1000 }),
      of({ ...good('d/la', 3, 3602), tick: AT + 2000 }),
    ],
  },
  {
    says: 'CSV: a mark of byte order, line ends of both kinds, a time of the site, quotes, empty fields, an empty line',
    text:
      '\uFEFFat,device,point,value,quality\r\n' +
      '2026-07-15 22:00:00,d,la,57.1,good\r\n\r\n' +
      `"${T0}",d,"l""a",1,\n${AT},d,la,,bad\n`,
    lines: [of(good('d/la', 57.1), good('d/l"a', 1), { ...good('d/la', null), quality: 'bad' })],
  },
  {
    says: 'CSV with its columns in another order and others beside them, and a JSON line of people between',
    text:
      `value,deviceAt,at,point,device\n57.1,,${T0},la,d\n` +
      line(T0, '"action":{"kind":"acknowledge","alarm":"a"}') +
      `open,${T0},${T1},door,d\n`,
    lines: [
      of(good('d/la', 57.1)),
      { kind: 'action', action: { kind: 'acknowledge', alarm: 'a', by: 'recording' } },
      of({ ...good('d/door', 'open', 1), deviceAt: AT }),
    ],
  },
];

test.each(TOLD)('$says', async ({ text, lines }) => {
  const read_ = await read(text);
  expect(read_.problem).toBeNull();
  expect(read_.lines).toMatchObject(lines);
  expect(read_.lines).toHaveLength(lines.length);
});

const WRONG: readonly { readonly says: string; readonly text: string; readonly problem: string }[] = [
  {
    says: 'out of order',
    text: line(T1, `${LA},"value":1`) + line(T0, `${LA},"value":1`),
    problem: 'r:2: older than the line before it: sort the recording by time',
  },
  { says: 'no JSON', text: `${line(T0, `${LA},"value":1`)}{"at":\n`, problem: 'r:2: not a JSON object' },
  { says: 'no time', text: line('soon', `${LA},"value":1`), problem: `r:1: 'at' is not a time: "soon"` },
  {
    says: 'no tick',
    text: line(T0, `"tick":"x",${LA},"value":1`),
    problem: `r:1: 'tick' is not a time: "x"`,
  },
  {
    says: 'a header without a column that is wanted',
    text: 'time,device,point,value\n',
    problem: "r:1: the CSV header has no column 'at'",
  },
  {
    says: 'no point',
    text: `at,device,point,value\n${T0},d,,1\n`,
    problem: "r:2: a reading needs 'device' and 'point'; other lines 'action', 'permit', 'clock', 'start' or 'stop'",
  },
  {
    says: 'a quality that is none',
    text: `at,device,point,value,quality\n\n${T0},d,p,1,fine\n`,
    problem: 'r:3: quality is good, uncertain or bad, not "fine"',
  },
  {
    says: 'a number as JSON has none',
    text: line(T0, `${LA},"value":01`),
    problem: 'r:1: not a JSON object',
  },
  {
    says: 'a value that is neither',
    text: line(T0, `${LA},"value":[1]`),
    problem: "r:1: a value is a number or a state's name, not [1]",
  },
  {
    says: 'an action that is none',
    text: line(T0, '"action":{"kind":"dance"}'),
    problem: 'r:1: kind: Invalid discriminator value',
  },
];

describe('a line that is wrong is named by file and line', () => {
  test.each(WRONG)('$says', async ({ text, problem }) => {
    expect((await read(text)).problem).toContain(problem);
  });

  test('and what came before its instant is given first', async () => {
    const text = line(T0, `${LA},"value":1`) + line(T1, `${LA},"value":2`) + line(T1, '"action":1');
    expect((await read(text)).lines).toMatchObject([of(good('d/la', 1))]);
  });

  test('or is longer than a line may be', async () => {
    const { problem } = await read(`${line(T0, `${LA},"value":1`)}{${' '.repeat(3e6)}`);
    expect(problem).toBe('r:2: a line of more than 1048576 bytes');
  });
});

test('a file of several chunks is the same whole, whatever bytes stand where they are cut', async () => {
  const one = (i: number) => line(T0, `"device":"井盖-${i % 7}","point":"la","value":${i / 10}`);
  const count = 40_000;
  const { lines, problem, seen, readings } = await read(Array.from({ length: count }, (_, i) => one(i)).join(''));
  expect(problem).toBeNull();
  expect(lines).toHaveLength(1);
  expect(lines[0]?.kind === 'readings' && lines[0].readings.length).toBe(count);
  expect(lines[0]?.kind === 'readings' && lines[0].readings.at(-1)).toMatchObject({
    point: '井盖-1/la',
    value: 3999.9,
  });
  expect(Object.keys(seen)).toHaveLength(7);
  expect(seen['井盖-6/la']).toMatchObject({ line: 7, count: 5714 });
  expect(readings).toBe(count);
});

test('nothing after `until` is read, not even what is wrong', async () => {
  const { lines, problem } = await read(`${line(T0, `${LA},"value":1`)}${line(T1, `${LA},"value":2`)}nonsense`, AT);
  expect(problem).toBeNull();
  expect(lines).toMatchObject([of(good('d/la', 1))]);
});

test('more points than any site has are refused', async () => {
  const text = Array.from({ length: 100_001 }, (_, i) => `${AT},d,${i},1`).join('\n');
  expect((await read(`at,device,point,value\n${text}`)).problem).toBe('r:100002: more than 100000 points');
});

test('the first line in which a point says a text is known', async () => {
  const { seen } = await read(
    `${line(T0, `${LA},"value":1`)}${line(T1, `${LA},"value":"loud"`)}${line(T1, `${LA},"value":"louder"`)}`,
  );
  expect(seen['d/la']).toMatchObject({ line: 1, textLine: 2 });
});
