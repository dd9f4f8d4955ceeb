import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { OpenLink, Overheard } from '../../../drivers/driver.ts';
import type { ModbusDevice } from '../../../drivers/modbus/check.ts';
import { modbus } from '../../../drivers/modbus/kind.ts';
import type { Reading } from '../../../drivers/reading.ts';
import { type DialInOptions, openDialInUnit } from '../../../firmware-sim/modbus/dial-in.ts';
import { answer } from '../../../firmware-sim/modbus/pdu.ts';
import type { Unit } from '../../../firmware-sim/modbus/unit.ts';
import type { JobWish } from '../../../gateway/api/job-request.ts';
import { Jobs } from '../../../gateway/installer/jobs.ts';
import { type Clock, openClock } from '../../../gateway/kit/clock.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { freePort, testWith, until } from '../../tools/program.ts';
import { startSlave } from '../../tools/pymodbus.ts';
import { makeDevice } from './site.ts';

const EVERY_MS = 150;

/** A slave whose registers hold `base` and their own address. */
const slave = (unit: number, base: number): Unit => ({
  unit,
  reply: (request) => ({
    kind: 'pdu',
    unit,
    pdu: answer(request, { read: (_, address) => base + address, write: () => false }),
    afterMs: 0,
  }),
});

const silentSlave = (unit: number): Unit => ({ unit, reply: () => ({ kind: 'none' }) });

const device = (id: string, registration: string, address: number): ModbusDevice => ({
  ...makeDevice(id, address, ['holding 5 u16', 'holding 6 u16'], {}, EVERY_MS),
  options: { address, registration } as ModbusDevice['options'],
});

async function openGateway(devices: readonly ModbusDevice[], options: object = {}, clock: Clock = openClock()) {
  const port = await freePort();
  const kind = 'modbus-dial-in';
  const parsed = modbus.links[kind].parse({ listen: `127.0.0.1:${port}`, timeout: '30s', ...options });
  const link = await modbus.open(
    { id: 'l', kind, options: parsed, devices: devices as never },
    { clock, wire: clock, log: silentLog, dir: '' },
  );
  const stop = new AbortController();
  const latest = new Map<string, Reading>();
  const seen = new Map<string, Set<Reading['value']>>();
  const run = async () => {
    for await (const batch of link.readings(stop.signal)) {
      for (const reading of batch) {
        latest.set(reading.point, reading);
        seen.set(reading.point, (seen.get(reading.point) ?? new Set()).add(reading.value));
      }
    }
  };
  const done = run();
  await until(() => link.status().state === 'up', 'listening');
  return {
    port,
    link,
    /** What a device's register 5 says: a value, or a code. */
    of: (id: string) => latest.get(`${id}/holding-5`)?.value ?? latest.get(`${id}/holding-5`)?.code,
    /** Every value that it ever gave. */
    everOf: (id: string) => [...(seen.get(`${id}/holding-5`) ?? [])].filter((value) => value !== null),
    counters: () => link.status().counters,
    forget: (id: string) => latest.delete(`${id}/holding-5`),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await link[Symbol.asyncDispose]();
      await done;
    },
  };
}

/** A connection by hand. */
async function dialBy(port: number, ...packets: (string | Buffer)[]): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  socket.on('error', () => {}).resume();
  await once(socket, 'connect');
  for (const packet of packets) socket.write(packet);
  return socket;
}

const unit = (port: number, registration: string, options: Partial<DialInOptions>, slaves: readonly Unit[]) =>
  openDialInUnit({ host: '127.0.0.1', port, registration: Buffer.from(registration), ...options }, slaves);

const BEAT = { bytes: Buffer.from('www.usr.cn'), everyMs: 70 };

