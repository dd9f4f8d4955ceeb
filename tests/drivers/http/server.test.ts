import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { AddressRate } from '../../../drivers/http/address-rate.ts';
import { Connections } from '../../../drivers/http/connections.ts';
import { Recent } from '../../../drivers/http/recent.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { until } from '../../tools/program.ts';
import { camera, openRig, post } from './rig.ts';

const message = { imei: '861', level: 1 };

/** A raw connection, and everything that came over it. */
async function raw(port: number): Promise<{ socket: Socket; said: () => string; isOver: () => boolean }> {
  const socket = connect(port, '127.0.0.1');
  let said = '';
  let isOver = false;
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    isOver = true;
  });
  await once(socket, 'connect');
  return { socket, said: () => said, isOver: () => isOver };
}

test.each([
  ['JSON that is cut', '{"imei":', 'application/json', 400, 'json'],
  ['JSON that is nested too deep', `${'['.repeat(99)}${']'.repeat(99)}`, 'application/json', 400, 'json'],
  ['XML with entities that grow', '<!DOCTYPE l [<!ENTITY a "aaaa">]><l>&a;</l>', 'text/xml', 400, 'xml'],
  ['parts without an end', '--b\r\n\r\n{"imei":"861"}\r\n', 'multipart/mixed; boundary=b', 400, 'multipart'],
  ['a type that is not read', 'x', 'application/zip', 415, 'type'],
  ['a text that is nothing', 'hello', 'text/plain', 415, 'type'],
])('%s', async (_, body, type, status, code) => {
  await using rig = await openRig();
  await rig.isUp();
  expect(await post(rig.url(), body, { 'Content-Type': type })).toMatchObject({ status, body: { code, status } });
  expect(rig.values()).toEqual([]);
  expect(rig.count('badBodies')).toBe(1);
  expect(await post(rig.url(), message)).toMatchObject({ status: 200 });
});

test('other methods, paths and encodings', async () => {
  await using rig = await openRig();
  await rig.isUp();
  expect((await fetch(rig.url(), { method: 'PUT', body: '{}' })).headers.get('allow')).toBe('POST');
  expect((await fetch(rig.url())).status).toBe(405);
  expect((await fetch(rig.url('/'))).status).toBe(404);
  expect((await fetch(rig.url('/push/cloud/../../etc'), { method: 'POST', body: '{}' })).status).toBe(404);
  expect(await post(rig.url('/push/cloud/%ff'), message)).toMatchObject({ status: 200 });
  expect(await post(rig.url(), message, { 'Content-Encoding': 'gzip' })).toMatchObject({ status: 415 });
  await using longer = await openRig({ link: { path: '/a/b' } });
  await longer.isUp();
  expect(await post(longer.url('/a/b?x=1'), message)).toMatchObject({ status: 200 });
});

