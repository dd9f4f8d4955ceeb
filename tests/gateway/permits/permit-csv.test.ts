import { describe, expect, test } from 'vitest';
import { encodeCsv, parseCsv, withoutGuard } from '../../../gateway/kit/csv.ts';
import { openZone } from '../../../gateway/kit/zone.ts';
import { encodePermits, MOST_ROWS, readPermits } from '../../../gateway/permits/permit-csv.ts';
import { decodeOfficeText } from '../../../gateway/permits/permit-text.ts';
import { permit } from '../../../gateway/rules/permit.ts';

const zone = openZone('Asia/Shanghai');
const read = (text: string) => readPermits(text, zone);
const HEAD = 'number,device,from,to,status\n';
const told = async (text: string) =>
  (await read(text)).problems.map(({ row, column, message }) => `${row} ${column ?? '-'}: ${message}`);

/** A file as a Chinese office exports it. */
const OFFICE = `编号,设备,开始时间,结束时间,施工时段,施工工序,状态,事由,公示,备注
嘉南夜施〔2026〕15号,noise-11,2026/7/15 22:00,2026/7/16 2:00,,混凝土浇筑；泵送,已报备,工艺要求,https://example.org/1,"连续浇筑,一次"
JN-16,noise-11,2026年7月20日,2026年7月22日,22：00~次日2：00,,已撤回,抢修抢险,,
`;

describe('columns and words', () => {
  test('as a Chinese office writes them', async () => {
    const { rows, problems } = await read(OFFICE);
    expect(problems).toEqual([]);
    expect(rows.map(({ permit: each }) => each)).toEqual([
      {
        id: '嘉南夜施〔2026〕15号',
        kind: 'night-work',
        on: { device: 'noise-11' },
        from: '2026-07-15T22:00:00.000+08:00',
        to: '2026-07-16T02:00:00.000+08:00',
        processes: ['混凝土浇筑', '泵送'],
        status: 'granted',
        reason: 'continuous-process',
        notice: { link: 'https://example.org/1' },
        note: '连续浇筑,一次',
      },
      {
        id: 'JN-16',
        kind: 'night-work',
        on: { device: 'noise-11' },
        from: '2026-07-20',
        to: '2026-07-22',
        hours: '22:00-02:00',
        processes: [],
        status: 'withdrawn',
        reason: 'emergency-repair',
      },
    ]);
  });

  /** GB18030 of 编号,状态: no encoder for it comes with Node. */
  const GB = Uint8Array.from([0xb1, 0xe0, 0xba, 0xc5, 0x2c, 0xd7, 0xb4, 0xcc, 0xac, 0x0a]);

  test.each([
    ['UTF-8', new TextEncoder().encode('编号,状态\n')],
    ['UTF-8 with a byte order mark', new TextEncoder().encode('\uFEFF编号,状态\n')],
    ['GB18030', GB],
  ])('%s is read', (_name, bytes) => {
    expect(decodeOfficeText(bytes)).toBe('编号,状态\n');
  });

  test.each([
    ['UTF-16', Uint8Array.from([0xff, 0xfe, 0x16, 0x7f])],
    ['a workbook', Uint8Array.from([0x50, 0x4b, 0x03, 0x04, 0x00, 0x00, 0xff, 0xff])],
  ])('%s is refused by name', (_name, bytes) => {
    expect(() => decodeOfficeText(bytes)).toThrow(expect.objectContaining({ code: 'encoding' }));
  });
});