describe('units that dial in', () => {
  test('each is a bus of its own: the same address behind two of them, two slaves behind one', async () => {
    await using gateway = await openGateway([
      device('a1', '860000000000001', 1),
      device('a2', '860000000000001', 2),
      device('b1', '860000000000002', 1),
    ]);
    await using _a = unit(gateway.port, '860000000000001', {}, [slave(1, 100), slave(2, 200)]);
    await using _b = unit(gateway.port, '860000000000002', {}, [slave(1, 300)]);
    await until(() => gateway.of('a1') === 105 && gateway.of('a2') === 205 && gateway.of('b1') === 305, 'all values');
    expect(gateway.counters()).toMatchObject({ dialled: 2, unknown: 0, crc: 0, nonsense: 0 });
    expect(gateway.link.status()).toMatchObject({ devices: { a1: { answers: true } }, warnings: ['needs-line'] });
  });

  test('heartbeats before, between and within replies are not part of them', async () => {
    const heartbeat = 'www.usr.cn';
    await using gateway = await openGateway([device('a', 'unit-a', 1)], { heartbeat });
    await using a = unit(gateway.port, 'unit-a', { heartbeat: BEAT, heartbeatInside: true }, [slave(1, 100)]);
    await until(() => a.counters.replies > 10, 'replies');
    expect(gateway.of('a')).toBe(105);
    expect(gateway.everOf('a')).toEqual([105]);
    expect(gateway.counters()).toMatchObject({ timeouts: 0, crc: 0, nonsense: 0, overlong: 0 });
  });

  test('the registration in front of each packet', async () => {
    await using gateway = await openGateway([device('a', 'hex:01 03', 1)], { heartbeat: 'ping', prefix: true });
    const heartbeat = { bytes: Buffer.from('ping'), everyMs: 70 };
    const registration = Buffer.from('0103', 'hex');
    await using _a = unit(gateway.port, '', { registration, prefix: true, heartbeat }, [slave(1, 100)]);
    await until(() => gateway.of('a') === 105, 'a value');
    expect(gateway.everOf('a')).toEqual([105]);
  });

  test('a registration that ends as a line may, and one that is the beginning of another', async () => {
    const gauges = [device('a', 'hex:01 00', 1), device('b', 'hex:01 00 0a', 1)];
    await using gateway = await openGateway(gauges, { heartbeat: 'beat' });
    await using _a = unit(gateway.port, '\x01\0', {}, [slave(1, 100)]);
    await using _b = unit(gateway.port, '\x01\0\n', {}, [slave(1, 200)]);
    await until(() => gateway.of('a') === 105 && gateway.of('b') === 205, 'both');
    expect(gateway.counters()).toMatchObject({ unknown: 0 });
  });

  test('a registration in pieces, said twice, after a heartbeat, with the end of a line', async () => {
    await using gateway = await openGateway([device('a', 'unit-a', 1)], { heartbeat: ['beat', 'hex:fe'] });
    for (const packets of [
      ['unit-', 'a'],
      ['beat', 'unit-a'],
      ['unit-a\r\n'],
      [Buffer.from('\xfeunit-a\xfe', 'latin1')],
      ['unit-aunit-a'],
      ['beatunit-a\r\nbeatunit-a\r\n'],
    ]) {
      const before = gateway.counters().connects ?? 0;
      const socket = await dialBy(gateway.port, ...packets);
      await until(() => (gateway.counters().connects ?? 0) > before, `registration ${packets.join(' ')}`);
      socket.destroy();
    }
    expect(gateway.counters()).toMatchObject({ unknown: 0 });
  });

  test('a bus is lent to a job between its polls, heartbeats and all, while the other goes on; all of them are heard', async () => {
    // What a job asks of nobody costs the line a time-out of its own.
    const options = { heartbeat: 'www.usr.cn', timeout: '3s' };
    await using gateway = await openGateway([device('a', 'unit-a', 1), device('b', 'unit-b', 1)], options);
    const beating = { heartbeat: BEAT, heartbeatInside: true };
    await using _a = unit(gateway.port, 'unit-a', beating, [slave(1, 100), slave(7, 700)]);
    await using b = unit(gateway.port, 'unit-b', beating, [slave(1, 200)]);
    await until(() => gateway.of('a') === 105 && gateway.of('b') === 205, 'all values');
    const { link } = gateway;
    expect([...(link.buses?.keys() ?? [])]).toEqual(['unit-a', 'unit-b']);
    const heard: Overheard[] = [];
    const stop = link.tap?.((each) => heard.push(each));
    const before = b.counters.replies;
    const bus = link.buses?.get('unit-a');
    {
      await using line = bus?.borrow?.();
      expect(bus?.borrow?.()).toBeUndefined();
      const ask = (address: number, timeoutMs: number) =>
        line?.ask({ unit: address, table: 'holding', address: 5, count: 2, timeoutMs }, AbortSignal.timeout(400_000));
      expect(await ask(7, 60_000)).toMatchObject({
        kind: 'data',
        data: Uint8Array.from([705 >> 8, 705 & 255, 706 >> 8, 706 & 255]),
      });
      expect(await ask(9, 300)).toMatchObject({ kind: 'none' });
      expect(await ask(7, 60_000)).toMatchObject({ kind: 'data' });
    }
    await until(() => b.counters.replies > before + 2, 'the other bus to go on');
    await until(() => heard.some(({ who, way }) => who === 'unit-a 7' && way === 'in'), 'the answer to be heard');
    await until(() => heard.some(({ who }) => who === 'unit-b 1'), 'the other bus to be heard');
    stop?.();
    expect(heard.filter(({ isRight }) => !isRight)).toEqual([]);
    expect([gateway.everOf('a'), gateway.everOf('b')]).toEqual([[105], [205]]);
    expect(gateway.counters()).toMatchObject({ crc: 0, nonsense: 0 });
  });

  test('jobs name a unit by its registration; without it they are told how, and a device is read on its own', async () => {
    await using gateway = await openGateway([device('a', 'unit-a', 1), device('b', 'unit-b', 1)]);
    await using _a = unit(gateway.port, 'unit-a', {}, [slave(1, 100), slave(3, 300)]);
    await using _b = unit(gateway.port, 'unit-b', {}, [slave(1, 200)]);
    await until(() => gateway.of('a') === 105 && gateway.of('b') === 205, 'all values');
    const clock = openClock();
    const devices = [device('a', 'unit-a', 1), device('b', 'unit-b', 1)].map((each) => ({ ...each, link: 'l' }));
    const site = { links: [{ id: 'l', kind: 'modbus-dial-in', options: { timeout: 30_000 }, devices }] };
    const links = new Map([['l', gateway.link]]);
    await using jobs = new Jobs({ site: () => site as never, links, clock, wire: clock, log: silentLog });
    const run = async (wish: JobWish) => (await jobs.ended(jobs.start(wish, 'wang').id))?.result;
    const found = await run({ kind: 'scan', link: 'l:unit-a', units: [1, 3], timeoutMs: 5000 });
    expect(found).toMatchObject({
      found: [
        { unit: 1, device: 'a' },
        { unit: 3, device: null },
      ],
    });
    const raw = await run({ kind: 'read-raw', link: 'l:unit-b', unit: 1, address: 5, count: 1 });
    expect(JSON.stringify(raw)).toContain('205');
    expect(await run({ kind: 'read', device: 'b' })).toMatchObject({ device: 'b', unit: 1 });
    const view = jobs.start({ kind: 'read-raw', link: 'l', unit: 1, address: 5 }, 'wang');
    expect((await jobs.ended(view.id))?.fault).toMatchObject({
      message: expect.stringContaining('is a bus of its own: say which'),
    });
    expect(() => jobs.start({ kind: 'wiring', link: 'l:unit-c', unit: 1 }, 'wang')).toThrow(
      'link l has no unit unit-c',
    );
  });

  test('away: link-down; back: values again, without waiting', async () => {
    await using gateway = await openGateway([device('a', 'unit-a', 1)]);
    await until(() => gateway.of('a') === 'link-down', 'link-down before anyone has dialled in');
    expect(gateway.link.status().devices).toEqual({ a: { answers: false, code: 'link-down' } });
    await using a = unit(gateway.port, 'unit-a', { redialMs: 20 }, [slave(1, 100)]);
    for (let round = 1; round <= 3; round++) {
      await until(() => gateway.of('a') === 105, `a value in round ${round}`);
      a.hangUp();
      await until(() => gateway.of('a') === 'link-down', `link-down in round ${round}`);
    }
  });

  test('a slave behind a unit that does not answer has no answer; its neighbour is not harmed', async () => {
    const both = [device('a', 'unit-a', 1), device('dead', 'unit-a', 2)];
    await using gateway = await openGateway(both, { timeout: '400ms' });
    await using _a = unit(gateway.port, 'unit-a', {}, [slave(1, 100), silentSlave(2)]);
    await until(() => gateway.of('a') === 105 && gateway.of('dead') === 'no-answer', 'both');
  });

  test('the newest connection of a registration counts', async () => {
    await using gateway = await openGateway([device('a', 'unit-a', 1)]);
    await using first = unit(gateway.port, 'unit-a', {}, [slave(1, 100)]);
    await until(() => gateway.of('a') === 105, 'the first');
    await using second = unit(gateway.port, 'unit-a', {}, [slave(1, 200)]);
    await until(() => gateway.of('a') === 205, 'the second');
    await until(() => !first.isConnected, 'the first to be closed');
    expect(second.isConnected).toBe(true);
    expect(gateway.counters()).toMatchObject({ replaced: 1 });
  });
});

