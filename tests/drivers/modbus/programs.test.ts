import { ServerTCP } from 'modbus-serial';
import { describe, expect, test } from 'vitest';
import type { ModbusDevice } from '../../../drivers/modbus/check.ts';
import { freePort, type Running, testWith, until } from '../../tools/program.ts';
import { openPtyPair } from '../../tools/pty.ts';
import { startSlave } from '../../tools/pymodbus.ts';
import { openReal } from './real-link.ts';
import { makeDevice, makePoint } from './site.ts';

const EVERY_MS = 400;

/** All tables and types of one unit of `slave.py`. */
const unit = (address: number): ModbusDevice => {
  const id = `u${address}`;
  return makeDevice(
    id,
    address,
    [
      'holding 5 u16',
      'holding 100 f32',
      'holding 102 s16',
      'holding 103 u32',
      'holding 105 f64',
      'holding 109 u64',
      'input 7 u16',
      'coil 9 bit',
      'discrete 9 bit',
      makePoint(id, 'holding 6 u16', { scale: 0.1 }, { everyMs: EVERY_MS }),
      // Beyond the end: an exception, for this block alone.
      'holding 5000 u16',
    ],
    {},
    EVERY_MS,
  );
};

const expected = (address: number) => ({
  [`u${address}/holding-5`]: address * 1000 + 5,
  [`u${address}/holding-6`]: address * 100 + 0.6,
  [`u${address}/holding-100`]: 21.5,
  [`u${address}/holding-102`]: -7,
  [`u${address}/holding-103`]: 4_000_000_000,
  [`u${address}/holding-105`]: -2.25,
  [`u${address}/holding-109`]: 2 ** 40,
  [`u${address}/input-7`]: 9007,
  [`u${address}/coil-9`]: 1,
  [`u${address}/discrete-9`]: 0,
  [`u${address}/holding-5000`]: 'exception-2',
});

type Real = Awaited<ReturnType<typeof openReal>>;
async function untilGood(real: Real, count: number, program?: Running): Promise<void> {
  try {
    await until(() => allGood(real) === count, 'readings');
  } catch (error) {
    const state = JSON.stringify([real.values(), real.link.status(), program?.output().slice(-1000)]);
    throw new Error(`${count} good readings awaited, had ${allGood(real)}: ${state}`, { cause: error });
  }
}
const allGood = (real: Real) => [...real.latest.values()].filter(({ quality }) => quality === 'good').length;

describe('pymodbus', () => {
  testWith('pymodbus')('over TCP: every table and type, an exception, two units; away and back', async () => {
    const port = await freePort();
    await using first = startSlave('tcp', port);
    await using real = await openReal('modbus-tcp', { host: '127.0.0.1', port, timeout: '30s' }, [unit(1), unit(2)]);
    await untilGood(real, 20, first);
    expect(real.values()).toEqual({ ...expected(1), ...expected(2) });
    await first[Symbol.asyncDispose]();
    await until(() => real.latest.get('u1/holding-5')?.code === 'link-down', 'link-down');
    await using _again = startSlave('tcp', port);
    await untilGood(real, 20);
    expect(real.link.status().counters).toMatchObject({ timeouts: 0, late: 0, foreign: 0, nonsense: 0 });
  });

  testWith('pymodbus')('RTU over TCP', async () => {
    const port = await freePort();
    await using running = startSlave('rtu-over-tcp', port);
    await using real = await openReal('modbus-rtu-over-tcp', { host: '127.0.0.1', port, baud: 115_200 }, [
      unit(1),
      unit(2),
    ]);
    await untilGood(real, 20, running);
    expect(real.values()).toEqual({ ...expected(1), ...expected(2) });
  });

  testWith('pymodbus', 'socat')('RTU on a tty; the adapter is pulled', async () => {
    await using ptys = await openPtyPair();
    await using running = startSlave('rtu', ptys.theirs);
    await using real = await openReal('modbus-rtu', { port: ptys.ours, baud: 19_200 }, [unit(1), unit(2)]);
    await untilGood(real, 20, running);
    expect(real.values()).toEqual({ ...expected(1), ...expected(2) });
    await running[Symbol.asyncDispose]();
    await ptys.unplug();
    await until(() => real.latest.get('u1/holding-5')?.code === 'link-down', 'link-down');
    await until(() => real.link.status().error?.includes('the port is not there'), 'the reason');
  });

  testWith('pymodbus', 'socat')('RTU on a tty; the adapter is pulled and comes back', async () => {
    await using ptys = await openPtyPair();
    await using before = startSlave('rtu', ptys.theirs);
    await using real = await openReal('modbus-rtu', { port: ptys.ours, baud: 19_200 }, [unit(1)]);
    await untilGood(real, 10);
    await ptys.unplug();
    await before[Symbol.asyncDispose]();
    await until(() => real.latest.get('u1/holding-5')?.code === 'link-down', 'link-down');
    await ptys.plug();
    await using _after = startSlave('rtu', ptys.theirs);
    await untilGood(real, 10);
  });
});

test('modbus-serial as the server: units told apart, holding and input registers', async () => {
  const port = await freePort();
  const vector = {
    getHoldingRegister: (address: number, unit: number) => unit * 100 + address,
    getInputRegister: (address: number) => 7000 + address,
  };
  const server = new ServerTCP(vector, { host: '127.0.0.1', port, unitID: 0 });
  await using things = new AsyncDisposableStack();
  things.defer(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const devices = [1, 2, 3].map((address) =>
    makeDevice(`u${address}`, address, ['holding 5 u16', 'input 3 u16'], {}, EVERY_MS),
  );
  {
    await using real = await openReal('modbus-tcp', { host: '127.0.0.1', port, window: 4 }, devices);
    await untilGood(real, 6);
    expect(real.values()).toMatchObject({
      'u1/holding-5': 105,
      'u2/holding-5': 205,
      'u3/holding-5': 305,
      'u2/input-3': 7003,
    });
  }
});

test('neither host nor port is there: open returns at once and says why', async () => {
  const port = await freePort();
  await using tcp = await openReal('modbus-tcp', { host: '127.0.0.1', port }, [unit(1)]);
  await using rtu = await openReal('modbus-rtu', { port: '/dev/gengfu-no-such-port' }, [unit(1)]);
  for (const { latest } of [tcp, rtu]) await until(() => latest.get('u1/holding-5')?.code === 'link-down', 'link-down');
  expect(tcp.link.status().error).toContain('nothing listens there');
  expect(rtu.link.status().error).toContain('the port is not there');
});
