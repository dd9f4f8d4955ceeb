import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { Aedes, type AedesOptions } from 'aedes';
import { connectAsync } from 'mqtt';
import { expect, test } from 'vitest';
import { FakeClock } from '../../tools/fake-clock.ts';
import { openMosquitto } from '../../tools/mosquitto.ts';
import { freePort, testWith, until } from '../../tools/program.ts';
import { jsonDevice, openLink, tiltDevice } from './open-link.ts';

const EUI = '24e124710c123456';
const clientOf = (port: number, more: object = {}) =>
  connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4, reconnectPeriod: 0, ...more });

const uplink = (data: string, more: object = {}) =>
  JSON.stringify({ deduplicationId: crypto.randomUUID(), deviceInfo: { devEui: EUI }, fPort: 85, data, ...more });

/** A broker of our own making, to refuse what mosquitto would not. */
async function openAedes(options: AedesOptions) {
  const aedes = await Aedes.createBroker(options);
  const server = createServer((socket) => void aedes.handle(socket));
  return await listen(server, () => new Promise<void>((done) => aedes.close(done)));
}

async function listen(server: Server, close: () => Promise<void> | void) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      await close();
      server.close();
    },
  };
}

testWith('mosquitto')(
  'devices with JSON and devices behind a network server are read from another broker',
  async () => {
    await using broker = await openMosquitto({ password: 'right' });
    const options = { url: `mqtt://127.0.0.1:${broker.port}`, username: 'gw', password: 'right', server: 'chirpstack' };
    const client = await clientOf(broker.port, { username: 'gw', password: 'right' });
    await client.publishAsync('sensors/smoke-12', '{"state":1}', { retain: true });
    await using air = await openLink(options, [jsonDevice('smoke-12'), tiltDevice('cover-3', EUI)]);
    expect(air.link.status().state).toBe('connecting');
    await until(() => air.link.status().state === 'up', 'the connection');
    await until(() => air.count('retained') === 1, 'the message that the broker kept');
    await client.publishAsync('sensors/smoke-12', '{"state":0}', { qos: 1 });
    await client.publishAsync('sensors/smoke-12/up', '{"state":1}', { qos: 2 });
    await client.publishAsync('sensors/smoke-1', '{"state":1}', { qos: 1 });
    const up = `application/city/device/${EUI}/event/up`;
    await client.publishAsync(up, uplink(Buffer.from('03CF00000000282307', 'hex').toString('base64')), { qos: 1 });
    await until(() => air.readings.length >= 3, 'three readings');
    expect(air.values()).toEqual(['smoke-12/state normal', 'smoke-12/state alarm', 'cover-3/z 90']);
    expect(air.link.status()).toMatchObject({
      devices: { 'smoke-12': { answers: true }, 'cover-3': { answers: true } },
    });
    await client.endAsync();
  },
);

testWith('mosquitto')(
  'a broker that stops is told, its devices give bad readings, and it comes back by itself',
  async () => {
    await using broker = await openMosquitto();
    const clock = new FakeClock();
    await using air = await openLink(
      { url: `mqtt://127.0.0.1:${broker.port}` },
      [jsonDevice('smoke-12', 60_000)],
      clock,
    );
    const isUp = () => air.link.status().state === 'up';
    await until(isUp, 'the connection');
    const client = await clientOf(broker.port);
    await client.publishAsync('sensors/smoke-12', '{"state":1}', { qos: 1 });
    await until(() => air.readings.length === 1, 'the reading');
    await clock.advance(100_000);
    client.on('error', () => {}).end(true);
    await broker.stop();
    await until(() => air.link.status().state === 'down', 'the end of it');
    expect(air.link.status().error).toMatch(/closed|ECONNREFUSED/);
    expect(air.link.status().devices).toEqual({ 'smoke-12': { answers: false, code: 'link-down' } });
    await clock.advance(59_000);
    expect(air.values()).toEqual(['smoke-12/state alarm']);
    await clock.advance(61_000);
    await until(() => air.readings.length === 3, 'one bad reading a period');
    expect(air.values().slice(1)).toEqual(Array(2).fill('smoke-12/state link-down'));
    await broker.start();
    await until(isUp, 'the connection again');
    expect(air.link.status().error).toBeUndefined();
    // The time without a broker is no silence of the device's: 80 s of its three periods are left.
    await clock.advance(79_000);
    expect(air.readings.length).toBe(3);
    await clock.advance(1000);
    await until(() => air.readings.length === 4, 'the silence');
    expect(air.values().at(-1)).toBe('smoke-12/state no-answer');
    const again = await clientOf(broker.port);
    await again.publishAsync('sensors/smoke-12', '{"state":0}', { qos: 1 });
    await until(() => air.readings.length === 5, 'the reading');
    expect(air.values().at(-1)).toBe('smoke-12/state normal');
    await again.endAsync();
  },
);

testWith('mosquitto')('a wrong password is told with what to do, and is not in what is told', async () => {
  await using broker = await openMosquitto({ password: 'right' });
  const url = `mqtt://127.0.0.1:${broker.port}`;
  await using air = await openLink({ url, username: 'gw', password: 'hunter22' }, [jsonDevice('smoke-12')]);
  const error = await until(() => air.link.status().error, 'the refusal');
  expect(error).toMatch(/refused: .*not authori[sz]ed \(check username and password of this link\)/i);
  expect(error).not.toContain('hunter22');
  expect(air.link.status().state).toBe('down');
});

