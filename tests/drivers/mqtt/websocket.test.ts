import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { openAuthority } from '../../tools/certificates.ts';
import { freePort, until } from '../../tools/program.ts';
import { jsonDevice, openLink } from './open-link.ts';

const signIn = { username: 'smoke-12', password: 'smoke-12-secret', protocolVersion: 4, reconnectPeriod: 0 } as const;

const openWeb = async (more: object = {}) => {
  const port = await freePort();
  const websocket = { listen: `127.0.0.1:${port}`, ...more };
  return { port, air: await openLink({ websocket }, [jsonDevice('smoke-12')]) };
};

test('a device publishes over WebSocket, retained and at QoS 2, and hears its own topic', async () => {
  const { port, air: opened } = await openWeb();
  await using air = opened;
  await until(() => air.link.status().state === 'up', 'the listener');
  const client = await connectAsync(`ws://127.0.0.1:${port}/mqtt`, signIn);
  const heard: string[] = [];
  client.on('message', (topic, payload, { retain }) => heard.push(`${topic} ${payload} ${retain}`));
  await client.publishAsync('sensors/smoke-12', '{"state":1}', { qos: 2, retain: true });
  await client.subscribeAsync('sensors/smoke-12/#', { qos: 1 });
  await client.publishAsync('sensors/smoke-12/up', '{"state":0}', { qos: 1 });
  await until(() => heard.length === 2, 'both messages');
  expect(heard).toEqual(['sensors/smoke-12 {"state":1} true', 'sensors/smoke-12/up {"state":0} false']);
  expect(air.values()).toEqual(['smoke-12/state alarm', 'smoke-12/state normal']);
  await client.endAsync();
});

test('over TLS, with the certificate of the TLS listener', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'mqtt-wss-'));
  try {
    const authority = openAuthority(dir);
    const { cert, key } = authority.issue('localhost');
    const [port, other] = [await freePort(), await freePort()];
    const options = {
      tls: { listen: `127.0.0.1:${other}`, cert, key },
      websocket: { listen: `127.0.0.1:${port}`, tls: true },
    };
    await using air = await openLink(options, [jsonDevice('smoke-12')]);
    await until(() => air.link.status().state === 'up' && air.link.status().error === undefined, 'the listeners');
    const client = await connectAsync(`wss://localhost:${port}/mqtt`, { ...signIn, ca: readFileSync(authority.cert) });
    await client.publishAsync('sensors/smoke-12', '{"state":1}', { qos: 1 });
    expect(air.values()).toEqual(['smoke-12/state alarm']);
    await client.endAsync();
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test.each([
  ['another subprotocol', '/mqtt', ['chat'], 400],
  ['none', '/mqtt', [], 400],
  ['another path', '/other', ['mqtt'], 404],
])('an upgrade with %s is refused and counted', async (_, path, protocols, status) => {
  const { port, air: opened } = await openWeb();
  await using air = opened;
  await until(() => air.link.status().state === 'up', 'the listener');
  const ws = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols);
  ws.on('error', () => {});
  const [, response] = await once(ws, 'unexpected-response');
  expect(response.statusCode).toBe(status);
  expect(air.count('badUpgrades')).toBe(1);
  ws.terminate();
});

test('what is no upgrade, and no HTTP, is answered or ended, and counted', async () => {
  const { port, air: opened } = await openWeb();
  await using air = opened;
  await until(() => air.link.status().state === 'up', 'the listener');
  expect((await fetch(`http://127.0.0.1:${port}/mqtt`)).status).toBe(426);
  const socket = connectSocket(port, '127.0.0.1').on('error', () => {});
  socket.write(Buffer.alloc(64, 7));
  await until(() => socket.destroyed, 'the end');
  const long = connectSocket(port, '127.0.0.1').on('error', () => {});
  long.write(`GET /mqtt HTTP/1.1\r\nX: ${'x'.repeat(100_000)}`);
  await until(() => long.destroyed, 'the end of a head without an end');
  expect(air.count('badUpgrades')).toBe(3);
});

/** A WebSocket that speaks MQTT's name, and whether the other side has ended it. */
const rawSocket = async (port: number) => {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, 'mqtt');
  ws.on('error', () => {});
  await once(ws, 'open');
  return ws;
};

test('text is no MQTT, and behind the frames packets have the same bounds', async () => {
  const { port, air: opened } = await openWeb();
  await using air = opened;
  await until(() => air.link.status().state === 'up', 'the listener');
  const text = await rawSocket(port);
  text.send('hello');
  await once(text, 'close');
  expect(air.count('textFrames')).toBe(1);
  const large = await rawSocket(port);
  large.send(Buffer.from([0x10, 0x80, 0x80, 0xb2, 0x64]));
  await once(large, 'close');
  const first = await rawSocket(port);
  first.send(Buffer.from([0x30, 0x02, 0x00, 0x00]));
  await once(first, 'close');
  // The text was no CONNECT either.
  expect(air.link.status().counters).toMatchObject({ oversized: 1, notConnect: 2 });
});

test('a frame of 300 MB is not taken, and others go on', async () => {
  const { port, air: opened } = await openWeb();
  await using air = opened;
  await until(() => air.link.status().state === 'up', 'the listener');
  const client = await connectAsync(`ws://127.0.0.1:${port}/mqtt`, signIn);
  const socket = connectSocket(port, '127.0.0.1').on('error', () => {});
  const key = Buffer.alloc(16, 1).toString('base64');
  socket.write(
    `GET /mqtt HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n',
  );
  await once(socket, 'data');
  const before = process.memoryUsage().rss;
  // Binary, masked, a length of 64 bits (RFC 6455, section 5.2).
  const head = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]);
  head.writeBigUInt64BE(300n * 1_000_000n, 2);
  socket.write(head);
  const chunk = Buffer.alloc(1 << 20, 0x61);
  let sent = 0;
  while (!socket.destroyed && sent < 300) {
    sent++;
    await new Promise((resolve) => socket.write(chunk, resolve));
  }
  await until(() => socket.destroyed, 'the end');
  expect(process.memoryUsage().rss - before).toBeLessThan(60e6);
  expect(air.count('oversizedFrames')).toBe(1);
  await client.publishAsync('sensors/smoke-12', '{"state":1}', { qos: 1 });
  expect(air.values()).toEqual(['smoke-12/state alarm']);
  await client.endAsync();
});