describe('devices of a link at work are others', () => {
  const ONE = device('a', 'unit-a', 1);
  const TWO = device('b', 'unit-b', 1);
  const change = ({ link }: { link: OpenLink }, ...devices: readonly ModbusDevice[]) => {
    const exchange = link.change?.(devices);
    if (exchange === undefined) throw new Error('it cannot be changed');
    return exchange;
  };

  test('one that waits to be known is let in as it is adopted; the others keep their connections', async () => {
    await using gateway = await openGateway([ONE]);
    await using _a = unit(gateway.port, 'unit-a', {}, [slave(1, 100)]);
    await using _b = unit(gateway.port, 'unit-b', {}, [slave(1, 200)]);
    await until(() => gateway.of('a') === 105 && gateway.link.status().unknown?.length === 1, 'both');
    const heard: Overheard[] = [];
    gateway.link.tap?.((each) => heard.push(each));
    change(gateway, ONE, TWO);
    const exchange = change(gateway, structuredClone(ONE), TWO);
    expect([...(gateway.link.buses?.keys() ?? [])]).toEqual(['unit-a']);
    exchange();
    await until(() => gateway.of('b') === 205, 'the new one');
    await until(() => heard.some(({ who, way }) => who === 'unit-b 1' && way === 'in'), 'it to be heard');
    expect(gateway.counters()).toMatchObject({ dialled: 2, connects: 2, replaced: 0 });
    expect(gateway.link.status().unknown).toEqual([]);
    expect([...(gateway.link.buses?.keys() ?? [])]).toEqual(['unit-a', 'unit-b']);
    expect(await gateway.link.write?.('b/holding-5', 1)).toEqual({ done: false, code: 'not-writable' });
  });

  test('of one that is gone nothing more is told, its connection is closed, and no counter falls', async () => {
    await using gateway = await openGateway([ONE, TWO]);
    await using a = unit(gateway.port, 'unit-a', {}, [slave(1, 100)]);
    const gone = await dialBy(gateway.port, 'unit-b');
    await until(() => gateway.of('a') === 105 && gateway.counters().connects === 2, 'both');
    const before = gateway.counters();
    change(gateway, ONE)();
    const falling = Object.entries(gateway.counters()).filter(([name, now]) => now < (before[name] ?? 0));
    expect(falling).toEqual([]);
    await until(() => gone.closed, 'its end');
    expect(Object.keys(gateway.link.status().devices)).toEqual(['a']);
    gateway.forget('b');
    const replies = a.counters.replies;
    await until(() => a.counters.replies > replies + 3, 'more replies');
    expect(gateway.of('b')).toBeUndefined();
    expect(gateway.counters()).toMatchObject({ dialled: 2, connects: 2 });
  });

  test('a second one behind the same unit, and one that moves to another unit', async () => {
    await using gateway = await openGateway([ONE, TWO]);
    await using _a = unit(gateway.port, 'unit-a', {}, [slave(1, 100), slave(2, 150)]);
    await using _b = unit(gateway.port, 'unit-b', {}, [slave(1, 200)]);
    await until(() => gateway.of('a') === 105 && gateway.of('b') === 205, 'both');
    change(gateway, ONE, device('b', 'unit-a', 2), device('c', 'unit-b', 1))();
    await until(() => gateway.of('b') === 155 && gateway.of('c') === 205, 'both as they are now');
    expect(gateway.counters()).toMatchObject({ dialled: 2, connects: 2 });
  });
});

