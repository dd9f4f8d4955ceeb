import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { encodeFrame } from '../../../drivers/hj212/frame.ts';
import { openClock } from '../../../gateway/kit/clock.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { freePort, testWith, until } from '../../tools/program.ts';
import { namePtyPair } from '../../tools/pty.ts';
import { openLink, runSims, simDevice } from './open-link.ts';
import { MN, makeDevice, makePoint } from './site.ts';
import { vectorOf } from './vectors.ts';

const HOST = '127.0.0.1';
const REAL = vectorOf('std-c25-noise-realtime');

async function rawSocket(port: number, localAddress = HOST): Promise<Socket & { text(): string }> {
  let text = '';
  const socket = connect({ port, host: HOST, localAddress });
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return Object.assign(socket, { text: () => text });
}

/** Resolves when it is closed, however. */
const closeOf = (socket: Socket) => new Promise<void>((resolve) => socket.on('close', () => resolve()));

/** A link that listens, once it does. */
async function listening(
  options: object = {},
  ...rest: [devices?: Parameters<typeof openLink>[1], clocks?: Parameters<typeof openLink>[2]]
) {
  const port = await freePort();
  const opened = await openLink({ listen: `${HOST}:${port}`, ...options }, ...rest);
  await until(() => opened.link.status().state === 'up', 'the listener');
  return Object.assign(opened, { port });
}

