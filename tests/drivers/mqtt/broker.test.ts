import { once } from 'node:events';
import { connect as connectSocket, createServer, type Socket } from 'node:net';
import { connectAsync, type MqttClient } from 'mqtt';
import { expect, test } from 'vitest';
import type { MqttDevice } from '../../../drivers/mqtt/kind.ts';
import { mqtt } from '../../../drivers/mqtt/kind.ts';
import type { Reading } from '../../../drivers/reading.ts';
import { openClock } from '../../../gateway/kit/clock.ts';
import { type Log, silentLog } from '../../../gateway/kit/log.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { freePort, start, testWith, until } from '../../tools/program.ts';

const device = (id: string, options: Partial<MqttDevice['options']> = {}, everyMs = 600_000): MqttDevice => ({
  id,
  options: { topic: `sensors/${id}`, password: `${id}-secret`, ...options },
  profile: {},
  points: [
    {
      key: `${id}/state`,
      device: id,
      id: 'state',
      quantity: 'smoke.state',
      everyMs,
      source: { json: '$.state' },
      convert: { factor: 1, offset: 0 },
      states: { 0: 'normal', 1: 'alarm' },
    },
  ],
});

const devices = [device('smoke-12'), device('smoke-09'), device('mute', { password: undefined })];

/** A link on a free port whose readings are gathered as they come. */
async function openLink(
  options: { log?: Log; clock?: FakeClock; port?: number; devices?: readonly MqttDevice[] } = {},
) {
  const port = options.port ?? (await freePort());
  const settings = mqtt.links.mqtt?.parse({ listen: `127.0.0.1:${port}` });
  if (settings === undefined) throw new Error('no options');
  const wire = openClock();
  const link = await mqtt.open(
    { id: 'air', kind: 'mqtt', options: settings, devices: options.devices ?? devices },
    { clock: options.clock ?? wire, wire, log: options.log ?? silentLog, dir: '' },
  );
  const stop = new AbortController();
  const readings: Reading[] = [];
  const batches: number[] = [];
  const reading = (async () => {
    for await (const batch of link.readings(stop.signal)) {
      batches.push(batch.length);
      readings.push(...batch);
    }
  })();
  return {
    port,
    link,
    readings,
    batches,
    count: (name: string) => link.status().counters[name] ?? 0,
    values: () => readings.map(({ point, value, code }) => `${point} ${value ?? code}`),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await reading;
      await link[Symbol.asyncDispose]();
    },
  };
}

const signIn = (port: number, username: string, password = `${username}-secret`): Promise<MqttClient> =>
  connectAsync(`mqtt://127.0.0.1:${port}`, { username, password, protocolVersion: 4, reconnectPeriod: 0 });

