import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { encodeCheck, encodeProblem } from '../../config/check-report.ts';
import { loadSite } from '../../config/load.ts';
import { standInKinds } from './stand-in-kinds.ts';
import { GOOD, problemsOf, SECRETS, writeSite } from './temporary-site.ts';

const load = async (files: Record<string, string>, env: NodeJS.ProcessEnv = SECRETS) => {
  await using dir = await writeSite(files);
  const loaded = await loadSite(dir.dir, standInKinds, { env });
  if (loaded.site === null) throw new Error(encodeCheck(loaded).join('\n'));
  return loaded.site;
};

test('a good site is loaded whole', async () => {
  const site = await load({ ...GOOD } as Record<string, string>);
  expect(site).toMatchObject({
    gateway: 'gw-1',
    name: 'gw-1',
    timeZone: 'Asia/Shanghai',
    clockTrust: 'auto',
    notEvaluableAfterMs: 45 * 60_000,
    alarms: {
      shelveAtMostMs: 8 * 3_600_000,
      workOrderAtMostMs: 24 * 3_600_000,
      chatter: { returns: 3, withinMs: 60_000, steadyMs: 600_000 },
      flood: { over: 10, below: 5, withinMs: 600_000, respond: 'standard' },
      staleAfterMs: 24 * 3_600_000,
    },
    console: { listen: { host: '127.0.0.1', port: 8080 } },
    broker: null,
    upstreams: [{ id: 'city', kind: 'mqtt', options: { url: 'mqtt://127.0.0.1:1883', password: 'correct horse' } }],
    links: [
      { id: 'bus-1', kind: 'serial', protocol: 'bus', options: { port: '/dev/ttyS0', baud: 9600 } },
      { id: 'plc', kind: 'tcp', devices: [] },
    ],
    rules: [{ id: 'night-noise', kind: 'limit' }],
    permits: [{ id: 'p-1', status: 'granted' }],
  });
  expect(site.links[0]?.devices).toEqual([
    {
      id: 'noise-1',
      name: '一号',
      link: 'bus-1',
      protocol: 'bus',
      model: 'meter',
      options: { address: 3 },
      profile: {},
      scene: 'construction',
      place: { grid: 'JS-01', at: [120.7, 30.7] },
      asset: null,
      points: [
        {
          key: 'noise-1/la',
          device: 'noise-1',
          deviceName: '一号',
          id: 'la',
          quantity: 'noise.la',
          unit: 'dB(A)',
          everyMs: 5000,
          link: 'bus-1',
          scene: 'construction',
          tags: [],
          place: { grid: 'JS-01', at: [120.7, 30.7] },
          validUntil: null,
          register: { fumeStandard: 'national', kitchen: 'unknown' },
          source: { register: { address: 0, type: 'u16' } },
          convert: { factor: 1, offset: 0 },
          range: [30, 130],
          invalid: undefined,
          states: undefined,
        },
      ],
    },
  ]);
  expect(Object.keys(site.links[0] ?? {})).not.toContain('driver');
});

test('every list may stand in site.yaml, and an empty list is none', async () => {
  const site = await load({
    'site.yaml': `gateway: gw-1
timeZone: UTC
links: [{ id: air, kind: broker }]
devices:
rules:
`,
    'devices/none.yaml': '# nothing yet\n',
  });
  expect(site.links.map((link) => link.id)).toEqual(['air']);
});

test('night and day are there without being named, and day is what night leaves', async () => {
  const minimal = 'gateway: gw-1\ntimeZone: UTC\n';
  expect((await load({ 'site.yaml': minimal })).windows).toEqual({
    night: { name: 'night', fromMinute: 1320, toMinute: 360 },
    day: { name: 'day', fromMinute: 360, toMinute: 1320 },
  });
  const own = await load({
    'site.yaml': `${minimal}windows: { night: "23:00-05:00", market: { hours: "04:00-24:00", weekdays: [sat, sun], except: [2026-10-01] } }\n`,
  });
  expect(own.windows).toEqual({
    night: { name: 'night', fromMinute: 1380, toMinute: 300 },
    day: { name: 'day', fromMinute: 300, toMinute: 1380 },
    market: { name: 'market', fromMinute: 240, toMinute: 1440, weekdays: [6, 7], except: ['2026-10-01'] },
  });
});

