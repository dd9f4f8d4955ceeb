import { describe, expect, test } from 'vitest';
import { asset } from '../../../config/asset.ts';
import {
  type CheckAsset,
  encodeAssets,
  MOST_ROWS,
  type Registered,
  readAssets,
} from '../../../gateway/commissioning/assets-csv.ts';

const check: CheckAsset = ({ asset: given = {} }) => {
  const read = asset.safeParse(given);
  return read.success ? [] : read.error.issues.map(({ path, message }) => ({ path: ['asset', ...path], message }));
};

const DEVICES: readonly Registered[] = [
  {
    id: 'noise-07',
    name: '中山路 7 号',
    asset: {
      serial: '=RS,1',
      maker: '"仁科"',
      validUntil: '2027-04-11',
      grade: 'evidence',
      siting: { height: 4.2, windscreen: true, earth: false, earthOhm: 3.5, supply: 'AC 220 V' },
    },
  },
  { id: 'smoke-12', name: '建设新村', asset: null },
];

const read = (...lines: string[]) => readAssets(lines.join('\n'), DEVICES, check);

test('what is written is read again, and changes nothing', () => {
  const csv = encodeAssets(DEVICES);
  expect(csv).toMatch(/^\uFEFF设备编号,设备名称,型号,出厂编号,/);
  // A spreadsheet would carry it out.
  expect(csv).toContain(`"'=RS,1"`);
  expect(readAssets(csv, DEVICES, check)).toEqual({ rows: 2, changes: new Map(), problems: [] });
});

const FIELDS: readonly (readonly [heading: string, text: string, is: object])[] = [
  ['检定有效期', '2026/7/5', { asset: { validUntil: '2026-07-05' } }],
  ['安装日期', '2026年7月15日', { asset: { installedOn: '2026-07-15' } }],
  ['Valid Until', '2026-07-05', { asset: { validUntil: '2026-07-05' } }],
  ['安装高度（m）', '４.２', { asset: { siting: { height: 4.2 } } }],
  ['防风罩', '有', { asset: { siting: { windscreen: true } } }],
  ['terminator', 'NO', { asset: { siting: { terminator: false } } }],
  ['数据用途', '告警', { asset: { grade: 'warning' } }],
  ['出厂编号', '0017', { asset: { serial: '0017' } }],
  ['name', '东门', { name: '东门' }],
  ['owner', '', {}],
];

test.each(FIELDS)('%s: %s', (heading, text, is) => {
  const { changes, problems } = read(`设备编号,${heading}`, `smoke-12,${text}`);
  expect(problems).toEqual([]);
  expect(changes.get('smoke-12') ?? {}).toEqual(is);
});

test('a field is taken away by a dash, and an empty one stays', () => {
  expect(read('device,serial,maker', 'noise-07,-,').changes.get('noise-07')).toEqual({ asset: { serial: null } });
});

test('rows without anything in them, as spreadsheets leave them, are none, and are counted in the numbers of others', () => {
  const { rows, problems } = read('device,maker', ',', 'noise-07,仁科', ' ,', 'x-1,仁科', ',');
  expect([rows, problems.map(({ row }) => row)]).toEqual([2, [5]]);
});

describe('what is wrong is told with its row and column, and nothing else is', () => {
  test.each([
    ['nothing', [''], [1, null, /empty/]],
    ['no column of devices', ['serial', 'x'], [1, null, /设备编号/]],
    ['a heading that is none', ['device,colour', 'smoke-12,red'], [1, 'colour', /no such column.*出厂编号/]],
    ['a column twice', ['device,serial,出厂编号', 'smoke-12,1,2'], [1, '出厂编号', /the same as/]],
    ['no device', ['device,serial', ',1'], [2, 'device', /missing/]],
    ['a device that the site has not', ['device,serial', 'x-1,1'], [2, 'device', /no device x-1/]],
    ['a device twice', ['device,serial', 'smoke-12,1', 'smoke-12,2'], [3, 'device', /row 2/]],
    ['a day that is none', ['device,检定有效期', 'smoke-12,2026-02-30'], [2, '检定有效期', /calendar.*2026-02-30/]],
    ['a word that is none', ['device,grade', 'smoke-12,gold'], [2, 'grade', /gold/]],
    ['a number that is none', ['device,height', 'smoke-12,tall'], [2, 'height', /number.*tall/]],
    ['a number out of range', ['device,height', 'smoke-12,-1'], [2, 'height', />=0/]],
    ['a quote that is never closed', ['device,maker', 'noise-07,"仁科', 'smoke-12,仁科'], [2, null, /never closed/]],
    ['such a quote in the heading', ['device,"maker', 'noise-07,仁科'], [1, null, /never closed/]],
    ['fields without a heading', ['device,serial', 'smoke-12,1,2'], [2, null, /3 fields under 2/]],
  ] as const)('%s', (_, lines, [row, column, message]) => {
    expect(read(...lines).problems).toEqual([{ row, column, message: expect.stringMatching(message) }]);
  });

  test('a file that is too long', () => {
    const many = Array.from({ length: MOST_ROWS + 1 }, () => 'smoke-12,1');
    expect(read('device,serial', ...many).problems).toEqual([{ row: 1, column: null, message: expect.any(String) }]);
  });
});