/** A raw socket, and whether the other side has ended it. */
async function rawSocket(port: number): Promise<Socket> {
  const socket = connectSocket(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

test('a device publishes and its values come out, with the site’s time', async () => {
  const clock = new FakeClock();
  await using broker = await openLink({ clock });
  const client = await signIn(broker.port, 'smoke-12');
  client.on('error', () => {});
  expect(broker.link.status()).toMatchObject({ state: 'up', devices: { 'smoke-12': { answers: true } } });
  await client.publishAsync('sensors/smoke-12', '{"state":1}', { qos: 1 });
  await client.publishAsync('sensors/smoke-12/up', '{"state":0}', { qos: 2, retain: true });
  await client.publishAsync('sensors/smoke-12/radio', '{"rssi":-71}');
  await client.publishAsync('sensors/smoke-12', 'low battery');
  await until(() => broker.readings.length >= 3, 'three readings');
  expect(broker.readings[0]).toEqual({
    point: 'smoke-12/state',
    value: 'alarm',
    quality: 'good',
    at: clock.now(),
    tick: clock.tick(),
  });
  expect(broker.values()).toEqual(['smoke-12/state alarm', 'smoke-12/state normal', 'smoke-12/state payload']);
  expect(broker.link.status().counters).toMatchObject({ messages: 4, badPayloads: 1, noPoints: 1, dropped: 0 });
  await client.endAsync();
  await until(() => broker.count('disconnects') === 1, 'the disconnect');
});

testWith('mosquitto_sub')('mosquitto_pub publishes to it', async () => {
  await using broker = await openLink();
  const args = ['-h', '127.0.0.1', '-p', String(broker.port), '-u', 'smoke-09', '-q', '1', '-t', 'sensors/smoke-09'];
  // It tries once only: a broker that is signed in to before it is one that listens.
  const listens = () =>
    signIn(broker.port, 'smoke-12').then(
      (client) => client.end(true) !== undefined,
      () => false,
    );
  await until(listens, 'the broker to listen');
  await using right = start('mosquitto_pub', [...args, '-P', 'smoke-09-secret', '-m', '{"state":1}']);
  await until(() => broker.readings.length === 1, 'the reading');
  expect(await right.ended()).toBe(0);
  await using wrong = start('mosquitto_pub', [...args, '-P', 'guess', '-m', '{"state":1}']);
  await wrong.ended();
  expect(wrong.output()).toMatch(/bad user name or password/i);
  expect(broker.values()).toEqual(['smoke-09/state alarm']);
});

test.each([
  ['smoke-12', 'guess'],
  ['smoke-12', 'smoke-09-secret'],
  ['mute', ''],
  ['mute', 'mute-secret'],
  ['nobody', 'nobody-secret'],
])('%s with the password %o cannot connect, and it is counted', async (user, password) => {
  const said: string[] = [];
  const log = { ...silentLog, warn: (nouns: object, text: string) => said.push(JSON.stringify(nouns) + text) };
  await using broker = await openLink({ log });
  for (let n = 0; n < 3; n++) await expect(signIn(broker.port, user, password)).rejects.toThrow(/refused/i);
  expect(broker.count('refusedConnects')).toBe(3);
  expect(said).toHaveLength(1);
  expect(said.join()).not.toContain('secret');
});

test('a topic of another, one that nobody has, and $SYS are closed', async () => {
  await using broker = await openLink();
  for (const [n, topic] of ['sensors/smoke-09', 'sensors/smoke-123', 'other', '$SYS/x'].entries()) {
    const client = await signIn(broker.port, 'smoke-12');
    client.on('error', () => {});
    client.publish(topic, '{"state":1}', { qos: 0 });
    await until(() => !client.connected, `the end after ${topic}`);
    expect(broker.count('refusedPublishes')).toBe(n + 1);
  }
  const client = await signIn(broker.port, 'smoke-12');
  for (const filter of ['#', '$SYS/#', 'sensors/+', 'sensors/smoke-09/#']) {
    await expect(client.subscribeAsync(filter)).rejects.toThrow();
  }
  await expect(client.subscribeAsync('sensors/smoke-12/#')).resolves.toHaveLength(1);
  expect(broker.count('refusedSubscribes')).toBe(4);
  expect(broker.readings).toEqual([]);
  await client.endAsync();
});

test('a will on a foreign topic is not published, one on its own is', async () => {
  await using broker = await openLink();
  for (const topic of ['sensors/smoke-09', 'sensors/smoke-12']) {
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const client = await connectAsync(url, {
      username: 'smoke-12',
      password: 'smoke-12-secret',
      protocolVersion: 4,
      reconnectPeriod: 0,
      will: { topic, payload: '{"state":1}', qos: 0 },
    });
    client.on('error', () => {});
    client.stream.destroy();
  }
  await until(() => broker.readings.length > 0 && broker.count('refusedPublishes') === 1, 'both wills');
  expect(broker.values()).toEqual(['smoke-12/state alarm']);
});

test('two devices with one client id do not put each other out', async () => {
  await using broker = await openLink();
  const options = { clientId: 'sensor', protocolVersion: 4, reconnectPeriod: 0 } as const;
  const url = `mqtt://127.0.0.1:${broker.port}`;
  const one = await connectAsync(url, { ...options, username: 'smoke-12', password: 'smoke-12-secret' });
  const two = await connectAsync(url, { ...options, username: 'smoke-09', password: 'smoke-09-secret' });
  await one.publishAsync('sensors/smoke-12', '{"state":0}', { qos: 1 });
  await two.publishAsync('sensors/smoke-09', '{"state":0}', { qos: 1 });
  await until(() => broker.readings.length === 2, 'both');
  expect(broker.link.status().devices).toMatchObject({ 'smoke-12': { answers: true }, 'smoke-09': { answers: true } });
  await Promise.all([one.endAsync(), two.endAsync()]);
});

test('a device that sends what it has kept right behind its CONNECT loses nothing', async () => {
  await using broker = await openLink();
  const text = (each: string) => Buffer.concat([Buffer.from([0, each.length]), Buffer.from(each)]);
  const body = [
    text('MQTT'),
    Buffer.from([4, 0b1100_0010, 0, 60]),
    text('logger'),
    text('smoke-12'),
    text('smoke-12-secret'),
  ];
  const signOn = Buffer.concat([Buffer.from([0x10, Buffer.concat(body).length]), ...body]);
  const kept = Array.from({ length: 150 }, (_, n) => {
    const packet = Buffer.concat([text('sensors/smoke-12'), Buffer.from([0, n + 1]), Buffer.from('{"state":1}')]);
    return Buffer.concat([Buffer.from([0x32, packet.length]), packet]);
  });
  const socket = await rawSocket(broker.port);
  let bytes = 0;
  socket.on('data', ({ length }) => {
    bytes += length;
  });
  socket.write(Buffer.concat([signOn, ...kept]));
  // Four bytes of CONNACK, and of each PUBACK.
  await until(
    () => bytes === 4 + 4 * kept.length,
    () => `all acknowledgements: ${bytes} bytes`,
  );
  expect(broker.readings).toHaveLength(kept.length);
  socket.destroy();
});

test('whoever takes over the id of one that is just ending is known until it ends, and is taken over itself', async () => {
  await using broker = await openLink();
  const text = (each: string) => Buffer.concat([Buffer.from([0, each.length]), Buffer.from(each)]);
  const packet = (type: number, ...parts: Buffer[]) => {
    const body = Buffer.concat(parts);
    return Buffer.concat([Buffer.from([type, body.length]), body]);
  };
  // MQTT, level 4, user name and password, a session that does not last.
  const head = [text('MQTT'), Buffer.from([4, 0b1100_0010, 0, 60]), text('one-id')];
  const signOn = packet(0x10, ...head, text('smoke-12'), text('smoke-12-secret'));
  const first = await rawSocket(broker.port);
  first.write(signOn);
  await once(first, 'data');
  // What it has subscribed to makes its end a long one.
  first.write(packet(0x82, Buffer.from([0, 1]), text('sensors/smoke-12/#'), Buffer.from([1])));
  await once(first, 'data');
  const second = await rawSocket(broker.port);
  // Its first byte is taken alone, so that the rest of it is read in the same turn as the end of the first.
  second.write(signOn.subarray(0, 1));
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => void setImmediate(resolve));
  second.write(signOn.subarray(1));
  first.destroy();
  await once(second, 'data');
  await until(() => broker.count('disconnects') === 1, 'the end of the first');
  const third = await rawSocket(broker.port);
  third.write(signOn);
  await Promise.all([once(third, 'data'), once(second.resume(), 'close')]);
  third.destroy();
  const state = () => broker.link.status().devices['smoke-12'];
  await until(
    () => state()?.code === 'not-connected',
    () => `the end of the third: ${JSON.stringify(state())}`,
  );
  expect([broker.count('connects'), broker.count('disconnects')]).toEqual([3, 3]);
});

test('200 MB before CONNECT are not taken, the socket dies, others go on', async () => {
  await using broker = await openLink();
  const client = await signIn(broker.port, 'smoke-12');
  const socket = await rawSocket(broker.port);
  const before = process.memoryUsage().rss;
  const chunk = Buffer.alloc(1 << 20, 0x61);
  // CONNECT, remaining length 200 MB.
  socket.write(Buffer.from([0x10, 0x80, 0x80, 0xb2, 0x64]));
  let sent = 0;
  while (!socket.destroyed && sent < 200) {
    sent++;
    await new Promise((resolve) => socket.write(chunk, resolve));
  }
  await until(() => socket.destroyed, 'the socket to die');
  expect(process.memoryUsage().rss - before).toBeLessThan(60e6);
  expect(sent).toBeLessThan(20);
  expect(broker.count('oversized')).toBe(1);
  await client.publishAsync('sensors/smoke-12', '{"state":1}', { qos: 1 });
  await until(() => broker.readings.length === 1, 'the other device');
  await client.endAsync();
});

test.each([
  ['PUBLISH first', Buffer.from([0x30, 0x02, 0x00, 0x00]), 'notConnect'],
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), 'notConnect'],
  ['a length without an end', Buffer.from([0x10, 0x80, 0x80, 0x80, 0x80, 0x80]), 'malformed'],
])('%s: the socket dies and it is counted', async (_, bytes, counter) => {
  await using broker = await openLink();
  const socket = await rawSocket(broker.port);
  socket.write(bytes);
  await until(() => socket.destroyed, 'the socket to die');
  expect(broker.count(counter)).toBe(1);
});

