import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DeviceAnswer } from '../../../gateway/api/device-desk.ts';
import { openGateway } from '../../../gateway/gateway.ts';
import { openClock } from '../../../gateway/kit/clock.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { siteToStart } from '../../../gateway/site/site-start.ts';
import { writeSite } from '../../e2e/real-gateway.ts';
import { openPlainSlave } from '../../tools/plain-slave.ts';
import { freePort, until } from '../../tools/program.ts';

const METER = `profile: meter
title: { zh: 声级计, en: Sound level meter }
protocol: modbus
every: 100ms
points:
  - { id: la, quantity: noise.la, unit: dB(A), register: { table: holding, address: 0, type: u16, scale: 0.1 } }`;

const DEVICES = `# 中山路
devices:
  # the east gate
  - id: noise-07 # since May
    name: 东门
    profile: meter
    link: plc
    address: 3

  # next year
  # - id: noise-99
`;

const AUTHOR = { by: 'wang', from: '10.0.0.9' };

/** A gateway at work on a site with one sound level meter. */
async function openBox() {
  await using opening = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'gengfu-installer-'));
  opening.defer(() => rm(folder, { recursive: true, force: true }));
  const slave = opening.use(await openPlainSlave());
  const [dir, data] = [join(folder, 'site'), join(folder, 'data')];
  await writeSite(dir, {
    'site.yaml': `gateway: box-1\ntimeZone: Asia/Shanghai\nconsole: { listen: "127.0.0.1:${await freePort()}" }`,
    'profiles/meter.yaml': METER,
    'links.yaml': `links:
  - { id: plc, kind: modbus-tcp, host: 127.0.0.1, port: ${slave.port} }
  - { id: instruments, kind: hj212, listen: "127.0.0.1:${await freePort()}" }`,
    'devices/street.yaml': DEVICES,
    'rules.yaml': `rules:
  - { id: valid, title: { zh: 检定过期, en: Expired }, on: { quantity: noise.la }, measure: { kind: certificate }, levels: { yellow: { below: 0 } } }`,
  });
  const found = await siteToStart(dir, () => data, silentLog);
  if (found === null) throw new Error('no site to start with');
  const clock = openClock({ trust: () => 'synchronised' });
  const more = { clock, wire: openClock(), log: silentLog, consoleDir: join(folder, 'none'), version: '1.2.3' };
  const gateway = opening.use(await openGateway({ ...found, ...more }));
  await until(async () => (await gateway.site.history()).sites.length > 0, 'the site to be kept');
  const opened = opening.move();
  return {
    dir,
    data,
    slave,
    gateway,
    devices: gateway.devices,
    street: () => readFile(join(dir, 'devices', 'street.yaml'), 'utf8'),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

const codeOf = (answer: DeviceAnswer): string => (answer.status === 'refused' ? answer.code : answer.status);

test('a device is adopted: the new lines only, applied, read at once, and undone', async () => {
  await using box = await openBox();
  box.slave.registers.set(0, 512);
  const device = {
    profile: 'meter',
    link: 'plc',
    address: 4,
    name: '西门',
    place: { grid: 'JS-03', at: [120.7, 30.7] },
  };
  const trial = await box.devices.adopt({ device }, { ...AUTHOR, isTrial: true });
  expect(trial).toMatchObject({ status: 'unchanged', device: 'noise-08', file: 'devices/street.yaml' });
  expect(await box.street()).toBe(`${DEVICES}\n`);

  const answer = await box.devices.adopt({ device }, AUTHOR);
  const lines = [
    '  - id: noise-08',
    '    name: 西门',
    '    profile: meter',
    '    link: plc',
    '    address: 4',
    '    place: { grid: JS-03, at: [ 120.7, 30.7 ] }',
  ];
  expect(answer).toMatchObject({ status: 'applied', number: 2, device: 'noise-08', lines });
  expect(await box.street()).toBe(`${DEVICES}\n`.replace('address: 3\n', `address: 3\n${lines.join('\n')}\n`));
  expect(box.slave.connections).toBeGreaterThan(0);
  await until(async () => (await box.devices.report(['noise-08'], 'wang')).includes('51.2'), 'a reading in the report');
  expect(box.devices.list().map(({ id }) => id)).toEqual(['noise-07', 'noise-08']);
  expect(await box.gateway.site.back(1, 'wang')).toMatchObject({ status: 'applied' });
  expect(box.devices.list().map(({ id }) => id)).toEqual(['noise-07']);
  // The directory has what was put back: it is not applied unseen with the next device.
  expect(codeOf(await box.devices.adopt({ device: { ...device, address: 5 } }, AUTHOR))).toBe('site-differs');
  expect(codeOf(await box.devices.adopt({ device: { ...device, address: 5 } }, { ...AUTHOR, withEdits: true }))).toBe(
    'applied',
  );
});

test('what was heard on a link becomes a device by what it calls itself', async () => {
  await using box = await openBox();
  const answer = await box.devices.adopt(
    { device: { profile: 'hj212-noise', link: 'instruments' }, unknown: '3304020001' },
    AUTHOR,
  );
  expect(answer).toMatchObject({
    status: 'applied',
    device: 'noise-08',
    file: 'devices/instruments.yaml',
    lines: [
      'devices:',
      '  - id: noise-08',
      '    profile: hj212-noise',
      '    link: instruments',
      '    mn: "3304020001"',
    ],
  });
});

describe('what cannot be adopted is told with its place, and nothing is otherwise than before', () => {
  test('bad fields, each with its reason', async () => {
    await using box = await openBox();
    const good = { profile: 'meter', link: 'plc', address: 9 };
    const table: readonly (readonly [
      what: string,
      device: Record<string, unknown>,
      file: string | undefined,
      says: RegExp,
    ])[] = [
      [
        'an address in use',
        { ...good, address: 3 },
        undefined,
        /noise-0[78].*address|address.*noise-07|same address|already/,
      ],
      ['an id in use', { ...good, id: 'noise-07' }, undefined, /there is a device "noise-07" already/],
      ['a profile that does not fit', { ...good, profile: 'hj212-noise' }, undefined, /needs a link of kind hj212/],
      ['a profile that is none', { ...good, profile: 'metre' }, undefined, /no profile "metre".*meter/],
      ['an unknown link', { ...good, link: 'plx' }, undefined, /no link "plx".*plc/],
      ['an address out of range', { ...good, address: 900 }, undefined, /at most 255/],
      ['a latitude first', { ...good, place: { at: [30.7, 120.7] } }, undefined, /longitude comes first/],
      ['an open password', { ...good, password: 'hunter22' }, undefined, /by reference only/],
      ['a file of rules', good, 'rules/x.yaml', /devices stand in/],
      ['a file elsewhere', good, '../x.yaml', /devices stand in/],
    ];
    for (const [what, device, file, says] of table) {
      const answer = await box.devices.adopt({ device, file }, AUTHOR);
      if (answer.status !== 'refused') throw new Error(`${what} was taken`);
      const told = [answer.message, ...answer.problems.map(({ path, message }) => `${path}: ${message}`)].join('\n');
      expect(told, what).toMatch(says);
      if (answer.code === 'site-invalid') expect(told, what).toMatch(/devices\/\w+\.yaml:\d+:\d+: /);
      expect(told, what).not.toContain('hunter22');
    }
    const heard = await box.devices.adopt({ device: { profile: 'meter', link: 'plc' }, unknown: 'x' }, AUTHOR);
    expect(heard).toMatchObject({ code: 'site-edit', message: expect.stringContaining('hears nobody by name') });
    expect(await box.street()).toBe(`${DEVICES}\n`);
    expect(await readdir(join(box.dir, 'devices'))).toEqual(['street.yaml']);
    expect(box.gateway.status().site).toMatchObject({ number: 1, failures: 0, error: null });
    expect(codeOf(await box.devices.change('x-1', { name: 'x' }, AUTHOR))).toBe('no-such-device');
    expect(codeOf(await box.devices.remove('x-1', AUTHOR))).toBe('no-such-device');
  });

  test('edits by hand, two installers at once, a directory that cannot be written', async () => {
    await using box = await openBox();
    const device = { profile: 'meter', link: 'plc' };
    const two = await Promise.all(
      [4, 5].map((address) => box.devices.adopt({ device: { ...device, address } }, AUTHOR)),
    );
    expect(two.map(codeOf).toSorted()).toEqual(['applied', 'site-busy']);
    const before = await box.street();

    await writeSite(box.dir, { 'rules.yaml': 'rules: []' });
    const differs = await box.devices.adopt({ device: { ...device, address: 6 } }, AUTHOR);
    expect(differs).toMatchObject({ code: 'site-differs', problems: [{ path: 'rules.yaml' }] });
    await writeSite(box.dir, { 'rules.yaml': 'rules: [' });
    const broken = await box.devices.adopt({ device: { ...device, address: 6 } }, { ...AUTHOR, withEdits: true });
    expect(broken).toMatchObject({ code: 'site-invalid' });
    expect(await box.street()).toBe(before);

    await writeSite(box.dir, { 'rules.yaml': 'rules: []' });
    await mkdir(join(box.dir, 'devices', 'street.yaml.tmp'));
    const unwritable = await box.devices.adopt({ device: { ...device, address: 6 } }, { ...AUTHOR, withEdits: true });
    expect(unwritable).toMatchObject({ code: 'site-unwritable', message: expect.stringContaining('street.yaml') });
    expect(await box.street()).toBe(before);
    expect(box.devices.list()).toHaveLength(2);
  });

  test('a change that cannot be applied is put back as it was', async () => {
    await using box = await openBox();
    await rm(join(box.data, 'sites'), { recursive: true });
    await writeSite(box.data, { sites: 'no folder' });
    const device = { profile: 'meter', link: 'plc', address: 4 };
    expect(codeOf(await box.devices.adopt({ device }, AUTHOR))).toBe('site-failed');
    expect(codeOf(await box.devices.adopt({ device, file: 'devices/new.yaml' }, AUTHOR))).toBe('site-failed');
    expect(await box.street()).toBe(`${DEVICES}\n`);
    expect(await readdir(join(box.dir, 'devices'))).toEqual(['street.yaml']);
  });
});

test('a device is named otherwise and taken out again', async () => {
  await using box = await openBox();
  const { connections } = box.slave;
  const changed = await box.devices.change('noise-07', { name: '北门', asset: { serial: '0017' } }, AUTHOR);
  expect(changed).toMatchObject({
    status: 'applied',
    lines: expect.arrayContaining(['    asset: { serial: "0017" }']),
  });
  expect(box.devices.list()[0]).toMatchObject({ name: '北门', asset: { serial: '0017' }, address: { address: 3 } });
  expect(box.slave.connections).toBe(connections);
  expect(codeOf(await box.devices.remove('noise-07', AUTHOR))).toBe('applied');
  expect(box.devices.list()).toEqual([]);
  expect(await box.street()).toContain('# the east gate');
});

test('a register that says that a certificate has expired is seen by the rules at once', async () => {
  await using box = await openBox();
  const bad = await box.devices.importAssets('设备编号,检定有效期\nnoise-07,2020-13-01\nx-1,2020-01-01\n', AUTHOR);
  expect(bad).toMatchObject({
    status: 'unchanged',
    changed: [],
    problems: [
      { row: 2, column: '检定有效期' },
      { row: 3, column: '设备编号' },
    ],
  });
  const csv = '设备编号,检定证书编号,检定有效期,安装高度(m)\nnoise-07,JD-1,2020/1/31,4.2\n';
  expect(await box.devices.importAssets(csv, { ...AUTHOR, isTrial: true })).toMatchObject({ changed: ['noise-07'] });
  expect(await box.street()).toBe(`${DEVICES}\n`);
  expect(await box.devices.importAssets(csv, AUTHOR)).toMatchObject({ status: 'applied', changed: ['noise-07'] });
  expect(await box.street()).toContain(
    '    asset: { certificate: JD-1, validUntil: 2020-01-31, siting: { height: 4.2 } }\n',
  );
  await until(() => box.gateway.alarms().some(({ watch }) => watch.rule === 'valid'), 'an alarm of the certificate');
  expect(await box.devices.importAssets(box.devices.exportAssets(), AUTHOR)).toMatchObject({ status: 'unchanged' });
  expect(await box.devices.report([], 'wang')).toContain('检定已过有效期');
});

test('photos are of a device that the site has', async () => {
  await using box = await openBox();
  const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1]);
  const { name } = await box.devices.addPhoto('noise-07', jpeg, AUTHOR);
  expect(await box.devices.photos('noise-07')).toMatchObject([{ name, type: 'image/jpeg' }]);
  expect(await box.devices.report(['noise-07'], 'wang')).toContain(`data:image/jpeg;base64,${jpeg.toString('base64')}`);
  await expect(box.devices.addPhoto('x', jpeg, AUTHOR)).rejects.toMatchObject({ code: 'no-such-device' });
  await expect(box.devices.report(['x'], 'wang')).rejects.toMatchObject({ code: 'no-such-device' });
  await box.devices.removePhoto('noise-07', name, AUTHOR);
  expect(await box.devices.photos('noise-07')).toEqual([]);
});
