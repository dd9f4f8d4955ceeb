import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type Clock, openClock, type Trust } from '../../../gateway/kit/clock.ts';
import { type Log, silentLog } from '../../../gateway/kit/log.ts';
import { mqtt } from '../../../gateway/upstream/mqtt.ts';
import { mqttOptions } from '../../../gateway/upstream/mqtt-options.ts';
import { FakeHistory } from '../../tools/fake-history.ts';
import { FakeLedger } from '../../tools/fake-ledger.ts';
import { openMosquitto } from '../../tools/mosquitto.ts';
import { freePort, type Running, testWith, until } from '../../tools/program.ts';

type Input = { port: number; rate?: number; log?: Log; clock?: Clock; ledger?: FakeLedger } & Record<string, unknown>;

/** An upstream to a port of loopback; its time-outs and back-off run `rate` times as fast as they are written. */
async function openUpstream({
  port,
  rate = 10,
  log = silentLog,
  clock = openClock(),
  ledger = new FakeLedger(),
  ...options
}: Input) {
  const settings = mqttOptions.parse({ url: `mqtt://127.0.0.1:${port}`, from: 'all', ackTimeout: '10min', ...options });
  const wire = openClock({ rate });
  const upstream = await mqtt.open('city', settings, {
    gateway: 'gw',
    version: '1.2.3',
    ...{ clock, wire, log, ledger },
    history: new FakeHistory(),
    points: () => [],
  });
  return {
    ledger,
    upstream,
    status: () => upstream.status(),
    [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose](),
  };
}

/** Lines of mosquitto_sub that begin with `{`, without those of its own talk. */
const lines = (program: Running) => program.lines().filter((line) => line.startsWith('{'));
const sequences = (program: Running) => lines(program).map((line) => Number(JSON.parse(line).sequence));
const upTo = (to: number) => Array.from({ length: to }, (_, n) => n + 1);

/** The numbers that arrived, each at its first time. */
const firsts = (numbers: readonly number[]) => [...new Set(numbers)];

const EVENTS = 'gengfu/v1/gw/events';
const STATUS = 'gengfu/v1/gw/status';
const withMosquitto = testWith('mosquitto', 'mosquitto_sub');