test('a picture of 50 MB is refused by its announced length, and one that does not announce it once it is too long', async () => {
  await using rig = await openRig({ devices: [camera('cam-1')], link: { maxBodyBytes: 100_000 } });
  await rig.isUp();
  const before = process.memoryUsage().rss;
  const announced = await raw(rig.port);
  announced.socket.write('POST /push/cloud HTTP/1.1\r\nHost: x\r\nContent-Length: 52428800\r\n\r\n');
  await until(() => announced.said().includes('413'), 'the refusal');
  announced.socket.destroy();
  const chunked = await raw(rig.port);
  chunked.socket.write('POST /push/cloud HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
  const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
  for (let sent = 0; sent < 52_428_800 && !chunked.isOver(); sent += 0x4000) {
    if (chunked.socket.write(chunk)) continue;
    await new Promise<void>((resolve) => {
      chunked.socket.once('drain', resolve);
      chunked.socket.once('close', resolve);
    });
  }
  await until(() => chunked.said().includes('413') || chunked.isOver(), 'the refusal');
  chunked.socket.destroy();
  expect(process.memoryUsage().rss - before).toBeLessThan(40_000_000);
  expect(rig.count('badBodies')).toBe(2);
});

test('large bodies that are sent slowly take one another’s room, and none of what a sensor says', async () => {
  await using rig = await openRig({ link: { maxBodyBytes: 100_000 } });
  await rig.isUp();
  const slow = await Promise.all(Array.from({ length: 6 }, () => raw(rig.port)));
  const head =
    'POST /push/cloud HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n';
  for (const { socket } of slow) socket.write(`${head}${' '.repeat(99_999)}`);
  await until(() => rig.count('busy') > 0, 'one that finds no room');
  expect(await post(rig.url(), message)).toMatchObject({ status: 200 });
  for (const { socket } of slow) socket.destroy();
});

test('who asks first whether the body may come is told at once that it is too large', async () => {
  await using rig = await openRig({ link: { maxBodyBytes: 1024 } });
  await rig.isUp();
  const asks = await raw(rig.port);
  const head = (bytes: number) =>
    `POST /push/cloud HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: ${bytes}\r\n\r\n`;
  const text = JSON.stringify(message);
  asks.socket.write(head(text.length));
  await until(() => asks.said().includes('100 Continue'), 'the go-ahead');
  asks.socket.write(text);
  await until(() => asks.said().includes('"readings":1'), 'the answer');
  asks.socket.write(head(99_999));
  await until(() => asks.said().includes('413'), 'the refusal');
  expect(asks.said().match(/100 Continue/g)).toHaveLength(1);
});

test.each([
  ['headers that never end', 'POST /push/cloud HTTP/1.1\r\nHost: x\r\n'],
  ['a body that never ends', 'POST /push/cloud HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n{'],
])('%s: the connection is ended in time, the others are served', async (_, beginning) => {
  await using rig = await openRig({ link: { timeout: '5s' } });
  await rig.isUp();
  const slow = await raw(rig.port);
  slow.socket.write(beginning);
  expect(await post(rig.url(), message)).toMatchObject({ status: 200 });
  // It never falls silent: only a bound on the whole request ends it.
  await until(() => {
    if (!slow.isOver()) slow.socket.write('x');
    return slow.isOver() || slow.said().includes('408');
  }, 'the slow one to be ended');
  expect(rig.values()).toEqual(['gauge-1/level 1']);
});

test('headers that are too large, and what is no HTTP', async () => {
  await using rig = await openRig();
  await rig.isUp();
  const large = await raw(rig.port);
  large.socket.write(`POST /push/cloud HTTP/1.1\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`);
  await until(() => large.said().includes('431'), 'the refusal');
  const none = await raw(rig.port);
  none.socket.write('##0001\r\n\r\n');
  await until(() => none.said().includes('400'), 'the refusal');
  await until(() => none.isOver() && large.isOver(), 'both to be ended');
  expect(rig.count('brokenRequests')).toBe(2);
});

test('connections that are held open keep nobody out: the oldest that nothing was taken of makes room', async () => {
  await using rig = await openRig({ link: { maxConnections: 2 } });
  await rig.isUp();
  const [one, two] = [await raw(rig.port), await raw(rig.port)];
  one.socket.write('POST /push/cloud HTTP/1.1\r\nHost: x\r\n');
  const three = await raw(rig.port);
  await until(() => one.isOver(), 'the oldest to be closed');
  expect([two.isOver(), three.isOver()]).toEqual([false, false]);
  expect(await post(rig.url(), message)).toMatchObject({ status: 200 });
  expect(rig.count('turnedAway')).toBe(2);
  for (const { socket } of [two, three]) socket.destroy();
});

test('a connection that something was taken of stays, however many come', async () => {
  await using rig = await openRig({ link: { maxConnections: 1 } });
  await rig.isUp();
  const sender = await raw(rig.port);
  const body = JSON.stringify(message);
  const push = `POST /push/cloud HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  sender.socket.write(push);
  await until(() => sender.said().includes('200 OK'), 'the answer');
  const stranger = await raw(rig.port);
  await until(() => stranger.isOver(), 'the stranger to be closed');
  sender.socket.write(push);
  await until(() => rig.readings().length === 2, 'the second reading');
  sender.socket.destroy();
});

test('the address with most connections makes room first', () => {
  const connections = new Connections(3);
  const open = (remoteAddress: string, remotePort: number) =>
    Object.defineProperties(new Socket(), {
      remoteAddress: { value: remoteAddress },
      remotePort: { value: remotePort },
    });
  const others = open('10.0.0.1', 1);
  const [first, second, third] = [open('10.0.0.2', 1), open('10.0.0.2', 2), open('10.0.0.2', 3)];
  for (const socket of [others, first, second, third]) connections.admit(socket);
  expect([others, first, second, third].map(({ destroyed }) => destroyed)).toEqual([false, true, false, false]);
});

test('one address asks too often', async () => {
  await using rig = await openRig({ link: { maxRate: 1 } });
  await rig.isUp();
  const answers = await Promise.all(Array.from({ length: 8 }, () => post(rig.url(), message)));
  const limited = answers.filter(({ status }) => status === 429);
  expect(limited.length).toBeGreaterThanOrEqual(4);
  expect(limited[0]?.body).toMatchObject({ code: 'rate' });
  expect(rig.count('rateLimited')).toBe(limited.length);
});

test('the rate is each address’s own, fills again with time, and the table is bounded', async () => {
  const clock = new FakeClock(0);
  const rate = new AddressRate(5, clock);
  const takes = (address: string, times: number) =>
    Array.from({ length: times }, () => rate.take(address)).filter(Boolean).length;
  expect(takes('a', 20)).toBe(10);
  expect(takes('b', 20)).toBe(10);
  await clock.advance(1000);
  expect(takes('a', 20)).toBe(5);
  for (let n = 0; n < 2000; n++) rate.take(`10.0.${n >> 8}.${n & 255}`);
  expect(takes('a', 20)).toBe(10);
});

test('what is remembered is bounded, and the oldest is forgotten', () => {
  const recent = new Recent(3);
  for (const key of ['a', 'b', 'c', 'a', 'd']) recent.add(key, { line: key, since: 0 });
  expect(['a', 'b', 'c', 'd'].map((key) => recent.has(key))).toEqual([true, false, true, true]);
});

test('while its port is taken the link is down and says so, and is up once it is free', async () => {
  const taker = createServer().listen(0, '127.0.0.1');
  await once(taker, 'listening');
  const address = taker.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const wire = new FakeClock();
  await using rig = await openRig({ link: { listen: `127.0.0.1:${address.port}` }, wire });
  await until(() => rig.link.status().error?.includes('another program listens there'), 'the error');
  expect(rig.link.status().state).toBe('down');
  taker.close();
  await once(taker, 'close');
  await until(async () => {
    await wire.advance(1000);
    return rig.link.status().state === 'up';
  }, 'the link to be up');
});

test('TLS with a certificate of one’s own; without the files the link is down and says which', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'gengfu-tls-'));
  const [cert, key] = [join(dir, 'push.crt'), join(dir, 'push.key')];
  try {
    await using missing = await openRig({ link: { tls: { cert, key } } });
    await until(() => missing.link.status().error?.includes('push.crt'), 'the error');
    expect(missing.link.status().error).toContain("see the link's tls");
    const wanted = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=push.test'];
    execFileSync('openssl', ['req', ...wanted, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    await using rig = await openRig({ link: { tls: { cert, key } } });
    await rig.isUp();
    const url = `https://push.test:${rig.port}/push/cloud`;
    const args = [
      '-s',
      '--cacert',
      cert,
      '--resolve',
      `push.test:${rig.port}:127.0.0.1`,
      '-d',
      JSON.stringify(message),
    ];
    const { stdout } = await promisify(execFile)('curl', [...args, '-H', 'Content-Type: application/json', url]);
    expect(stdout).toContain('"readings":1');
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