describe('who is let in', () => {
  test('an unknown registration is shown, kept for a while, then closed', async () => {
    const clock = new FakeClock();
    await using gateway = await openGateway([device('a', 'unit-a', 1)], { quarantine: '1min' }, clock);
    const socket = await dialBy(gateway.port, 'unit-ab');
    const [unknown] = await until(async () => {
      // It might say more.
      await clock.advance(100);
      const { unknown = [] } = gateway.link.status();
      return unknown.length > 0 ? unknown : undefined;
    }, 'the unknown unit');
    expect(unknown).toMatchObject({ id: 'unit-ab', count: 1, from: expect.stringMatching(/^127\.0\.0\.1:\d+$/) });
    await clock.advance(50_000);
    expect(socket.closed).toBe(false);
    await clock.advance(10_000);
    await until(() => socket.closed, 'the end of the quarantine');
    expect(gateway.counters()).toMatchObject({ unknown: 1, connects: 0 });
  });

  test('one that babbles is told of once, and closed', async () => {
    await using gateway = await openGateway([device('a', 'unit-a', 1)], { quarantine: '1min', registerWithin: '1min' });
    const socket = await dialBy(gateway.port, 'babble');
    await until(() => (gateway.link.status().unknown?.length ?? 0) > 0, 'the unknown unit');
    for (let n = 0; !socket.closed && n < 100; n++) {
      socket.write(Buffer.alloc(1024, `${n}`));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => socket.closed, 'its end');
    expect(gateway.link.status().unknown).toHaveLength(1);
    expect(gateway.counters()).toMatchObject({ unknown: 1, refused: 1 });
  });

  test('who says nothing is closed and counted', async () => {
    await using gateway = await openGateway([device('a', 'unit-a', 1)], { registerWithin: '1s' });
    const socket = await dialBy(gateway.port);
    await until(() => socket.closed, 'the end');
    expect(gateway.counters()).toMatchObject({ unregistered: 1, unknown: 0 });
  });

  test('a registered unit that falls silent is closed', async () => {
    await using gateway = await openGateway([device('a', 'unit-a', 1)], { silent: '1s' });
    const socket = await dialBy(gateway.port, 'unit-a');
    await until(() => socket.closed, 'the end');
    expect(gateway.counters()).toMatchObject({ silences: 1, connects: 1 });
  });

  test('strangers are bounded, a flood from one address is refused, and the registered go on', async () => {
    await using gateway = await openGateway([device('a', 'unit-a', 1)]);
    await using a = unit(gateway.port, 'unit-a', {}, [slave(1, 100)]);
    await until(() => gateway.of('a') === 105, 'the registered');
    const sockets = await Promise.all(Array.from({ length: 70 }, (_, i) => dialBy(gateway.port, `stranger-${i}`)));
    await until(() => sockets.filter(({ closed }) => closed).length >= 70 - 32, 'the bound');
    await until(() => (gateway.link.status().unknown?.length ?? 0) >= 25, 'those who were kept');
    expect(a.isConnected).toBe(true);
    expect(gateway.counters().refused).toBeGreaterThanOrEqual(70 - 32);
    const before = a.counters.replies;
    await until(() => a.counters.replies > before + 3, 'more replies');
    for (const socket of sockets) socket.destroy();
  });

  test('a unit that floods harms no other', async () => {
    await using gateway = await openGateway([device('a', 'unit-a', 1), device('b', 'unit-b', 1)]);
    await using b = unit(gateway.port, 'unit-b', {}, [slave(1, 100)]);
    const bad = await dialBy(gateway.port, 'unit-a');
    await until(() => gateway.counters().connects === 2, 'both');
    const noise = Buffer.alloc(16_384, 0x55);
    for (let i = 0; i < 10; i++) bad.write(noise);
    await until(() => bad.closed, 'the flood to be cut off');
    const before = b.counters.replies;
    await until(() => b.counters.replies > before + 3, 'more replies');
    expect(gateway.everOf('b')).toEqual([105]);
    expect(gateway.everOf('a')).toEqual([]);
  });
});