describe('a simulated instrument dials in', () => {
  test('its values come out with its own time; it is answered, set to the time, and its login and heartbeat too', async () => {
    await using link = await listening();
    const got: string[] = [];
    // Its clock is an hour and a half slow until it is set.
    const behind = 5_400_000;
    const sim = simDevice('works', {
      greets: true,
      now: () => Date.now() - behind,
      onFrame: ({ header }) => got.push(header.CN ?? ''),
    });
    await using _ = runSims([sim], { host: HOST, port: link.port });
    await until(() => link.count('timeSets') === 1 && link.readings.length > 4, 'readings and the time set');
    expect(link.readings[0]).toMatchObject({ point: 'd/la-rtd', value: 57.9, quality: 'good' });
    expect([...new Set(got)].sort()).toEqual(['1012', '9013', '9014', '9022']);
    const { at = 0, deviceAt = 0 } = link.readings.at(-1) ?? {};
    expect(Math.abs(at - deviceAt)).toBeLessThan(60_000);
    expect(link.link.status()).toMatchObject({ state: 'up', unknown: [], devices: { d: { answers: true } } });
    expect(link.count('repeats')).toBe(0);
  });

  test('its clock is eight hours behind and is not set: that is told, until it is right', async () => {
    // A minute of the site's passes in a second.
    const clock = openClock({ rate: 60, trust: () => 'synchronised' });
    await using link = await listening({ timeSet: false }, undefined, { clock, wire: openClock() });
    let offMs = -8 * 3_600_000;
    const sim = simDevice('works', { now: () => clock.now() + offMs });
    await using _ = runSims([sim], { host: HOST, port: link.port });
    await until(() => link.link.status().devices.d?.code === 'clock-off', 'what is wrong with it');
    const { answers, code, clock: off } = link.link.status().devices.d ?? {};
    expect([answers, code, off?.set]).toEqual([true, 'clock-off', 'not-set']);
    expect(Math.abs((off?.offMs ?? 0) - offMs)).toBeLessThan(600_000);
    offMs = 0;
    await until(() => link.link.status().devices.d?.code === undefined, 'its clock to be right');
    expect(link.link.status().devices.d).toEqual({ answers: true });
    expect(link.count('clocksOff')).toBe(1);
  });

  test.each([2005, 2017, 2025] as const)('of the %i edition', async (edition) => {
    await using link = await listening();
    await using _ = runSims([simDevice('works', { edition })], { host: HOST, port: link.port });
    await until(() => link.readings.length > 2, 'readings');
    expect(new Set(link.values())).toEqual(new Set([57.9]));
    // Each is answered so that the instrument knows the answer for its own.
    expect(link.count('repeats')).toBe(0);
    expect(link.count('frames')).toBeGreaterThan(2);
  });

  test('of the 2005 edition without QN and Flag', async () => {
    await using link = await listening();
    await using _ = runSims([simDevice('works', { edition: 2005, isBare: true })], { host: HOST, port: link.port });
    await until(() => link.readings.length > 0, 'a reading');
    expect(link.count('answers')).toBe(0);
  });

  test('in packets, with flags and states', async () => {
    const points = [makePoint('LA-Rtd'), makePoint('a34001-Rtd'), makePoint('SB1-RS')];
    await using link = await listening({}, [makeDevice('d', {}, points)]);
    const values = [
      { name: 'LA-Rtd', value: 130, flag: 'T' },
      { name: 'a34001-Rtd', value: '0.08', flag: 'D' },
      { name: 'SB1-RS', value: 1 },
    ];
    const uploads = [{ cn: '2011', everyMs: 60_000, values: () => values, packets: 3 }] as const;
    await using _ = runSims([simDevice('works', { uploads })], { host: HOST, port: link.port });
    await until(() => link.readings.length === 3, 'the upload');
    expect(link.readings.map(({ value, quality, code }) => [value, quality, code])).toEqual([
      [130, 'good', 'above-range'],
      [0.08, 'bad', 'flag-D'],
      ['running', 'good', undefined],
    ]);
    expect(new Set(link.readings.map(({ tick }) => tick)).size).toBe(1);
  });

  test('slow, byte by byte', async () => {
    await using link = await listening();
    await using _ = runSims([simDevice('slow')], { host: HOST, port: link.port });
    await until(() => link.readings.length > 1, 'readings');
    expect(link.count('garbage')).toBe(0);
  });

  test.each([
    ['corrupt', 'crc'],
    ['nonsense', 'garbage'],
    ['wrong-unit', 'unknownMn'],
  ] as const)('%s: nothing of it is taken, and %s counts it', async (persona, counter) => {
    await using link = await listening();
    await using _ = runSims([simDevice(persona)], { host: HOST, port: link.port });
    await until(() => link.count(counter) > 0, counter);
    expect(link.readings).toEqual([]);
    expect(link.count('answers')).toBe(0);
  });

  test('silent: it is connected and does not answer', async () => {
    const clock = new FakeClock();
    await using link = await listening({}, undefined, { clock, wire: openClock() });
    await using _ = runSims([simDevice('silent')], { host: HOST, port: link.port });
    await until(() => link.count('connects') === 1, 'the connection');
    await clock.advance(180_000 + 60_000);
    await until(() => link.readings.length === 2, 'silence');
    expect(link.readings).toMatchObject([
      { point: 'd/la-rtd', value: null, quality: 'bad', code: 'no-answer' },
      { at: clock.now(), quality: 'bad', code: 'no-answer' },
    ]);
    expect(link.link.status().devices.d).toEqual({ answers: false, code: 'not-connected' });
  });

  test('cut off in the middle of every second frame: the whole ones are taken', async () => {
    await using link = await listening();
    await using _ = runSims([simDevice('cut-off', { answerMs: 100 })], { host: HOST, port: link.port });
    await until(() => link.count('length') > 0 && link.readings.length > 1, 'readings and broken frames');
    expect(new Set(link.values())).toEqual(new Set([57.9]));
  });

  test('everything twice: answered twice, taken once', async () => {
    await using link = await listening({ timeSet: false });
    await using _ = runSims([simDevice('repeat')], { host: HOST, port: link.port });
    await until(() => link.count('repeats') > 2, 'repeats');
    expect(link.readings.length).toBeLessThanOrEqual(link.count('frames') - link.count('repeats'));
    expect(link.count('answers')).toBe(link.count('frames'));
  });

  test('its own echo is no instrument’s word', async () => {
    await using link = await listening();
    await using _ = runSims([simDevice('echo', { greets: true })], { host: HOST, port: link.port });
    await until(() => link.readings.length > 3, 'readings');
    expect(new Set(link.values())).toEqual(new Set([57.9]));
  });

  test('another PW: no value, and the status says why', async () => {
    await using link = await listening();
    await using _ = runSims([simDevice('works', { password: '000000' })], { host: HOST, port: link.port });
    await until(() => link.count('wrongPassword') > 0, 'the refusal');
    expect(link.readings).toEqual([]);
    expect(link.link.status().devices.d).toEqual({ answers: false, code: 'wrong-password' });
  });

  test('who nobody knows is shown to be adopted', async () => {
    await using link = await listening();
    await using _ = runSims([simDevice('works', { mn: '88888880000001' })], { host: HOST, port: link.port });
    const stranger = await until(() => link.link.status().unknown?.[0], 'the stranger');
    expect(stranger).toMatchObject({ id: '88888880000001', sample: 'ST=23 CN=2011 DataTime LA-Rtd LA-Flag' });
    expect(stranger?.from).toMatch(/^127\.0\.0\.1:\d+$/);
  });
});

