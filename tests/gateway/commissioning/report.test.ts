import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type CommissioningReport, type ReportedDevice, unproven } from '../../../gateway/commissioning/report.ts';
import { encodeReport } from '../../../gateway/commissioning/report-html.ts';
import { openZone } from '../../../gateway/kit/zone.ts';
import { start, testWith, until } from '../../tools/program.ts';

const AT = Date.parse('2026-07-15T14:30:00Z');

const clockOff = (offMs: number) => ({ answers: true, code: 'clock-off', clock: { offMs } });

const DEVICE: ReportedDevice = {
  id: 'noise-07',
  name: '中山路 7 号工地噪声',
  profile: 'renke-rs-zs',
  link: 'bus-1',
  linkKind: 'modbus-rtu',
  address: { address: 3 },
  scene: 'construction',
  place: { grid: 'JS-03', at: [120.7551, 30.7466] },
  asset: {
    ...{ serial: 'RS20260117', maker: '仁科', owner: '建设街道', validUntil: '2027-04-11', grade: 'evidence' },
    siting: { height: 4.2, windscreen: true, earth: true, earthOhm: 3.5, terminator: false, supply: 'AC 220 V' },
  },
  points: [
    {
      ...{ id: 'la', quantity: 'noise.la', unit: 'dB(A)', everyMs: 1000 },
      last: { value: 57.1, at: AT - 1000, quality: 'good' },
    },
  ],
  linkStatus: {
    state: 'up',
    counters: { requests: 1204, timeouts: 2, crc: 0 },
    devices: { 'noise-07': { answers: true } },
  },
  walkTests: [
    {
      ...{
        point: 'la',
        rule: 'night-noise',
        mode: 'live',
        by: 'wang',
        startedAt: AT - 60_000,
        sequence: '42',
        passed: true,
      },
      steps: [
        { step: 'reading', at: AT - 59_000, ok: true, detail: '70 dB(A)' },
        { step: 'ledger', at: AT - 58_900, ok: true, detail: '#41' },
        { step: 'upstream:city', at: AT - 58_000, ok: true, detail: null },
        { step: 'channel:sms-duty', at: AT - 50_000, ok: true, detail: '138****1234' },
      ],
    },
  ],
  alarms: [],
  photos: [],
  photoCount: 1,
};

const REPORT: CommissioningReport = {
  ...{ gateway: 'nh-jianshe-01', site: '建设街道 1 号', version: '0.1.0', siteNumber: 7, siteHash: 'ab'.repeat(32) },
  ...{ clock: 'synchronised', at: AT, by: '王师傅', searched: 512, devices: [DEVICE] },
};

const zone = openZone('Asia/Shanghai');
const page = (device: Partial<ReportedDevice> = {}, report: Partial<CommissioningReport> = {}) =>
  encodeReport({ ...REPORT, ...report, devices: [{ ...DEVICE, ...device }] }, zone);