test('a broker that is not there is tried again until it is', async () => {
  const port = await freePort();
  await using air = await openLink({ url: `mqtt://127.0.0.1:${port}` }, [jsonDevice('smoke-12')]);
  expect(await until(() => air.link.status().error, 'the failure')).toContain('ECONNREFUSED');
  const aedes = await Aedes.createBroker();
  const server = createServer((socket) => void aedes.handle(socket)).listen(port, '127.0.0.1');
  await until(() => air.link.status().state === 'up', 'the connection');
  await new Promise<void>((done) => aedes.close(done));
  server.close();
});

test('a subscription that is refused is counted, and one that is granted works', async () => {
  await using broker = await openAedes({
    authorizeSubscribe: (_client, subscription, done) =>
      done(null, subscription.topic.startsWith('sensors/hidden') ? null : subscription),
  });
  const devices = [jsonDevice('hidden'), jsonDevice('open')];
  await using air = await openLink({ url: `mqtt://127.0.0.1:${broker.port}` }, devices);
  await until(() => air.link.status().state === 'up', 'the connection');
  expect(air.count('refusedSubscribes')).toBe(1);
  const client = await clientOf(broker.port);
  await client.publishAsync('sensors/open', '{"state":1}', { qos: 1 });
  await until(() => air.readings.length === 1, 'the reading');
  await client.endAsync();
});

test('a broker that grants nothing is down, and says why', async () => {
  await using broker = await openAedes({ authorizeSubscribe: (_client, _subscription, done) => done(null, null) });
  await using air = await openLink({ url: `mqtt://127.0.0.1:${broker.port}` }, [jsonDevice('smoke-12')]);
  const error = await until(() => air.link.status().error, 'the refusal');
  expect(error).toBe('the broker grants no subscription (check what this user may read at the broker)');
});

test.each([
  ['a packet over the bound', Buffer.from([0x20, 2, 0, 0, 0x30, 0xff, 0xff, 0x7f]), 'too-large'],
  ['something that is no broker', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'not-connect'],
  ['a length that has no end', Buffer.from([0x20, 2, 0, 0, 0x30, 0x80, 0x80, 0x80, 0x80, 1]), 'malformed'],
])('%s ends the connection before it is kept', async (_, bytes, breach) => {
  await using server = await listen(
    createServer((socket) => void socket.on('error', () => {}).end(bytes)),
    () => {},
  );
  await using air = await openLink({ url: `mqtt://127.0.0.1:${server.port}` }, [jsonDevice('smoke-12')]);
  expect(await until(() => air.link.status().error, 'the end')).toContain(breach);
});

/** A certificate of its own making and its key, for `localhost`. */
function certify(dir: string, name: string): { readonly cert: string; readonly key: string } {
  const cert = join(dir, `${name}.crt`);
  const key = join(dir, `${name}.key`);
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost', '-days', '2'];
  const pair = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', cert];
  const made = spawnSync('openssl', ['req', '-x509', ...pair, ...subject]);
  if (made.status !== 0) throw new Error(String(made.stderr));
  return { cert, key };
}

test('mqtts: the broker proves itself by a certificate that we trust, and we by ours', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'external-'));
  const theirs = certify(dir, 'broker');
  const ours = certify(dir, 'gateway');
  const aedes = await Aedes.createBroker();
  const server = createTlsServer(
    {
      cert: await readFile(theirs.cert),
      key: await readFile(theirs.key),
      ca: await readFile(ours.cert),
      requestCert: true,
    },
    (socket) => void aedes.handle(socket),
  );
  await using broker = await listen(server, () => new Promise<void>((done) => aedes.close(done)));
  const url = `mqtts://localhost:${broker.port}`;
  const device = jsonDevice('smoke-12');

  const errorOf = async (options: object) => {
    await using air = await openLink({ url, ...options }, [device]);
    return await until(() => air.link.status().error, 'the refusal');
  };
  expect(await errorOf({})).toMatch(/self-signed certificate/);
  expect(await errorOf({ ca: ours.cert })).toMatch(/certificate/);
  expect(await errorOf({ ca: join(dir, 'none.pem') })).toMatch(/cannot read .*none.pem.* \(see ca of this link\)/);
  expect(await errorOf({ ca: theirs.cert })).toMatch(/certificate|closed|reset/i);

  await using air = await openLink({ url, ca: theirs.cert, ...ours }, [device]);
  await until(() => air.link.status().state === 'up', 'the connection');
  aedes.publish(
    { cmd: 'publish', topic: 'sensors/smoke-12', payload: '{"state":1}', qos: 1, retain: false, dup: false },
    () => {},
  );
  await until(() => air.readings.length === 1, 'the reading');
  await rm(dir, { recursive: true });
});

test('mqtts: what is over the bound is not taken either', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'external-'));
  const { cert, key } = certify(dir, 'broker');
  const server = createTlsServer({ cert: await readFile(cert), key: await readFile(key) }, (socket) => {
    socket.on('error', () => {}).write(Buffer.from([0x20, 2, 0, 0, 0x30, 0xff, 0xff, 0x7f]));
  });
  await using broker = await listen(server, () => {});
  await using air = await openLink({ url: `mqtts://localhost:${broker.port}`, ca: cert }, [jsonDevice('smoke-12')]);
  expect(await until(() => air.link.status().error, 'the end')).toContain('too-large');
  await rm(dir, { recursive: true });
});
