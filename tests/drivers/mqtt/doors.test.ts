import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectSocket, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, MqttClient } from 'mqtt';
import { expect, test } from 'vitest';
import { Admission, type AdmissionLimits } from '../../../drivers/mqtt/admission.ts';
import { openBroker } from '../../../drivers/mqtt/broker.ts';
import { openClock } from '../../../gateway/kit/clock.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { openAuthority } from '../../tools/certificates.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { freePort, until } from '../../tools/program.ts';

const limits: AdmissionLimits = {
  mostUnsigned: 5,
  mostUnsignedAnAddress: 2,
  pace: { perSecond: 1000, burst: 1000 },
  paceAnAddress: { perSecond: 10, burst: 20 },
};

test('an address has so many places until its connections have signed in or ended', () => {
  const admission = new Admission(limits);
  const first = admission.enter('10.0.0.1', 0);
  const second = admission.enter('::ffff:10.0.0.1', 0);
  expect(admission.enter('10.0.0.1', 0)).toBe('unsigned');
  const other = admission.enter('10.0.0.2', 0);
  if (typeof first === 'string' || typeof second === 'string') throw new Error('turned away');
  expect(typeof other).toBe('object');
  first.settle();
  first.settle();
  expect(typeof admission.enter('10.0.0.1', 0)).toBe('object');
  expect(admission.enter('10.0.0.1', 0)).toBe('unsigned');
});

test('all addresses together have so many', () => {
  const admission = new Admission(limits);
  const answers = [1, 2, 3, 4, 5, 6].map((n) => typeof admission.enter(`10.0.0.${n}`, 0));
  expect(answers).toEqual(['object', 'object', 'object', 'object', 'object', 'string']);
});

test('one that comes too fast is turned away until it has rested, and its neighbours in IPv6 with it', () => {
  const admission = new Admission({ ...limits, mostUnsigned: 1000, mostUnsignedAnAddress: 1000 });
  const enter = (from: string, tick: number) => admission.enter(from, tick);
  for (let n = 0; n < 20; n++) expect(typeof enter(`2001:db8::${n.toString(16)}`, 0)).toBe('object');
  for (let n = 0; n < 5000; n++) expect(enter('2001:db8::ffff', 0)).toBe('too-fast');
  expect(typeof enter('2001:db8:0:1::1', 0)).toBe('object');
  expect(typeof enter('2001:db8::1', 1000)).toBe('object');
});

test('addresses without end take no more room than a table', () => {
  const admission = new Admission({ ...limits, mostUnsigned: 1e6, pace: { perSecond: 1e6, burst: 1e6 } });
  for (let n = 0; n < 20_000; n++) {
    const place = admission.enter(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, n);
    if (typeof place === 'object') place.settle();
  }
  expect(admission.addresses).toBeLessThanOrEqual(4097);
});

const openOne = async (
  more: { readonly maxConnections?: number; readonly signInMs?: number } = {},
  wire = openClock(),
) => {
  const port = await freePort();
  const device = { id: 'smoke-12', topic: 'sensors/smoke-12', username: 'smoke-12', password: 'secret' };
  const said: object[] = [];
  const log = { ...silentLog, warn: (nouns: object) => said.push(nouns) };
  const broker = await openBroker(
    { plain: { host: '127.0.0.1', port }, maxConnections: 1000, maxPacketBytes: 65_536, ...more },
    [device],
    { wire, log, dir: '' },
    (_device, _payload, _topic, taken) => taken(),
  );
  await until(() => broker.fault === undefined, 'the listener');
  // The loopback has more addresses than one.
  const sign = (localAddress: string): Promise<MqttClient> =>
    new Promise((resolve, reject) => {
      const options = { username: 'smoke-12', password: 'secret', protocolVersion: 4, reconnectPeriod: 0 } as const;
      const client = new MqttClient(() => connectSocket({ port, host: '127.0.0.1', localAddress }), options);
      client.on('connect', () => resolve(client)).on('error', reject);
      client.on('close', () => reject(new Error('turned away')));
    });
  return { port, broker, said, sign };
};

/** A connection, when it is there or has ended. */
const open = (port: number): Promise<Socket> =>
  new Promise((resolve) => {
    const socket = connectSocket({ port, host: '127.0.0.1' });
    socket.on('error', () => {});
    for (const event of ['connect', 'close']) socket.on(event, () => resolve(socket));
  });

/** FLOOD=10000 for the full number: the kernel lets in some five hundred a second here. */
const FLOOD = Number(process.env.FLOOD ?? 1500);

test(`${FLOOD} connections from one address leave room for a device at another`, async () => {
  // Nobody's time to sign in is over meanwhile, however long the flood takes here.
  const { port, broker: opened, said, sign } = await openOne({ signInMs: 600_000 });
  await using broker = opened;
  const held = new Set<Socket>();
  for (let n = 0; n < FLOOD; n += 50) {
    for (const socket of await Promise.all(Array.from({ length: 50 }, () => open(port)))) {
      if (socket.destroyed) continue;
      held.add(socket);
      socket.on('close', () => held.delete(socket));
    }
  }
  await until(() => held.size <= 200, 'the others to be turned away');
  expect(broker.counters().turnedAway).toBeGreaterThan(FLOOD - 500);
  const client = await sign('127.0.0.2');
  expect(broker.isConnected('smoke-12')).toBe(true);
  expect(said[0]).toMatchObject({ from: '127.0.0.1', setting: 'broker.listen' });
  // Told by tens: not once for each.
  expect(said.length).toBeLessThan(15);
  await client.endAsync();
  for (const socket of held) socket.destroy();
});