testWith('pymodbus')('pymodbus as the slave behind a relay that dials in', async () => {
  const port = await freePort();
  await using running = startSlave('rtu-over-tcp', port);
  await using gateway = await openGateway([device('u1', 'relay', 1), device('u2', 'relay', 2)]);
  const inner = await until(async () => {
    const socket = connect({ host: '127.0.0.1', port });
    const isThere = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'close').then(() => false),
    ]).catch(() => false);
    return isThere ? socket : undefined;
  }, `pymodbus: ${running.output()}`);
  const outer = await dialBy(gateway.port, 'relay');
  inner.pipe(outer);
  outer.pipe(inner);
  await until(() => gateway.of('u1') === 1005 && gateway.of('u2') === 2005, 'both units');
  inner.destroy();
  outer.destroy();
});

test.each<[string, object, RegExp]>([
  ['no port', { listen: '0.0.0.0' }, /host:port/],
  ['half a byte', { listen: '0.0.0.0:1', heartbeat: 'hex:f' }, /hex:/],
  ['too patient', { listen: '0.0.0.0:1', registerWithin: '1d' }, /from 1 s/],
])('a link with %s is refused', (_, options, message) => {
  const { error } = modbus.links['modbus-dial-in'].safeParse(options);
  expect(error?.message).toMatch(message);
});

test('what is wrong with the devices of a link that units dial in to', () => {
  const { registration: _, ...bare } = device('b', 'x', 2).options as { registration?: string; address: number };
  const devices = [
    device('a', 'x', 1),
    device('a2', 'hex:78', 1),
    device('c', 'y', 1),
    { ...device('b', 'x', 2), options: bare },
  ];
  const link = { id: 'l', kind: 'modbus-dial-in', options: { baud: 9600 }, devices };
  const problems = modbus.check(link as never).map(({ device, field, message }) => `${device} ${field}: ${message}`);
  expect(problems).toEqual([
    'b registration: on l units dial in: say with registration which one this is',
    'a2 address: unit address 1 is used twice on l: also by a',
  ]);
  const other = modbus.check({ ...link, kind: 'modbus-rtu', devices: [device('a', 'x', 1)] } as never);
  expect(other.map(({ field }) => field)).toEqual(['registration']);
});
