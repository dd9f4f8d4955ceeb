import { readlinkSync, symlinkSync } from 'node:fs';
import { expect } from 'vitest';
import { testWith, until } from '../../tools/program.ts';
import { namePtyPair, openPtyPair } from '../../tools/pty.ts';
import { startSlave } from '../../tools/pymodbus.ts';
import { openReal } from './real-link.ts';
import { makeDevice } from './site.ts';

async function openBus(port: string) {
  const devices = [makeDevice('a', 1, ['holding 5 u16', 'holding 6 u16'], {}, 200)];
  const real = await openReal('modbus-rtu', { port, baud: 19_200 }, devices);
  return { ...real, last: () => real.latest.get('a/holding-6') };
}

testWith('pymodbus', 'socat')('a tty that comes back under another name behind its symlink goes on', async () => {
  await using ptys = await openPtyPair();
  const before = readlinkSync(ptys.ours);
  // There before the first goes, so that the system cannot give it the same names.
  await using next = await openPtyPair();
  const after = readlinkSync(next.ours);
  expect(after).not.toBe(before);
  await using slave = startSlave('rtu', ptys.theirs);
  await using bus = await openBus(ptys.ours);
  await until(() => bus.last()?.value === 1006, 'the first reading');
  await ptys.unplug();
  await slave[Symbol.asyncDispose]();
  await until(() => bus.last()?.code === 'link-down', 'link-down');
  // Others take the names that have become free.
  await using _others = await openPtyPair();
  symlinkSync(after, ptys.ours);
  await using _again = startSlave('rtu', next.theirs);
  await until(() => bus.last()?.quality === 'good' && bus.link.status().state === 'up', 'readings again');
  expect(bus.last()?.value).toBe(1006);
  expect(bus.link.status().counters.connects).toBe(2);
});

testWith('pymodbus', 'socat')('a tty that is not there at the start is opened when it appears', async () => {
  await using ptys = namePtyPair();
  await using bus = await openBus(ptys.ours);
  await until(() => bus.last()?.code === 'link-down', 'link-down');
  expect(bus.link.status().error).toContain('is the adapter plugged in');
  await ptys.plug();
  await using _slave = startSlave('rtu', ptys.theirs);
  await until(() => bus.last()?.value === 1006, 'a reading');
});