test('whoever says nothing, half a CONNECT, or one byte at a time, is cut off and counted', async () => {
  const clock = new FakeClock();
  const { port, broker: opened, sign } = await openOne({ signInMs: 60_000 }, clock);
  await using broker = opened;
  const client = await sign('127.0.0.1');
  const sockets = await Promise.all([open(port), open(port), open(port)]);
  sockets[1]?.write(Buffer.from([0x10, 0x20, 0x00]));
  await until(async () => {
    if (sockets[2]?.writable) sockets[2].write(Buffer.from([0x10]));
    await clock.advance(10_000);
    return sockets.every((socket) => socket.destroyed);
  }, 'the end of all three');
  await until(
    () => broker.counters().slowSignIns === 3,
    () => `all: ${JSON.stringify(broker.counters())}`,
  );
  expect(broker.isConnected('smoke-12')).toBe(true);
  await client.endAsync();
});

test('a subscriber that does not read is cut off, and nobody waits for it', async () => {
  // Fast, so that no pace is kept to: what a device may send in hours is sent here in seconds.
  const { port, broker: opened, sign } = await openOne({ signInMs: 36_000_000 }, openClock({ rate: 1000 }));
  await using broker = opened;
  const text = (each: string) => Buffer.concat([Buffer.from([0, each.length]), Buffer.from(each)]);
  const packet = (type: number, body: Buffer) => Buffer.concat([Buffer.from([type, body.length]), body]);
  const deaf = await open(port);
  const head = Buffer.concat([text('MQTT'), Buffer.from([4, 0b1100_0010, 0, 0]), text('deaf')]);
  deaf.write(packet(0x10, Buffer.concat([head, text('smoke-12'), text('secret')])));
  await once(deaf, 'data');
  deaf.write(packet(0x82, Buffer.concat([Buffer.from([0, 1]), text('sensors/smoke-12/#'), Buffer.from([0])])));
  await once(deaf, 'data');
  deaf.pause();
  const client = await sign('127.0.0.1');
  const payload = 'x'.repeat(60_000);
  await until(async () => {
    await client.publishAsync('sensors/smoke-12', payload, { qos: 1 });
    return broker.counters().slowReaders === 1;
  }, 'the end of the deaf one');
  await client.publishAsync('sensors/smoke-12', '{}', { qos: 1 });
  await client.endAsync();
  deaf.destroy();
});

test('whoever has signed in stays, by whatever door it came', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'mqtt-doors-'));
  try {
    const authority = openAuthority(dir);
    const { cert, key } = authority.issue('localhost');
    const [plain, tls, web, secure] = [await freePort(), await freePort(), await freePort(), await freePort()];
    const at = (port: number) => ({ host: '127.0.0.1', port });
    const device = { id: 'smoke-12', topic: 'sensors/smoke-12', username: 'smoke-12', password: 'secret' };
    const common = { maxConnections: 1000, maxPacketBytes: 65_536, signInMs: 60_000 };
    const clock = new FakeClock();
    const context = { wire: clock, log: silentLog, dir: '' };
    const take = (_device: string, _payload: Buffer, _topic: string, taken: () => void) => taken();
    const doors = { plain: at(plain), tls: { ...at(tls), cert, key } };
    await using one = await openBroker(
      { ...doors, websocket: { ...at(secure), path: '/mqtt', isSecure: true }, ...common },
      [device],
      context,
      take,
    );
    const websocket = { ...at(web), path: '/mqtt', isSecure: false };
    await using two = await openBroker({ websocket, ...common }, [device], context, take);
    await until(() => one.partFault === undefined && two.fault === undefined, 'the listeners');
    const urls = [
      `mqtt://127.0.0.1:${plain}`,
      `mqtts://localhost:${tls}`,
      `wss://localhost:${secure}/mqtt`,
      `ws://127.0.0.1:${web}/mqtt`,
    ];
    const options = { username: 'smoke-12', password: 'secret', protocolVersion: 4, reconnectPeriod: 0 } as const;
    const ca = readFileSync(authority.cert);
    const clients = await Promise.all(urls.map((url) => connectAsync(url, { ...options, ca })));
    // One that says nothing is cut after the others would be.
    await open(plain);
    await until(async () => {
      await clock.advance(10_000);
      return one.counters().slowSignIns === 1;
    }, 'the end of the silent one');
    for (const client of clients) await client.publishAsync('sensors/smoke-12', '{}', { qos: 1 });
    expect(clients.map(({ connected }) => connected)).toEqual([true, true, true, true]);
    expect(two.counters().slowSignIns).toBe(0);
    await Promise.all(clients.map((client) => client.endAsync()));
  } finally {
    rmSync(dir, { recursive: true });
  }
});
