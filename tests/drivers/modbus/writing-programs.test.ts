import { ServerTCP } from 'modbus-serial';
import { expect, test } from 'vitest';
import { freePort, testWith, until } from '../../tools/program.ts';
import { openPtyPair } from '../../tools/pty.ts';
import { startSlave } from '../../tools/pymodbus.ts';
import { openReal } from './real-link.ts';
import { makeDevice, makePoint } from './site.ts';

const device = () => {
  const state = { states: { 0: 'off', 1: 'on' } };
  return makeDevice(
    'a',
    1,
    [
      makePoint('a', 'holding 5 u16', { write: 6, scale: 0.1 }, { range: [0, 100] }),
      makePoint('a', 'holding 7 s16', { write: 16 }),
      makePoint('a', 'holding 100 f32', { write: 16 }),
      makePoint('a', 'holding 109 u64', { write: 16, order: 'CDAB' }),
      makePoint('a', 'coil 8 bit', { write: 5 }, state),
      makePoint('a', 'coil 10 bit', { write: 15 }),
      makePoint('a', 'holding 5000 u16', { write: 6 }),
    ],
    {},
  );
};

type Real = Awaited<ReturnType<typeof openReal>>;

/** Each function once, with what is read back; what the device refuses. */
async function writeAll({ link, latest }: Real): Promise<void> {
  await until(() => latest.get('a/coil-10')?.quality === 'good', 'a first reading');
  const write = (point: string, value: number | string) => link.write?.(`a/${point}`, value);
  expect(await write('holding-5', 12.3)).toEqual({ done: true, readBack: 12.3 });
  expect(await write('holding-7', -5)).toEqual({ done: true, readBack: -5 });
  expect(await write('holding-100', 0.5)).toEqual({ done: true, readBack: 0.5 });
  expect(await write('holding-109', 2 ** 40 + 1)).toEqual({ done: true, readBack: 2 ** 40 + 1 });
  expect(await write('coil-8', 'on')).toEqual({ done: true, readBack: 'on' });
  expect(await write('coil-8', 'off')).toEqual({ done: true, readBack: 'off' });
  expect(await write('coil-10', 1)).toEqual({ done: true, readBack: 1 });
  expect(await write('holding-5000', 1)).toEqual({ done: false, code: 'exception-2' });
  expect(await write('holding-5', 101)).toEqual({ done: false, code: 'out-of-range' });
  expect(latest.get('a/holding-7')).toMatchObject({ value: -5, quality: 'good' });
}

testWith('pymodbus')('pymodbus over TCP carries out every write', async () => {
  const port = await freePort();
  await using _slave = startSlave('tcp', port);
  await using real = await openReal('modbus-tcp', { host: '127.0.0.1', port, timeout: '30s' }, [device()]);
  await writeAll(real);
});

testWith('pymodbus', 'socat')('pymodbus on a tty carries out every write', async () => {
  await using ptys = await openPtyPair();
  await using _slave = startSlave('rtu', ptys.theirs);
  await using real = await openReal('modbus-rtu', { port: ptys.ours, baud: 19_200, timeout: '5s' }, [device()]);
  await writeAll(real);
});

test('modbus-serial as the server: a register that does not keep what it is told differs when read back', async () => {
  const port = await freePort();
  const coils = new Map<number, boolean>();
  const vector = {
    getHoldingRegister: () => 7,
    setRegister: () => {},
    getCoil: (address: number) => coils.get(address) ?? false,
    setCoil: (address: number, value: boolean) => void coils.set(address, value),
  };
  const server = new ServerTCP(vector, { host: '127.0.0.1', port, unitID: 0 });
  await using things = new AsyncDisposableStack();
  things.defer(() => new Promise<void>((resolve) => server.close(() => resolve())));
  {
    const points = [makePoint('a', 'holding 5 u16', { write: 6 }), makePoint('a', 'coil 3 bit', { write: 5 })];
    await using real = await openReal('modbus-tcp', { host: '127.0.0.1', port, timeout: '30s' }, [
      makeDevice('a', 1, points),
    ]);
    await until(() => real.latest.get('a/holding-5')?.value === 7, 'a first reading');
    expect(await real.link.write?.('a/holding-5', 8)).toEqual({ done: false, code: 'read-back-differs', readBack: 7 });
    expect(await real.link.write?.('a/coil-3', 1)).toEqual({ done: true, readBack: 1 });
  }
});