test('after CONNECT a packet of more than 64 KB ends the connection', async () => {
  await using broker = await openLink();
  const client = await signIn(broker.port, 'smoke-12');
  client.on('error', () => {});
  client.publish('sensors/smoke-12', `{"state":0,"x":"${'x'.repeat(60_000)}"}`);
  await until(() => broker.readings.length === 1, 'the large one');
  client.publish('sensors/smoke-12', 'x'.repeat(70_000));
  await until(() => !client.connected, 'the end');
  expect(broker.count('oversized')).toBe(1);
  expect(broker.readings).toHaveLength(1);
});

test('a device that floods is slowed down and loses its own messages only', async () => {
  await using broker = await openLink();
  const loud = await signIn(broker.port, 'smoke-12');
  loud.on('error', () => {});
  const since = performance.now();
  for (let n = 0; n < 5000; n++) loud.publish('sensors/smoke-12', '{"state":0}');
  await until(() => broker.count('heldBack') > 0, 'the brake');
  const quiet = await signIn(broker.port, 'smoke-09');
  await quiet.publishAsync('sensors/smoke-09', '{"state":1}', { qos: 1 });
  await until(() => broker.values().includes('smoke-09/state alarm'), 'the other device');
  // A burst and the pace, and both again for what is under way; so many a second of a machine that stands still.
  expect(broker.count('messages')).toBeLessThan(1000 + (performance.now() - since) / 5);
  await quiet.endAsync();
  await loud.endAsync(true);
});