test('a device has otherwise what it says, a point before the device, and the device before the profile', async () => {
  const site = await load({
    ...GOOD,
    'profiles/meter.yaml': `profile: meter
protocol: bus
every: 5s
points:
  - { id: la, quantity: noise.la, register: { address: 0, type: u16 }, range: [30, 130] }
  - { id: depth, quantity: water.depth, unit: mm, register: { address: 1, type: u16 } }
  - { id: battery, quantity: battery.level, unit: "1", every: 1h, register: { address: 2, type: u16 } }
  - { id: air, quantity: temperature, unit: degF, register: { address: 3, type: s16 } }
`,
    'devices/a.yaml': `devices:
  - id: noise-1
    profile: meter
    link: bus-1
    address: 3
    every: 10s
    tags: [a, b]
    asset: { serial: "007", validUntil: 2027-04-11 }
    points:
      la: { every: 1s, range: [20, 120], register: { address: 9, type: s16 } }
`,
    'rules/a.yaml': '',
  } as Record<string, string>);
  const points = site.links[0]?.devices[0]?.points ?? [];
  expect(
    points.map(({ id, everyMs, convert, source, range, validUntil }) => ({
      id,
      everyMs,
      convert,
      source,
      range,
      validUntil,
    })),
  ).toEqual([
    {
      id: 'la',
      everyMs: 1000,
      convert: { factor: 1, offset: 0 },
      source: { register: { address: 9, type: 's16' } },
      range: [20, 120],
      validUntil: '2027-04-11',
    },
    {
      id: 'depth',
      everyMs: 10_000,
      convert: { factor: 0.1, offset: 0 },
      source: { register: { address: 1, type: 'u16' } },
      range: undefined,
      validUntil: '2027-04-11',
    },
    {
      id: 'battery',
      everyMs: 3_600_000,
      convert: { factor: 100, offset: 0 },
      source: { register: { address: 2, type: 'u16' } },
      range: undefined,
      validUntil: '2027-04-11',
    },
    {
      id: 'air',
      everyMs: 10_000,
      convert: { factor: 5 / 9, offset: -160 / 9 },
      source: { register: { address: 3, type: 's16' } },
      range: undefined,
      validUntil: '2027-04-11',
    },
  ]);
});

test('files are taken in the order of their names, whatever the directory says', async () => {
  const device = (id: string, address: number) =>
    `devices: [{ id: ${id}, profile: meter, link: bus-1, address: ${address} }]\n`;
  const site = await load({ ...GOOD, 'devices/c.yaml': device('c', 5), 'devices/b.yaml': device('b', 4) } as Record<
    string,
    string
  >);
  expect(site.links[0]?.devices.map((each) => each.id)).toEqual(['noise-1', 'b', 'c']);
});

test('check says what it found, or how many errors there are', async () => {
  await using good = await writeSite(GOOD);
  expect(encodeCheck(await loadSite(good.dir, standInKinds, { env: SECRETS }))).toEqual([
    'ok: 2 links, 1 device, 1 point, 1 rule, 1 permit',
  ]);
  expect(encodeCheck(await loadSite(good.dir, standInKinds, { env: {} })).at(-1)).toBe('not ok: 1 error');
});

test('a directory that is not there is a problem, not an exception', async () => {
  const loaded = await loadSite('/nowhere/at/all', standInKinds);
  expect(encodeCheck(loaded)).toEqual([
    '.:1:1: the site /nowhere/at/all cannot be read: there is no such directory',
    'not ok: 1 error',
  ]);
});

test('a directory without site.yaml says how to get one', async () => {
  expect(await problemsOf({ 'site.yaml': '' })).toEqual([
    'site.yaml:1:1: there is no site.yaml here; "gengfu init DIR" writes a first site',
  ]);
});

test('a file that leads out of the directory is not read; one that leads about in it is', async () => {
  await using outside = await writeSite({ 'devices.yaml': 'devices: [{ id: stranger }]\n' });
  await using dir = await writeSite({ ...GOOD, 'all/more.yaml': 'links: [{ id: more, kind: broker }]\n' });
  await symlink(join(outside.dir, 'devices.yaml'), join(dir.dir, 'devices/stranger.yaml'));
  await mkdir(join(dir.dir, 'links'));
  await symlink('../all/more.yaml', join(dir.dir, 'links/more.yaml'));
  await mkdir(join(dir.dir, 'rules/folder.yaml'));
  const { problems } = await loadSite(dir.dir, standInKinds, { env: SECRETS });
  expect(problems.map(encodeProblem)).toEqual([
    "devices/stranger.yaml:1:1: leads out of the site's directory: copy the file into it",
    'rules/folder.yaml:1:1: is not a file',
  ]);
});
