// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in a site's files look like placeholders.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { openTtyReader } from '../../firmware-sim/modbus/tty-settings.ts';
import type { GatewayStatus } from '../../gateway/gateway.ts';
import { openTunedLine, simpleUnit } from '../gateway/commissioning/tuned-line.ts';
import { openPlainSlave } from '../tools/plain-slave.ts';
import { start, testWith, until } from '../tools/program.ts';
import { openRealGateway, type RealGateway } from './real-gateway.ts';

const answers = async (gateway: RealGateway, link: string, device: string) =>
  (await gateway.ask<GatewayStatus>({ ask: 'status' })).links[link]?.devices[device]?.answers === true;

/** A site with one meter on a bus, and the means to ask for a job and be gone. */
async function openBus(id: string, tty: string): Promise<RealGateway> {
  return await openRealGateway(id, {
    files: {
      'links.yaml': `links: [{ id: bus, kind: modbus-rtu, port: ${tty}, baud: 9600, timeout: 300ms }]`,
      'devices.yaml': 'devices: [{ id: noise-01, profile: renke-rs-zs, link: bus, address: 1, every: 300ms }]',
    },
  });
}

const OTHER = { kind: 'scan', link: 'bus', bauds: [4800], parities: ['even'], units: [40, 41, 42, 43, 44, 45, 46, 47] };

testWith('socat')(
  'killed in the midst of a scan that had set the line otherwise, the next start sets it back and reads',
  async () => {
    await using line = await openTunedLine([{ unit: simpleUnit(1), at: { baud: 9600, parity: 'none' } }]);
    await using tty = await openTtyReader(line.tty);
    await using gateway = await openBus('hostile-1', line.tty);
    await gateway.start();
    await until(() => answers(gateway, 'bus', 'noise-01'), 'a reading');
    const socket = connect(join(gateway.data, 'gengfu.sock'));
    socket.on('error', () => {});
    socket.write(`${JSON.stringify({ ask: 'job', wish: { ...OTHER, timeoutMs: 3000 } })}\n`);
    await until(async () => (await tty.read()).baud === 4800, 'the scan to set the line');
    await gateway.kill();
    expect(await tty.read()).toMatchObject({ baud: 4800, parity: 'even' });
    await gateway.start();
    await until(() => answers(gateway, 'bus', 'noise-01'), 'a reading after the start');
    expect(await tty.read()).toMatchObject({ baud: 9600, parity: 'none' });
  },
);

test('killed at any moment of an adoption, the files of the site are whole, and the next adoption goes on', async () => {
  await using slave = await openPlainSlave();
  await using gateway = await openRealGateway('hostile-2', {
    files: {
      'links.yaml': `links: [{ id: plc, kind: modbus-tcp, host: 127.0.0.1, port: ${slave.port} }]`,
      'devices/plc.yaml': '# the cabinet\ndevices: []',
    },
  });
  const file = join(gateway.site, 'devices', 'plc.yaml');
  const idsThere = async () => {
    const { devices } = parse(await readFile(file, 'utf8')) as { devices: { id: string }[] };
    return devices.map(({ id }) => id);
  };
  let address = 1;
  const adopt = () => {
    const device = { profile: 'renke-rs-zs', link: 'plc', address: address++ };
    return gateway.ask<{ status: string }>({ ask: 'site-adopt', asked: { device } });
  };
  for (const ms of [20, 150, 400]) {
    await gateway.start();
    const before = await idsThere();
    const asked = adopt().catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, ms));
    await gateway.kill();
    await asked;
    const after = await idsThere();
    expect(after.slice(0, before.length), `killed after ${ms} ms`).toEqual(before);
    expect(after.length - before.length, `killed after ${ms} ms`).toBeLessThanOrEqual(1);
    expect(await readFile(file, 'utf8')).toMatch(/^# the cabinet\n/);
  }
  await gateway.start();
  expect((await adopt()).status).toBe('applied');
  expect((await readdir(gateway.site)).filter((name) => name.includes('lock'))).toEqual([]);
});

test('names that would be markup, YAML, a formula or a path are names, or are refused', async () => {
  await using slave = await openPlainSlave();
  await using gateway = await openRealGateway('hostile-3', {
    files: {
      'links.yaml': `links: [{ id: plc, kind: modbus-tcp, host: 127.0.0.1, port: ${slave.port} }]`,
      'devices/plc.yaml': 'devices: []',
    },
  });
  await gateway.start();
  let address = 1;
  const adopt = (device: object, more: object = {}) =>
    gateway.ask<{ status: string; device?: string }>({
      ask: 'site-adopt',
      asked: { device: { profile: 'renke-rs-zs', link: 'plc', address: address++, ...device }, ...more },
    });
  const names = [
    '"</td><script>alert(1)</script>',
    "it's\n- id: evil # \u0000",
    '{ a: &x [1] }',
    '=cmd|" /C calc"!A0',
    '${env:HOME}',
  ];
  const taken: string[] = [];
  for (const name of names) {
    const answer = await adopt({ name }).catch(() => null);
    if (answer?.status === 'applied') taken.push(name);
  }
  expect(taken.length).toBeGreaterThanOrEqual(3);
  const { devices } = parse(await readFile(join(gateway.site, 'devices', 'plc.yaml'), 'utf8')) as {
    devices: { name: string }[];
  };
  expect(devices.map(({ name }) => name)).toEqual(taken);
  const report = await gateway.ask<string>({ ask: 'report', devices: [] });
  expect(report).not.toContain('<script');
  expect(await gateway.ask<string>({ ask: 'assets' })).not.toMatch(/(^|,|")=cmd/m);

  for (const id of ['a"b', 'a\nb', '../../etc', 'link:plc', 'gateway', '']) {
    await expect(adopt({ id }), id).rejects.toThrow();
  }
  for (const file of [
    'rules/x.yaml',
    'devices/../rules.yaml',
    '/etc/x.yaml',
    'devices/.x.yaml',
    'people.yaml',
    'devices/a\nb.yaml',
  ]) {
    await expect(adopt({}, { file }), file).rejects.toThrow();
  }
  await expect(adopt({ profile: '../../../etc/passwd' })).rejects.toThrow();

  const session = await gateway.signIn();
  for (const path of ['noise-01/photos/..%2F..%2F..%2Fledger.db', '..%2F..%2Fphotos/x', 'noise-01/photos/%00']) {
    await expect(session.get(`devices/${path}`), path).rejects.toThrow(/: 4\d\d /);
  }
  const photo = join(gateway.data, '..', 'p.jpg');
  await writeFile(photo, Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1]));
  const args = ['gateway/main.ts', 'assets', 'photo', '../..', photo, '--data', gateway.data];
  await using add = start(process.execPath, args);
  expect([await add.ended(), add.output()]).toEqual([1, expect.stringContaining('no device ../..')]);
});
