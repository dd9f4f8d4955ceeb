import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { connectAsync, type IClientOptions } from 'mqtt';
import { afterAll, expect, test } from 'vitest';
import type { MqttDevice } from '../../../drivers/mqtt/kind.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { type Issued, openAuthority } from '../../tools/certificates.ts';
import { freePort, start, testWith, until } from '../../tools/program.ts';
import { jsonDevice, openLink } from './open-link.ts';

const dir = mkdtempSync(join(tmpdir(), 'mqtt-tls-'));
afterAll(() => rmSync(dir, { recursive: true }));
const authority = openAuthority(dir);
const stranger = openAuthority(dir, 'stranger');
const server = authority.issue('localhost');
const mine = authority.issue('smoke-12');
const pinned = stranger.issue('whoever');
const expired = authority.issue('smoke-12', { days: -1 });
const foreign = stranger.issue('smoke-12');

const fingerprintOf = ({ cert }: Issued) =>
  createHash('sha256')
    .update(new X509Certificate(readFileSync(cert)).raw)
    .digest('hex');

const certified = (id: string, certificate: MqttDevice['options']['certificate']): MqttDevice => ({
  ...jsonDevice(id),
  options: { topic: `sensors/${id}`, certificate },
});

const devices = [
  jsonDevice('smoke-09'),
  certified('smoke-12', { commonName: 'smoke-12' }),
  certified('smoke-13', { fingerprint: fingerprintOf(pinned) }),
];

const openSecure = async (more: object = {}, log = silentLog) => {
  const port = await freePort();
  const tls = { listen: `127.0.0.1:${port}`, cert: server.cert, key: server.key, ca: authority.cert, ...more };
  return { port, air: await openLink({ tls }, devices, undefined, { log }) };
};

const sign = (port: number, options: IClientOptions, { cert, key }: Partial<Issued> = {}) =>
  connectAsync(`mqtts://localhost:${port}`, {
    host: 'localhost',
    protocolVersion: 4,
    reconnectPeriod: 0,
    ca: readFileSync(authority.cert),
    ...(cert && key && { cert: readFileSync(cert), key: readFileSync(key) }),
    ...options,
  });

testWith('mosquitto_sub')('mosquitto_pub publishes over TLS, by password and by certificate', async () => {
  const { port, air: opened } = await openSecure();
  await using air = opened;
  await until(() => air.link.status().state === 'up', 'the listener');
  const common = ['-h', 'localhost', '-p', String(port), '-q', '1', '--cafile', authority.cert];
  const run = async (args: readonly string[]) => {
    await using program = start('mosquitto_pub', [...common, '-m', '{"state":1}', ...args]);
    await program.ended();
    return program.output();
  };
  const as = ({ cert, key }: Issued) => ['--cert', cert, '--key', key];
  await run(['-t', 'sensors/smoke-09', '-u', 'smoke-09', '-P', 'smoke-09-secret']);
  await run(['-t', 'sensors/smoke-12', ...as(mine)]);
  await run(['-t', 'sensors/smoke-13', ...as(pinned)]);
  await until(
    () => air.readings.length === 3,
    () => `three readings of ${JSON.stringify(air.link.status())}`,
  );
  expect(air.values()).toEqual(['smoke-09/state alarm', 'smoke-12/state alarm', 'smoke-13/state alarm']);
  expect(await run(['-t', 'sensors/smoke-12', ...as(foreign)])).toMatch(/not authori[sz]ed/i);
  expect(air.readings).toHaveLength(3);
});