test('everything that was seen is on the page, with its unit, its time and its words in Chinese', () => {
  const shown = page();
  const told = [
    ...['安装调试验收单', '建设街道 1 号', 'nh-jianshe-01', '0.1.0', '已校时', '2026-07-15 22:30:00+08:00', '王师傅'],
    ...['中山路 7 号工地噪声', 'renke-rs-zs', 'bus-1 (modbus-rtu)', 'address 3', 'JS-03', '120.7551, 30.7466'],
    ...[
      'RS20260117',
      '取证',
      '2027-04-11',
      '4.2',
      '3.5',
      'AC 220 V',
      '57.1 dB(A)',
      '有效',
      '2026-07-15 22:29:59+08:00',
    ],
    ...['1204', 'timeouts', '联调测试', '通过', '上级平台 Upstream city', '通知渠道 Channel sms-duty', '138****1234'],
    ...['安装单位', '建设单位', '使用单位', '签字', '盖章'],
  ];
  for (const text of told) expect(shown).toContain(text);
  expect(unproven(DEVICE, '2026-07-15')).toEqual([]);
  expect(shown).not.toMatch(/<script|https?:|undefined|NaN|\[object/);
});

/** What stands otherwise, and what is then said not to be proven. */
const MISSING: readonly (readonly [what: string, change: Partial<ReportedDevice>, says: string])[] = [
  ['no walk test', { walkTests: [] }, '未做联调测试'],
  ['one that did not pass', { walkTests: [{ ...one(), passed: false }] }, '联调测试未通过'],
  ['one that reached nobody', { walkTests: [{ ...one(), steps: one().steps.slice(0, 3) }] }, '未经通知渠道送达人员'],
  ['one whose readings were only shown to the rule', { walkTests: [{ ...one(), mode: 'simulate' }] }, '模拟触发'],
  ['no reading', { points: [{ ...point(), last: null }] }, '尚无读数'],
  [
    'a reading that is not good',
    { points: [{ ...point(), last: { value: null, at: AT, quality: 'bad' } }] },
    '不是有效',
  ],
  ['a link that is down', { linkStatus: { state: 'down', counters: {}, devices: {} } }, '未连通'],
  [
    'a clock that is eight hours behind',
    { linkStatus: { state: 'up', counters: {}, devices: { 'noise-07': clockOff(-8 * 3_600_000) } } },
    '设备时钟慢 8 小时：读数迟到，规则不予判定',
  ],
  [
    'a clock that is ahead',
    { linkStatus: { state: 'up', counters: {}, devices: { 'noise-07': clockOff(90_000) } } },
    '设备时钟快 90 秒',
  ],
  ['no answer', { linkStatus: { state: 'up', counters: {}, devices: { 'noise-07': { answers: false } } } }, '未应答'],
  ['no link', { linkStatus: null }, '未连通'],
  ['no register', { asset: null }, '未登记出厂编号'],
  ['an expired certificate', { asset: { serial: '1', validUntil: '2026-07-14' } }, '检定已过有效期'],
  ['evidence without one', { asset: { serial: '1', grade: 'evidence' } }, '未登记检定有效期'],
  ['no photo', { photoCount: 0 }, '无安装照片'],
];

function one() {
  const [test] = DEVICE.walkTests;
  if (test === undefined) throw new Error('none');
  return test;
}
function point() {
  const [first] = DEVICE.points;
  if (first === undefined) throw new Error('none');
  return first;
}

test.each(MISSING)('not proven: %s', (_, change, says) => {
  expect(
    unproven({ ...DEVICE, ...change }, '2026-07-15')
      .map(({ zh }) => zh)
      .join(),
  ).toContain(says);
  expect(page(change)).toContain(says);
});

test('what people and devices wrote is text, wherever it stands', () => {
  const evil = `"><script>alert('1')</script>&{{x}}`;
  const reading = { value: evil, at: AT, quality: 'bad', code: evil } as const;
  const shown = page(
    {
      ...{ id: evil, name: evil, profile: evil, link: evil, linkKind: evil, scene: evil, address: { [evil]: evil } },
      place: { grid: evil, at: null },
      asset: { serial: evil, siting: { supply: evil } },
      points: [{ id: evil, quantity: evil, unit: evil, everyMs: 1, last: reading }],
      linkStatus: {
        state: 'down',
        error: evil,
        counters: { [evil]: 1 },
        devices: { [evil]: { answers: false, code: evil } },
      },
      walkTests: [
        {
          ...{ point: evil, rule: evil, mode: null, by: evil, startedAt: evil, sequence: evil, passed: false },
          steps: [{ step: `channel:${evil}`, at: evil, ok: false, detail: evil }],
        },
      ],
      alarms: [{ point: evil, title: { zh: evil, en: evil }, level: 'red', raisedAt: AT, acknowledged: false }],
      photos: [{ name: evil, type: evil, base64: evil }],
    },
    { gateway: evil, site: evil, version: evil, by: evil, clock: evil, siteHash: evil },
  );
  expect(shown).not.toContain('<script');
  expect(shown).not.toContain("alert('1')");
  expect(shown.match(/&lt;script&gt;/g)?.length).toBeGreaterThan(30);
});

/** A PNG of one colour (PNG third edition, 11.2). */
function aPicture(width: number, height: number): Buffer {
  const crcOf = (bytes: Buffer) => {
    let crc = ~0;
    for (const byte of bytes) {
      crc ^= byte;
      for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc >>> 0;
  };
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length);
    body.copy(out, 4);
    out.writeUInt32BE(crcOf(body), body.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width);
  head.writeUInt32BE(height, 4);
  head.set([8, 0], 8);
  const rows = Buffer.concat(
    Array.from({ length: height }, () => Buffer.concat([Buffer.from([0]), Buffer.alloc(width, 0x99)])),
  );
  const parts = [chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), ...parts]);
}

testWith('chromium')('it prints on A4', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gengfu-report-'));
  await using ends = new AsyncDisposableStack();
  ends.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const photo = { name: 'a.png', type: 'image/png', base64: aPicture(400, 300).toString('base64') };
  const [html, pdf] = [join(folder, 'report.html'), join(folder, 'report.pdf')];
  await writeFile(html, page({ photos: [photo], photoCount: 2 }));
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    `--user-data-dir=${folder}/profile`,
  ];
  const chromium = ends.use(
    start('chromium', [...flags, '--no-pdf-header-footer', `--print-to-pdf=${pdf}`, `file://${html}`]),
  );
  await until(() => chromium.process.exitCode !== null, 'the page to be printed');
  const printed = await readFile(pdf, 'latin1');
  expect(printed.slice(0, 5)).toBe('%PDF-');
  // 210 × 297 mm in points.
  expect(printed).toMatch(/\/MediaBox\s*\[0 0 59[45](\.\d+)? 84[12](\.\d+)?\]/);
  const pages = printed.match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  expect([1, 2, 3]).toContain(pages);
});
