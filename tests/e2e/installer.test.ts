import { readdirSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { runCommand } from '../../gateway/commands/index.ts';
import type { GatewayStatus } from '../../gateway/gateway.ts';
import { openPlainSlave } from '../tools/plain-slave.ts';
import { freePort, until } from '../tools/program.ts';
import { openRealGateway } from './real-gateway.ts';

/** A command in this process, against the gateway in its own: its exit status and all that it says. */
async function gengfu(...args: string[]): Promise<{ readonly status: number; readonly said: string }> {
  const said: unknown[] = [];
  const spies = (['log', 'error'] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation((line) => void said.push(line)),
  );
  try {
    return { status: await runCommand(args), said: said.join('\n') };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** A site with a link of each kind that installers find devices on, and no device yet. */
async function openCabinet(id: string) {
  await using opening = new AsyncDisposableStack();
  const slave = opening.use(await openPlainSlave());
  const [hj212, http, mqtt] = [await freePort(), await freePort(), await freePort()];
  const links = [
    `  - { id: plc, kind: modbus-tcp, host: 127.0.0.1, port: ${slave.port} } # the meter's cabinet`,
    `  - { id: instruments, kind: hj212, listen: "127.0.0.1:${hj212}" }`,
    '  - { id: air, kind: mqtt }',
    `  - { id: lora, kind: mqtt, listen: "127.0.0.1:${await freePort()}", server: chirpstack }`,
    `  - { id: cloud, kind: http, listen: "127.0.0.1:${http}", auth: { kind: bearer, token: "\${env:CLOUD}" } }`,
    '  - { id: box, kind: cabinet }',
  ];
  const gateway = opening.use(
    await openRealGateway(id, {
      site: [`broker: { listen: "127.0.0.1:${mqtt}" }`],
      files: { 'links.yaml': ['links:', ...links].join('\n'), 'devices/noise.yaml': '# none yet\ndevices: []' },
      env: { CLOUD: 'lantern-and-rattle' },
    }),
  );
  await gateway.start();
  const opened = opening.move();
  const data = ['--data', gateway.data];
  return {
    gateway,
    slave,
    hj212,
    gengfu: (...args: string[]) => gengfu(...args, ...data),
    status: () => gateway.ask<GatewayStatus>({ ask: 'status' }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** A frame of HJ 212-2017, 6.3.2: length, data and CRC. */
function frameOf(data: string): string {
  let crc = 0xffff;
  for (const byte of Buffer.from(data)) {
    crc = (crc >> 8) ^ byte;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return `##${String(data.length).padStart(4, '0')}${data}${crc.toString(16).toUpperCase().padStart(4, '0')}\r\n`;
}

test('from a bare cabinet to a signed report, by commands', async () => {
  await using cabinet = await openCabinet('installer-1');
  cabinet.slave.registers.set(0, 571);

  const trial = await cabinet.gengfu('adopt', '--profile', 'renke-rs-zs', '--link', 'plc', '--address', '3', '--check');
  expect([trial.status, trial.said]).toEqual([0, expect.stringContaining('would be adopted: noise-01')]);
  const options = ['--name', '中山路 7 号', '--scene', 'construction', '--grid', 'JS-03', '--at', '120.7551,30.7466'];
  const register = ['--serial', '0017', '--set', 'every=200ms'];
  const adopted = await cabinet.gengfu(
    ...['adopt', '--profile', 'renke-rs-zs', '--link', 'plc', '--address', '3', '--file', 'devices/noise.yaml'],
    ...[...options, ...register],
  );
  expect([adopted.status, adopted.said]).toEqual([
    0,
    expect.stringContaining('adopted: noise-01, in devices/noise.yaml'),
  ]);
  const file = join(cabinet.gateway.site, 'devices', 'noise.yaml');
  expect(await readFile(file, 'utf8')).toBe(
    `# none yet
devices:
  - id: noise-01
    name: 中山路 7 号
    profile: renke-rs-zs
    link: plc
    address: 3
    every: 200ms
    scene: construction
    place: { grid: JS-03, at: [ 120.7551, 30.7466 ] }
    asset: { serial: "0017" }
`,
  );

  // What is refused says where, and leaves the file alone.
  const before = await readFile(file, 'utf8');
  const taken = await cabinet.gengfu('adopt', '--profile', 'renke-rs-zs', '--link', 'plc', '--address', '3');
  expect(taken.status).toBe(1);
  expect(taken.said).toMatch(/devices\/noise\.yaml:\d+:\d+: .*address/);
  expect((await cabinet.gengfu('adopt', '--profile', 'hj212-noise', '--link', 'plc', '--mn', 'A1')).status).toBe(1);
  expect(await readFile(file, 'utf8')).toBe(before);

  // An instrument that dials in is heard, and becomes a device by what it calls itself.
  const socket = connect(cabinet.hj212, '127.0.0.1');
  const mn = '330402000100010001000100';
  socket.write(
    frameOf(
      `QN=20260715223000000;ST=23;CN=2011;PW=123456;MN=${mn};Flag=4;CP=&&DataTime=20260715223000;LA-Rtd=61.4,LA-Flag=N&&`,
    ),
  );
  const heard = async () => (await cabinet.status()).links.instruments?.unknown ?? [];
  await until(async () => (await heard()).some(({ id }) => id === mn), 'the instrument to be heard');
  socket.destroy();
  const unknown = await cabinet.gengfu('adopt', '--profile', 'hj212-noise', '--link', 'instruments', '--unknown', mn);
  expect([unknown.status, unknown.said]).toEqual([0, expect.stringContaining(`mn: "${mn}"`)]);

  const folder = join(cabinet.gateway.data, '..');
  const csv = join(folder, 'assets.csv');
  expect((await cabinet.gengfu('assets', 'export', csv)).status).toBe(0);
  const [heading = '', ...rows] = (await readFile(csv, 'utf8')).trimEnd().split('\r\n');
  expect(rows).toHaveLength(2);
  await writeFile(csv, `${heading}\r\nnoise-01,中山路 7 号,,0017,,2026/7/15,,,JD-1,2026/02/30\r\nnoise-9,x\r\n`);
  const wrong = await cabinet.gengfu('assets', 'import', csv);
  expect(wrong.status).toBe(1);
  expect(wrong.said).toMatch(/row 2: 检定有效期: .*\n.*row 3: 设备编号: .*noise-9[\s\S]*nothing was imported/);
  await writeFile(csv, `${heading}\r\nnoise-01,中山路 7 号,,0017,,2026/7/15,,,JD-1,2024/02/29\r\n`);
  expect(await cabinet.gengfu('assets', 'import', csv, '--check')).toMatchObject({ status: 0, said: 'ok: 1 devices' });
  expect((await cabinet.gengfu('assets', 'import', csv)).said).toContain('1 changed');
  expect(await readFile(file, 'utf8')).toContain('certificate: JD-1, validUntil: 2024-02-29');

  const photo = join(folder, 'photo.jpg');
  await writeFile(photo, Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(1000)]));
  expect(await cabinet.gengfu('assets', 'photo', 'noise-01', photo)).toMatchObject({ status: 0 });
  await writeFile(photo, Buffer.alloc(50 * 2 ** 20));
  const large = await cabinet.gengfu('assets', 'photo', 'noise-01', photo);
  expect([large.status, large.said]).toEqual([1, expect.stringMatching(/50\.0 MB; at most 5 MB/)]);

  const out = join(folder, 'report.html');
  expect((await cabinet.gengfu('report', 'noise-01', '--out', out)).status).toBe(0);
  const report = await readFile(out, 'utf8');
  for (const text of ['57.1 dB', '0017', '2024-02-29', '检定已过有效期', '未做联调测试', 'data:image/jpeg;base64,']) {
    expect(report).toContain(text);
  }
  const [noName, noDevice] = [await cabinet.gengfu('report'), await cabinet.gengfu('report', 'x', '--out', out)];
  expect([noName.status, noDevice.status]).toEqual([2, 1]);

  const gone = await cabinet.gengfu('adopt', '--out', 'noise-01');
  expect([gone.status, gone.said]).toEqual([0, expect.stringContaining('taken out: noise-01')]);
  expect((await cabinet.gengfu('site', 'back', '1')).status).toBe(0);

  const session = await cabinet.gateway.signIn();
  const audit = await session.get<{ lines: { what: string }[] }>('audit?limit=1000');
  const deeds = new Set(audit.lines.map(({ what }) => what));
  for (const deed of ['device-adopted', 'device-removed', 'assets-imported', 'photo-added', 'site-applied']) {
    expect(deeds).toContain(deed);
  }
});

test('without a gateway the files alone are changed, checked whole before', async () => {
  await using cabinet = await openCabinet('installer-2');
  await cabinet.gateway.stop();
  const where = ['--site', cabinet.gateway.site, '--data', cabinet.gateway.data];
  const good = ['adopt', '--profile', 'renke-rs-zs', '--link', 'plc', '--address'];
  const adopted = await gengfu(...good, '4', ...where);
  expect([adopted.status, adopted.said]).toEqual([
    0,
    expect.stringMatching(/no gateway runs[\s\S]*\nadopted: noise-01/),
  ]);
  const path = join(cabinet.gateway.site, 'devices', 'plc.yaml');
  const before = readFileSync(path, 'utf8');
  const refused = await gengfu(...good, '4', ...where);
  expect([refused.status, refused.said]).toEqual([
    1,
    expect.stringMatching(/plc\.yaml:\d+:\d+: [\s\S]*nothing was written/),
  ]);
  expect((await gengfu(...good, '4', '--data', cabinet.gateway.data)).status).toBe(3);
  expect((await gengfu('adopt', ...where)).status).toBe(2);
  expect(readFileSync(path, 'utf8')).toBe(before);

  // Somebody else is at it, and is alive.
  await writeFile(join(cabinet.gateway.site, '.gengfu-edit.lock'), `${process.pid}\n`);
  const busy = await gengfu(...good, '5', ...where);
  expect([busy.status, busy.said]).toEqual([1, expect.stringContaining(`process ${process.pid}`)]);
  // One who was killed at it is in nobody's way.
  await writeFile(join(cabinet.gateway.site, '.gengfu-edit.lock'), '999999999\n');
  expect((await gengfu(...good, '5', ...where)).status).toBe(0);
});

/** As a site's file refers to it. */
const PASSWORD = ['$', '{env:CLOUD}'].join('');

const PROFILES = 'config/profiles';

/** The device models that ship and are no templates, each as `gengfu profile show` prints it. */
const models = readdirSync(PROFILES)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => parse(readFileSync(join(PROFILES, file), 'utf8')))
  .filter(({ template }) => template !== true);

test('a device of each model that can be used is adopted, and stands in the report', async () => {
  await using cabinet = await openCabinet('installer-3');
  let n = 1;
  for (const { profile, protocol, codec, points } of models) {
    n++;
    const isLora = protocol === 'mqtt' && codec !== undefined;
    const height = points.some((point: { from?: string }) => point.from === 'height') ? { height: '4.2m' } : {};
    const fields: Readonly<Record<string, object>> = {
      modbus: { link: 'plc', address: n },
      hj212: { link: 'instruments', mn: `33040200010001000100${String(n).padStart(4, '0')}` },
      http: { link: 'cloud', identity: `86${String(n).padStart(13, '0')}` },
      cabinet: { link: 'box' },
      mqtt: isLora
        ? { link: 'lora', devEui: n.toString(16).padStart(16, '0') }
        : { link: 'air', topic: `sensors/${n}`, password: PASSWORD },
    };
    const device = { profile, ...fields[protocol], ...height };
    const answer = await cabinet.gateway.ask<{ status: string; device: string }>({
      ask: 'site-adopt',
      asked: { device },
    });
    expect(answer.status, profile).toBe('applied');
  }
  const report = await cabinet.gateway.ask<string>({ ask: 'report', devices: [] });
  for (const { profile } of models) expect(report).toContain(`<td>${profile}</td>`);
  expect(report.match(/<section class="device">/g)).toHaveLength(models.length);
});