describe('the listener', () => {
  test('a port in use is a state, with what to do, and tried again', async () => {
    const port = await freePort();
    const other = createServer().listen(port, HOST);
    await once(other, 'listening');
    await using link = await openLink({ listen: `${HOST}:${port}` });
    await until(() => link.link.status().error?.includes('EADDRINUSE'), 'the error');
    expect(link.link.status()).toMatchObject({ state: 'down', error: expect.stringContaining("the link's listen") });
    other.close();
    await until(() => link.link.status().state === 'up', 'the listener to come back');
  });

  test('a rejected port makes bad readings that say so', async () => {
    const port = await freePort();
    const other = createServer().listen(port, HOST);
    await once(other, 'listening');
    const clock = new FakeClock();
    await using link = await openLink({ listen: `${HOST}:${port}` }, undefined, { clock, wire: openClock() });
    await until(() => link.link.status().error?.includes('EADDRINUSE'), 'the error');
    await clock.advance(180_000);
    await until(() => link.readings.length === 1, 'the reading');
    expect(link.readings[0]?.code).toBe('link-down');
    other.close();
  });

  test('at the cap, one who was never an instrument makes room; an instrument does not', async () => {
    const other = makeDevice('e', { mn: 'E'.repeat(24) });
    await using link = await listening({ maxConnections: 2 }, [makeDevice(), other]);
    const stranger = await rawSocket(link.port);
    const gone = closeOf(stranger);
    const first = await rawSocket(link.port);
    first.write(REAL.frame);
    await until(() => link.readings.length === 1, 'the reading');
    const second = await rawSocket(link.port);
    await gone;
    second.write(encodeFrame({ ...REAL.says, mn: 'E'.repeat(24) }));
    await until(() => link.readings.length === 2, 'the second reading');
    const third = await rawSocket(link.port);
    await closeOf(third);
    expect(link.count('connects') - link.count('disconnects')).toBe(2);
    expect(link.count('turnedAway')).toBe(2);
    for (const socket of [first, second]) socket.destroy();
  });

  test('an instrument that dials in again and again takes up one connection, whatever is half-open of it', async () => {
    await using link = await listening({ maxConnections: 2 });
    const sockets: Socket[] = [];
    for (let each = 0; each < 5; each++) {
      const socket = await rawSocket(link.port);
      socket.write(encodeFrame({ ...REAL.says, qn: `2026071522000000${each}` }));
      await until(() => link.readings.length === each + 1, 'the reading');
      sockets.push(socket);
    }
    for (const socket of sockets) socket.destroy();
  });

  test('a stranger who dials in again and again keeps no instrument out that has not spoken yet', async () => {
    await using link = await listening({ maxConnections: 3 });
    const instrument = await rawSocket(link.port);
    const strangers: Socket[] = [];
    for (let each = 0; each < 6; each++) {
      const stranger = await rawSocket(link.port, '127.0.0.2');
      // Whoever speaks was not silent for long.
      stranger.write(encodeFrame({ ...REAL.says, mn: 'stranger' }));
      await until(() => link.count('unknownMn') === each + 1, 'the stranger to be heard');
      strangers.push(stranger);
    }
    instrument.write(REAL.frame);
    await until(() => link.readings.length === 1, 'the reading');
    for (const socket of [instrument, ...strangers]) socket.destroy();
  });

  test('a connection without a frame for the idle time is closed, and the rest of a frame is not waited for', async () => {
    const wire = new FakeClock();
    await using link = await listening({ idle: '60s' }, undefined, { clock: wire, wire });
    const socket = await rawSocket(link.port);
    const closed = closeOf(socket);
    socket.write(REAL.frame + REAL.frame.slice(0, 50));
    await until(() => link.readings.length === 1, 'the reading');
    await wire.advance(10_000);
    expect(link.count('incomplete')).toBe(1);
    await wire.advance(49_000);
    expect(link.count('idle')).toBe(0);
    await wire.advance(2000);
    await closed;
    expect(link.count('idle')).toBe(1);
  });

  test('garbage without end closes the connection', async () => {
    await using link = await listening();
    const socket = await rawSocket(link.port);
    const closed = closeOf(socket);
    socket.write('x'.repeat(200_000));
    await closed;
    expect(link.count('babble')).toBe(1);
  });

  test('a backlog of a thousand uploads in one write is taken whole and answered', async () => {
    await using link = await listening();
    const socket = await rawSocket(link.port);
    const backlog = Array.from({ length: 1000 }, (_, n) =>
      encodeFrame({ ...REAL.says, qn: String(n).padStart(17, '0') }),
    );
    socket.write(Buffer.concat(backlog));
    await until(() => link.readings.length === 1000, 'the backlog');
    await until(() => socket.text().split('CN=9014').length === 1001, 'the answers');
    expect(link.count('dropped')).toBe(0);
    socket.destroy();
  });

  test('strict mode takes the letter only', async () => {
    await using link = await listening({ mode: 'strict' });
    const socket = await rawSocket(link.port);
    socket.write(REAL.frame.replace('\r\n', '\n'));
    socket.write(encodeFrame({ ...REAL.says, pw: '1234567' }));
    socket.write(REAL.frame);
    await until(() => link.readings.length === 1, 'the reading');
    expect(link.link.status().counters).toMatchObject({ tail: 1, syntax: 1, frames: 1 });
    socket.destroy();
  });
});

testWith('socat')('instruments on one serial line; the line is pulled and comes back', async () => {
  await using pair = namePtyPair();
  const other = '88888880000001';
  await using link = await openLink({ port: pair.ours, timeSet: false }, [
    makeDevice('d'),
    makeDevice('e', { mn: other }),
  ]);
  await until(() => link.link.status().state === 'down' && link.link.status().error, 'the missing port');
  const sims = [simDevice('works'), simDevice('works', { mn: other, edition: 2005 })];
  await pair.plug();
  {
    await using _ = runSims(sims, { tty: pair.theirs });
    await until(() => new Set(link.readings.map(({ point }) => point)).size === 2, 'both instruments');
    expect(link.link.status()).toMatchObject({
      state: 'up',
      devices: { d: { answers: true }, e: { answers: true } },
    });
  }
  await pair.unplug();
  await until(() => link.link.status().state === 'down', 'the pulled line');
  await pair.plug();
  const before = link.readings.length;
  await using _ = runSims(sims, { tty: pair.theirs });
  await until(() => link.readings.length > before + 2, 'the line to come back');
  expect(link.count('opens')).toBe(2);
  expect(MN).toHaveLength(24);
});