const ROWS: readonly (readonly [says: string, text: string, problems: string[]])[] = [
  [
    'ends before it begins',
    `${HEAD}a,noise-11,2026-07-16 02:00,2026-07-15 22:00,granted\n`,
    ['2 to: ends before it begins (this is "2026-07-15 22:00")'],
  ],
  [
    'an unknown status',
    `${HEAD}a,noise-11,2026-07-15,2026-07-16,approved\n`,
    ['2 status: must be one of applied, granted, refused, revoked, withdrawn, expired (this is "approved")'],
  ],
  [
    'no such time',
    `${HEAD}a,noise-11,2026-07-15 25:00,2026-07-16 02:00,granted\n`,
    [
      '2 from: a time with its offset, such as 2026-07-15T22:00:00+08:00, or a date, such as 2026-07-15 (this is "2026-07-15 25:00")',
    ],
  ],
  [
    'a number twice',
    `${HEAD}a,noise-11,2026-07-15,2026-07-16,granted\nb,noise-11,2026-07-17,2026-07-18,granted\na,noise-11,2026-07-15,2026-07-16,granted\n`,
    ['4 number: the number a stands in row 2 already'],
  ],
  [
    'a quote that is never closed',
    `${HEAD}a,noise-11,2026-07-15,2026-07-16,"granted\nb,noise-11,2026-07-17,2026-07-18,granted\n`,
    ['2 -: a quotation mark is never closed: all that follows would be one field'],
  ],
  [
    'nothing under a heading that must be there',
    `${HEAD},noise-11,2026-07-15,2026-07-16,granted\n`,
    ['2 number: is missing'],
  ],
  [
    'no place',
    `${HEAD}a,,2026-07-15,2026-07-16,granted\n`,
    ['2 -: names nothing: give one of quantity, scene, device, point, tag, grid, register'],
  ],
  [
    'more fields than headings',
    `${HEAD}a,noise-11,2026-07-15,2026-07-16,granted,more\n`,
    ['2 -: 6 fields under 5 headings'],
  ],
  ['a heading that nobody knows', 'number,device,from,to,status,colour\n', ['1 colour: no such column; known: ']],
  ['a heading twice', 'number,编号,device,from,to,status\n', ['1 编号: the same as the column number']],
  ['no heading for a status', 'number,device,from,to\n', ['1 -: there is no column status or 状态']],
  ['an empty file', '', ['1 -: the file is empty']],
  [
    'rows are counted as a spreadsheet counts them, line breaks in fields or not',
    `${HEAD}"a",noise-11,2026-07-15,"2026-07-16",granted\n"b\nc",noise-11,2026-07-15,2026-07-16,granted\nd,noise-11,2026-07-16,2026-07-15,granted\n`,
    ['3 number: text without control characters', '4 to: ends before it begins (this is "2026-07-15")'],
  ],
];

test.each(ROWS)('%s is named with its row', async (_says, text, problems) => {
  const found = await told(text);
  expect(found).toHaveLength(problems.length);
  for (const [i, problem] of problems.entries()) expect(found[i]).toContain(problem);
});

test('ten thousand rows are read, one more is refused by name', async () => {
  const row = (i: number) => `p${i},noise-11,2026-07-15,2026-07-16,granted\n`;
  const text = HEAD + Array.from({ length: MOST_ROWS }, (_, i) => row(i)).join('');
  expect(await read(text)).toMatchObject({ rows: { length: MOST_ROWS }, problems: [] });
  expect(await told(text + row(MOST_ROWS))).toEqual(['10002 -: more than 10000 rows: import the file in parts']);
});

test('what is written is read again, and a spreadsheet takes no field of it for a formula', async () => {
  const evil = permit.parse({
    id: '=HYPERLINK("http://x")',
    on: { device: ['noise-11', 'noise-12'] },
    from: '2026-07-15T22:00:00.000+08:00',
    to: '2026-07-16T02:00:00.000+08:00',
    status: 'granted',
    processes: ['+1', '浇筑'],
    notice: { from: '2026-07-14', link: '@here' },
    evidence: '-2+3',
    note: 'said "yes", twice',
  });
  const text = encodePermits([evil]);
  const fields = parseCsv(text.slice(1))[1]?.fields ?? [];
  expect(fields.filter((field) => /^[=+\-@\t\r]/.test(field))).toEqual([]);
  expect(await read(text)).toEqual({ rows: [{ row: 2, permit: evil }], problems: [] });
});

test.each(['plain', 'a,b', 'a"b', 'two\nlines', '=1+1', '-', "'quoted", ''])('%j goes to CSV and back', (field) => {
  const line = encodeCsv(['x', field]);
  expect(parseCsv(`${line}\r\n`).map(({ fields }) => fields.map(withoutGuard))).toEqual([['x', field]]);
});
