import { expect, test } from 'vitest';
import { testWith, until } from '../../tools/program.ts';
import { openPtyPair } from '../../tools/pty.ts';
import { openReal } from './real-link.ts';
import { makeDevice } from './site.ts';

const open = (port: string) =>
  openReal('modbus-rtu', { port, baud: 9600 }, [makeDevice('a', 1, ['holding 5 u16'], {}, 200)]);

testWith('socat')('a port that another program has open is told as that', async () => {
  await using ptys = await openPtyPair();
  await using first = await open(ptys.ours);
  await until(() => first.link.status().state === 'up', 'the first to have it');
  await using second = await open(ptys.ours);
  await until(() => second.link.status().error !== undefined, 'the second to be refused');
  expect(second.link.status().error).toContain('another program has it open');
});

test('what is no serial port is told as that', async () => {
  await using bus = await open('/dev/null');
  await until(() => bus.link.status().error !== undefined, 'the link to be down');
  expect(bus.link.status().error).toContain('that is no serial port');
});