test.each([
  ['one of another CA', foreign, {}, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['one that has expired', expired, {}, 'CERT_HAS_EXPIRED'],
  [
    'its own, with the user name of another',
    mine,
    { username: 'smoke-09', password: 'smoke-09-secret' },
    'OTHER_DEVICE',
  ],
])('a certificate that is %s is refused, and the reason is told', async (_, issued, options, reason) => {
  const said: object[] = [];
  const { port, air: opened } = await openSecure({}, { ...silentLog, warn: (nouns) => said.push(nouns) });
  await using air = opened;
  await until(() => air.link.status().state === 'up', 'the listener');
  await expect(sign(port, options, issued)).rejects.toThrow(/not authorized/i);
  expect(said).toContainEqual(expect.objectContaining({ reason: 'certificate', certificate: reason }));
  expect(air.count('refusedCertificates')).toBe(1);
  const device = 'username' in options ? 'smoke-09' : 'smoke-12';
  expect(air.link.status().devices).toMatchObject({ [device]: { answers: false, code: 'wrong-certificate' } });
});

test('a device that is known by its certificate has no password, and one without a certificate needs its own', async () => {
  const { port, air: opened } = await openSecure();
  await using air = opened;
  await until(() => air.link.status().state === 'up', 'the listener');
  await expect(sign(port, { username: 'smoke-12', password: '' })).rejects.toThrow(/bad user ?name or password/i);
  await expect(sign(port, {}, authority.issue('nobody'))).rejects.toThrow(/bad user ?name or password/i);
  const both = await sign(port, { username: 'smoke-09', password: 'smoke-09-secret' }, authority.issue('nobody'));
  await both.publishAsync('sensors/smoke-09', '{"state":0}', { qos: 1 });
  await until(() => air.readings.length === 1, 'the reading');
  await both.endAsync();
});

test('without a CA of the site nobody vouches for a name, not even a CA of the system', async () => {
  const { port, air: opened } = await openSecure({ ca: undefined });
  await using air = opened;
  await until(() => air.link.status().state === 'up', 'the listener');
  await expect(sign(port, {}, mine)).rejects.toThrow(/not authorized/i);
  const client = await sign(port, {}, pinned);
  expect(air.link.status().devices['smoke-13']).toEqual({ answers: true });
  await client.endAsync();
});

test.each([
  ['a file that is not there', { key: join(dir, 'none.key') }, /cannot read tls.key: ENOENT.*\(see tls.key/],
  ['a key of another certificate', { key: mine.key }, /cannot be used: .*mismatch.*belong together/],
  ['no PEM', { cert: '-----BEGIN nonsense' }, /cannot be used/],
])('%s: the link is down and says so, without the key', async (_, more, reason) => {
  const { air: opened } = await openSecure(more);
  await using air = opened;
  await until(
    () => reason.test(air.link.status().error ?? ''),
    () => `the reason: ${air.link.status().error}`,
  );
  expect(air.link.status().state).toBe('down');
  expect(JSON.stringify(air.link.status())).not.toContain('PRIVATE KEY');
});

test('with one listener up and one not, the link is up and says which is not', async () => {
  const port = await freePort();
  const tls = { listen: `127.0.0.1:${await freePort()}`, cert: join(dir, 'none.pem'), key: server.key };
  await using air = await openLink({ listen: `127.0.0.1:${port}`, tls }, devices);
  await until(() => air.link.status().state === 'up', 'the plain listener');
  await until(() => /tls.cert/.test(air.link.status().error ?? ''), 'the reason');
  expect(air.link.status().warnings).toEqual(['listener-down']);
});

test('packets are bounded behind TLS too; no TLS, and half a handshake, harm nobody', async () => {
  const { port, air: opened } = await openSecure();
  await using air = opened;
  await until(() => air.link.status().state === 'up', 'the listener');
  const tls = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
  tls.on('error', () => {});
  await once(tls, 'secureConnect');
  tls.write(Buffer.from([0x10, 0x80, 0x80, 0xb2, 0x64]));
  await until(() => tls.destroyed, 'the end of 200 MB that are announced');
  expect(air.count('oversized')).toBe(1);

  const plain = connectSocket(port, '127.0.0.1');
  plain.on('error', () => {});
  plain.write(Buffer.from('\u0010\u0010hello, this is no TLS'));
  await until(() => plain.destroyed, 'the end of what is no TLS');
  expect(air.count('tlsFailures')).toBe(1);

  const halves = Array.from({ length: 20 }, () => connectSocket(port, '127.0.0.1').on('error', () => {}));
  for (const half of halves) half.write(Buffer.from([0x16, 0x03, 0x01]));
  const client = await sign(port, { username: 'smoke-09', password: 'smoke-09-secret' });
  await client.publishAsync('sensors/smoke-09', '{"state":1}', { qos: 1 });
  await until(() => air.values().includes('smoke-09/state alarm'), 'the device');
  await client.endAsync();
  for (const half of halves) half.destroy();
});