test('a device that floods with large messages is slowed down long before it has sent as many', async () => {
  await using broker = await openLink();
  const loud = await signIn(broker.port, 'smoke-12');
  loud.on('error', () => {});
  for (let n = 0; n < 10; n++) loud.publish('sensors/smoke-12', `{"state":0,"x":"${'x'.repeat(60_000)}"}`);
  await until(() => broker.count('heldBack') > 0, 'the brake');
  expect(broker.count('messages')).toBeLessThan(4);
  await loud.endAsync(true);
});

test('a device that is silent for three periods gives a bad reading a period, until it is heard', async () => {
  const clock = new FakeClock();
  await using broker = await openLink({ clock, devices: [device('smoke-12', {}, 10_000)] });
  await clock.advance(29_999);
  expect(broker.readings).toEqual([]);
  await clock.advance(10_001);
  await until(() => broker.readings.length === 2, 'two bad readings');
  expect(broker.values()).toEqual(['smoke-12/state no-answer', 'smoke-12/state no-answer']);
  expect(broker.link.status().devices).toEqual({ 'smoke-12': { answers: false, code: 'not-connected' } });
  const client = await signIn(broker.port, 'smoke-12');
  expect(broker.link.status().devices).toEqual({ 'smoke-12': { answers: false, code: 'no-answer' } });
  await client.publishAsync('sensors/smoke-12', '{"state":0}', { qos: 1 });
  await until(() => broker.readings.length === 3, 'the good one');
  await clock.advance(29_000);
  expect(broker.readings).toHaveLength(3);
  expect(broker.link.status().devices).toEqual({ 'smoke-12': { answers: true } });
  await client.endAsync();
});

test('a port that is taken: down with the reason, link-down readings, and up once it is free', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const clock = new FakeClock();
  await using broker = await openLink({ clock, port, devices: [device('smoke-12', {}, 10_000)] });
  await until(() => /EADDRINUSE.*another program/.test(broker.link.status().error ?? ''), 'the reason');
  expect(broker.link.status().state).toBe('down');
  await clock.advance(30_000);
  await until(() => broker.readings.length === 1, 'a reading');
  expect(broker.values()).toEqual(['smoke-12/state link-down']);
  other.close();
  await until(() => broker.link.status().state === 'up', 'the listener to come back');
});

test('without an address it does not open, and says where to give one', async () => {
  const context = { clock: openClock(), wire: openClock(), log: silentLog, dir: '' };
  const options = { maxConnections: 10, maxPacketBytes: 65_536 };
  await expect(mqtt.open({ id: 'air', kind: 'mqtt', options, devices }, context)).rejects.toMatchObject({
    code: 'no-listen',
    hint: expect.stringContaining('broker:'),
  });
});

test('check: a device without a password, a user name and a topic used twice, a topic below another’s', () => {
  const problems = mqtt.check({
    id: 'air',
    kind: 'mqtt',
    options: { maxConnections: 10, maxPacketBytes: 65_536 },
    devices: [
      device('a', { topic: 'x' }),
      device('b', { topic: 'x/b', username: 'a' }),
      device('c', { topic: 'x', password: undefined }),
      device('d', { topic: 'xy' }),
    ],
  });
  expect(problems.map(({ device, field, severity }) => `${device} ${field} ${severity}`)).toEqual([
    'b username error',
    'c password warning',
    'b topic error',
    'b topic error',
    'c topic error',
  ]);
});

test('who would sign in and is no device of the link is shown by user name, and never by password', async () => {
  await using broker = await openLink();
  const strange = { port: broker.port, username: 'smoke-99', password: 'a-secret-of-its-own', clientId: 'chip-7' };
  const url = `mqtt://127.0.0.1:${broker.port}`;
  await expect(connectAsync(url, { ...strange, reconnectPeriod: 0 })).rejects.toThrow();
  await expect(connectAsync(url, { username: 'smoke-12', password: 'wrong', reconnectPeriod: 0 })).rejects.toThrow();
  const { unknown } = broker.link.status();
  expect(unknown).toMatchObject([{ id: 'smoke-99', count: 1, sample: 'client chip-7' }]);
  expect(JSON.stringify(broker.link.status())).not.toContain('a-secret-of-its-own');
});