describe('to mosquitto', () => {
  for (const version of [4, 5]) {
    withMosquitto(`MQTT ${version}: what is in the log and what comes arrives in order, byte for byte`, async () => {
      await using broker = await openMosquitto();
      await using sub = await broker.subscribe(EVENTS);
      const ledger = new FakeLedger();
      ledger.append(300);
      await using city = await openUpstream({ port: broker.port, version, ledger });
      await until(() => city.status().backlog === 0, 'the backlog');
      ledger.append(1);
      ledger.append(20);
      await until(() => lines(sub).length >= 321, 'all');
      expect(lines(sub)).toEqual(ledger.entries.map(({ json }) => json));
      await until(() => ledger.cursors.get('city') === 321, 'the cursor');
      expect(city.status()).toEqual({ state: 'online', backlog: 0, sent: 321 });
    });
  }

  withMosquitto('MQTT 5 carries the sequence and the content type', async () => {
    await using broker = await openMosquitto();
    await using sub = await broker.subscribe(EVENTS, '{%C|%P|%q}');
    await using city = await openUpstream({ port: broker.port });
    city.ledger.append(1);
    await until(() => lines(sub).length === 1, 'the event');
    expect(lines(sub)[0]).toBe('{application/cloudevents+json|sequence:1|1}');
  });

  withMosquitto(
    'stopped while 1,000 events occur: all arrive in order, doubles only of what was in flight',
    async () => {
      await using broker = await openMosquitto();
      await using sub = await broker.subscribe(EVENTS);
      await using city = await openUpstream({ port: broker.port });
      city.ledger.append(50);
      await until(() => sequences(sub).length >= 50 && city.status().sent === 50, 'the first');
      await broker.stop();
      city.ledger.append(1000);
      await until(() => city.status().state === 'offline', 'offline');
      expect(city.status()).toMatchObject({ backlog: 1000, error: expect.any(String) });
      await broker.start();
      await until(() => sequences(sub).includes(1050), 'the last');
      expect(firsts(sequences(sub))).toEqual(upTo(1050));
      expect(sequences(sub).length).toBeLessThanOrEqual(1050 + 50);
      await until(() => city.status().backlog === 0, 'the backlog');
      expect(city.status()).toMatchObject({ state: 'online', sent: 1050 });
    },
  );

  withMosquitto('stopped in the midst of a backlog: every number arrives, in order', async () => {
    await using broker = await openMosquitto();
    await using sub = await broker.subscribe(EVENTS);
    const ledger = new FakeLedger();
    ledger.append(3000);
    // Else all may have gone before anybody looks.
    const read = ledger.read.bind(ledger);
    const isAtPart = new Promise<void>((resolve) => {
      ledger.read = (sequence, limit) => {
        if (sequence > 300) {
          broker.freeze();
          ledger.read = read;
          resolve();
        }
        return read(sequence, limit);
      };
    });
    await using city = await openUpstream({ port: broker.port, ledger, window: 20 });
    await isAtPart;
    await broker.stop();
    await until(() => city.status().state !== 'online', 'the end');
    expect(city.status().backlog).toBeGreaterThan(0);
    await broker.start();
    await until(() => sequences(sub).includes(3000), 'the last');
    expect(firsts(sequences(sub))).toEqual(upTo(3000));
    // What our window held, and what mosquitto itself had on its way to the subscriber (`max_inflight_messages`, 20).
    expect(sequences(sub).length).toBeLessThanOrEqual(3000 + 20 + 20);
    await until(() => ledger.cursors.get('city') === 3000, 'the cursor');
  });

  withMosquitto('the retained status: online, anew when the clock is trusted, offline at an orderly end', async () => {
    await using broker = await openMosquitto();
    await using sub = await broker.subscribe(STATUS);
    let trust: Trust = 'unknown';
    const clock = openClock({ start: Date.UTC(2026, 6, 15), trust: () => trust });
    const city = await openUpstream({ port: broker.port, clock });
    await until(() => lines(sub).length === 1, 'online');
    expect(JSON.parse(lines(sub)[0] ?? '')).toEqual({
      state: 'online',
      gateway: 'gw',
      version: '1.2.3',
      clock: 'unknown',
      backlog: 0,
      at: expect.stringMatching(/^2026-07-15T00:0\d:\d\d\.\d{3}Z$/),
    });
    trust = 'synchronised';
    await until(() => lines(sub).length === 2, 'the new trust');
    expect(JSON.parse(lines(sub)[1] ?? '')).toMatchObject({ state: 'online', clock: 'synchronised' });
    await city[Symbol.asyncDispose]();
    await until(() => lines(sub).length === 3, 'offline');
    expect(JSON.parse(lines(sub)[2] ?? '')).toMatchObject({ state: 'offline', at: expect.any(String) });
    await using late = await broker.subscribe(STATUS, '{%r%p}');
    await until(() => lines(late).length === 1, 'the retained one');
    expect(lines(late)[0]).toMatch(/^\{1\{"state":"offline"/);
  });

  withMosquitto('a connection that is cut without a word leaves the last will', async () => {
    await using broker = await openMosquitto();
    await using sub = await broker.subscribe(STATUS);
    const port = await freePort();
    const sockets: Socket[] = [];
    const line = createServer((socket) => {
      const far = connect(broker.port, '127.0.0.1');
      sockets.push(socket, far);
      for (const end of [socket, far]) end.on('error', () => {});
      socket.pipe(far).pipe(socket);
    }).listen(port, '127.0.0.1');
    await using city = await openUpstream({ port });
    await until(() => lines(sub).length === 1, 'online');
    line.close();
    for (const socket of sockets) socket.destroy();
    await until(() => lines(sub).length === 2, 'the will');
    expect(JSON.parse(lines(sub)[1] ?? '')).toMatchObject({ state: 'offline', at: null, backlog: null });
    await until(() => city.status().state !== 'online', 'offline');
  });

  for (const version of [4, 5]) {
    withMosquitto(`MQTT ${version}: a wrong password is told with its remedy, once; the right one works`, async () => {
      await using broker = await openMosquitto({ password: 'right' });
      const said: string[] = [];
      const log = { ...silentLog, warn: (nouns: object, text: string) => said.push(JSON.stringify(nouns) + text) };
      // As slow as it is written: a broker has its time to answer.
      const account = { port: broker.port, version, username: 'gw', rate: 1 };
      await using wrong = await openUpstream({ ...account, password: 'guess', log });
      await until(() => wrong.status().state === 'offline', 'the refusal');
      expect(wrong.status().error).toMatch(/refused.*(not authorized|bad user).*check username, password/i);
      wrong.ledger.append(5);
      await until(() => wrong.status().state === 'connecting', 'another try');
      await until(() => wrong.status().state === 'offline', 'another refusal');
      expect(wrong.status()).toMatchObject({ backlog: 5, sent: 0 });
      expect(said).toHaveLength(1);
      expect(said.join()).not.toContain('guess');
      await using right = await openUpstream({ ...account, password: 'right' });
      await until(() => right.status().state === 'online', 'the right one');
    });
  }

  withMosquitto('from: end skips what is already in the log', async () => {
    await using broker = await openMosquitto();
    await using sub = await broker.subscribe(EVENTS);
    const ledger = new FakeLedger();
    ledger.append(10);
    await using city = await openUpstream({ port: broker.port, ledger, from: 'end' });
    expect(city.status().backlog).toBe(0);
    ledger.append(2);
    await until(() => lines(sub).length === 2, 'the new ones');
    expect(sequences(sub)).toEqual([11, 12]);
  });
});

/** A broker in a few bytes: accepts every CONNECT and gives each PUBLISH of a connection to `onPublish`. */
async function openRawBroker(connack: number[], onPublish: (id: Buffer, socket: Socket, payload: string) => void) {
  const counts = { connections: 0, publishes: 0 };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    counts.connections++;
    sockets.add(socket);
    let data = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      data = Buffer.concat([data, chunk]);
      for (;;) {
        const packet = takePacket(data);
        if (packet === undefined) return;
        data = data.subarray(packet.size);
        if (packet.type === 1) socket.write(Buffer.from(connack));
        if (packet.type !== 3) continue;
        counts.publishes++;
        const topic = packet.body.readUInt16BE(0);
        const id = packet.body.subarray(2 + topic, 4 + topic);
        onPublish(id, socket, packet.body.subarray(4 + topic).toString());
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    counts,
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function takePacket(data: Buffer): { type: number; body: Buffer; size: number } | undefined {
  let length = 0;
  for (let at = 1; at < Math.min(data.length, 5); at++) {
    const byte = data[at] ?? 0;
    length += (byte & 0x7f) * 128 ** (at - 1);
    if (byte & 0x80) continue;
    const size = at + 1 + length;
    return data.length < size ? undefined : { type: (data[0] ?? 0) >> 4, body: data.subarray(at + 1, size), size };
  }
  return undefined;
}

const CONNACK_4 = [0x20, 2, 0, 0];
const CONNACK_5 = [0x20, 3, 0, 0, 0];
/** With receive maximum 3. */
const CONNACK_5_RECEIVE_3 = [0x20, 6, 0, 0, 3, 0x21, 0, 3];
const isStatus = (payload: string) => payload.includes('"state"');

describe('to a broker that misbehaves', () => {
  test('acknowledgements that never come: the timer ends the connection and a new one begins; nothing queues', async () => {
    await using broker = await openRawBroker(CONNACK_4, () => {});
    const ledger = new FakeLedger();
    ledger.append(5000);
    await using city = await openUpstream({ port: broker.port, version: 4, window: 10, ackTimeout: '2s', ledger });
    await until(() => broker.counts.connections >= 3, 'the third connection');
    // One status and nine events a connection, whatever waits in the log.
    expect(broker.counts.publishes).toBeLessThanOrEqual(broker.counts.connections * 10);
    expect(ledger.reads).toBeLessThanOrEqual(broker.counts.connections);
    expect(ledger.cursors.get('city')).toBe(0);
    expect(city.status()).toMatchObject({ backlog: 5000, sent: 0 });
    await until(() => /no acknowledgement within 2 s/.test(city.status().error ?? ''), 'the reason');
  });

  test('the receive maximum of the broker bounds what is in flight', async () => {
    const waiting: (() => void)[] = [];
    await using broker = await openRawBroker(CONNACK_5_RECEIVE_3, (id, socket) => {
      waiting.push(() => socket.write(Buffer.from([0x40, 2, ...id])));
    });
    const ledger = new FakeLedger();
    ledger.append(8);
    await using city = await openUpstream({ port: broker.port, ledger, ackTimeout: '10min' });
    let acknowledged = 0;
    // A status and eight events.
    while (acknowledged < 9) {
      await until(() => waiting.length > 0, 'a message');
      expect(broker.counts.publishes - acknowledged).toBeLessThanOrEqual(3);
      waiting.shift()?.();
      acknowledged++;
    }
    await until(() => city.status().sent === 8, 'all');
  });

  test('a PUBACK with an error is no delivery: it is sent again until it is taken', async () => {
    let refusals = 3;
    const order: number[] = [];
    await using broker = await openRawBroker(CONNACK_5, (id, socket, payload) => {
      const refuse = !isStatus(payload) && payload.includes('"2"') && refusals-- > 0;
      if (!refuse && !isStatus(payload)) order.push(Number(JSON.parse(payload.slice(payload.indexOf('{'))).sequence));
      socket.write(Buffer.from(refuse ? [0x40, 3, ...id, 0x97] : [0x40, 2, ...id]));
    });
    const ledger = new FakeLedger();
    ledger.append(4);
    await using city = await openUpstream({ port: broker.port, ledger });
    await until(() => /refused: .*Quota exceeded/.test(city.status().error ?? ''), 'the reason');
    await until(() => ledger.cursors.get('city') === 4, 'all');
    expect(order.filter((sequence) => sequence === 2)).toHaveLength(1);
    expect(city.status()).toMatchObject({ state: 'online', backlog: 0 });
  });

  test('an entry that ends every connection is kept, named, and sent alone', async () => {
    let isHealed = false;
    await using broker = await openRawBroker(CONNACK_5, (id, socket, payload) => {
      if (payload.includes('"sequence":"3"') && !isHealed) return socket.destroy();
      // Late, so that with several in flight those before it would be blamed.
      setTimeout(() => socket.write(Buffer.from([0x40, 2, ...id])), 20);
    });
    const ledger = new FakeLedger();
    ledger.append(6);
    const said: object[] = [];
    const log = { ...silentLog, error: (nouns: object) => said.push(nouns) };
    await using city = await openUpstream({ port: broker.port, ledger, log });
    await until(() => /entry 3 has ended \d connections in a row/.test(city.status().error ?? ''), 'the name');
    expect(ledger.cursors.get('city')).toBe(2);
    expect(said).toEqual([{ upstream: 'city', sequence: 3 }]);
    isHealed = true;
    await until(() => ledger.cursors.get('city') === 6, 'all');
    expect(city.status()).toEqual({ state: 'online', backlog: 0, sent: 6 });
  });

  test('no CONNACK: given up after a while and tried again; an end meanwhile does not wait', async () => {
    await using broker = await openRawBroker([], () => {});
    const city = await openUpstream({ port: broker.port });
    await until(() => /no answer to CONNECT within 15 s/.test(city.status().error ?? ''), 'the reason');
    await until(() => broker.counts.connections === 2, 'the second try');
    await city[Symbol.asyncDispose]();
  });

  test('nobody there: offline with the reason, the backlog grows and nothing is read', async () => {
    await using city = await openUpstream({ port: await freePort() });
    city.ledger.append(7);
    await until(() => /ECONNREFUSED/.test(city.status().error ?? ''), 'the reason');
    expect(city.status().backlog).toBe(7);
    expect(city.ledger.reads).toBe(0);
  });

  test('a log that cannot be read is told, and read again once it can be', async () => {
    await using broker = await openRawBroker(CONNACK_5, (id, socket) => socket.write(Buffer.from([0x40, 2, ...id])));
    const ledger = new FakeLedger();
    ledger.append(5);
    ledger.fails = new Error('disk I/O error');
    await using city = await openUpstream({ port: broker.port, ledger });
    await until(() => /the log cannot be read: disk I\/O error/.test(city.status().error ?? ''), 'the reason');
    ledger.fails = undefined;
    await until(() => ledger.cursors.get('city') === 5, 'all');
  });

  test('a certificate file that is not there is told', async () => {
    await using city = await openUpstream({ port: 1, url: 'mqtts://127.0.0.1', ca: '/nowhere/ca.pem' });
    await until(() => /cannot read \/nowhere\/ca.pem.*see ca/.test(city.status().error ?? ''), 'the reason');
  });
});

test.each([
  ['mqtt://broker', true],
  ['mqtts://broker.example:8883', true],
  ['mqtt://[::1]:1883', true],
  ['http://broker', false],
  ['broker:1883', false],
  ['mqtt://gw:secret@broker', false],
  ['mqtt://broker/path', false],
  ['mqtt://broker?clientId=x', false],
])('url %s is taken: %o', (url, isTaken) => {
  expect(mqttOptions.safeParse({ url }).success).toBe(isTaken);
});

test('what is left out', () => {
  expect(mqttOptions.parse({ url: 'mqtt://broker' })).toEqual({
    url: 'mqtt://broker',
    version: 5,
    window: 50,
    ackTimeout: 10_000,
    from: 'end',
    keepalive: 30_000,
  });
});
