import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseScenario } from '../../firmware-sim/load.ts';
import { openBus } from '../../firmware-sim/modbus/bus.ts';
import { crc16, encodeRtu } from '../../firmware-sim/modbus/rtu.ts';
import { encodeTcp } from '../../firmware-sim/modbus/tcp.ts';
import { openTcpUnits } from '../../firmware-sim/modbus/tcp-units.ts';
import type { SimLink } from '../../firmware-sim/scenario.ts';
import { openSimTime } from '../../firmware-sim/sim-time.ts';
import { testWith, until } from '../tools/program.ts';
import { mbpoll } from '../tools/pymodbus.ts';

const PERSONAS = ['works', 'silent', 'slow', 'cut-off', 'corrupt', 'wrong-unit', 'exception', 'nonsense'];

/** Unit 1 works and has a discrete input and a negative value too; units 2 to 8 have a vice each; 9 is away at first. */
const scenario = parseScenario(`
scenario: vices
start: 2026-07-15T21:30:00+08:00
end: 2026-07-15T22:30:00+08:00
links: { bus: { kind: modbus-rtu }, tcp: { kind: modbus-tcp } }
devices:
${['bus', 'tcp']
  .flatMap((link) =>
    [...PERSONAS, 'works'].map(
      (persona, index) => `
  - id: ${link}-${index + 1}
    link: ${link}
    unit: ${index + 1}
    every: 5s
    persona: ${persona}
    delay: 30ms
    absent: ${index === 8 ? '[["21:30", "21:40"]]' : '[]'}
    points:
      - { id: la, register: { address: 0, scale: 0.1 }, steps: [["21:30", 61.5]] }
      - { id: depth, register: { address: 1, scale: 0.1 }, steps: [["21:30", -1.2]] }
      - { id: mains, register: { table: discrete, address: 0, states: { "off": 0, "on": 1 } }, steps: [["21:30", "on"]] }`,
    ),
  )
  .join('')}
`);
const busLink = scenario.links.find(
  (link): link is Extract<SimLink, { kind: 'modbus-rtu' }> => link.kind === 'modbus-rtu',
);
if (busLink === undefined) throw new Error('no bus');
const time = openSimTime(scenario.start, Date.now(), 1);

const READ_ONE = Buffer.from([3, 0, 0, 0, 1]);

async function dial(port: number): Promise<{ socket: Socket; received: () => Buffer }> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  let bytes = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
  });
  return { socket, received: () => bytes };
}

test('the checksum is that of the specification', () => {
  expect(crc16(Buffer.from([0x02, 0x07])).toString(16)).toBe('1241');
});

const GOOD = Buffer.from([3, 2, 615 >> 8, 615 & 0xff]);
const spoiltCrc = (frame: Buffer) => Buffer.concat([frame.subarray(0, -1), Buffer.from([(frame.at(-1) ?? 0) ^ 0xff])]);
const NONSENSE = Buffer.from('5aa5deadbeef00ff102030405060708090', 'hex');

test.each([
  ['works answers', 1, encodeRtu(1, GOOD)],
  ['slow answers late', 3, encodeRtu(3, GOOD)],
  ['cut off ends half-way', 4, encodeRtu(4, GOOD).subarray(0, 3)],
  ['corrupt has a wrong checksum', 5, spoiltCrc(encodeRtu(5, GOOD))],
  ['wrong unit answers for its neighbour', 6, encodeRtu(7, GOOD)],
  ['exception says device failure', 7, encodeRtu(7, Buffer.from([0x83, 4]))],
  ['nonsense is no frame', 8, NONSENSE],
])('on a bus, %s', async (_sentence, unit, answer) => {
  await using bus = await openBus(scenario, busLink, time, 0);
  const { socket, received } = await dial(Number(bus.where.port));
  socket.write(encodeRtu(unit, READ_ONE));
  expect(await until(() => received().length >= answer.length && received(), 'an answer')).toEqual(answer);
});

test.each([
  ['works answers', 1, encodeTcp(7, 1, GOOD)],
  ['slow answers late', 3, encodeTcp(7, 3, GOOD)],
  ['cut off ends half-way', 4, encodeTcp(7, 4, GOOD).subarray(0, -2)],
  ['corrupt has a byte count that is not true', 5, encodeTcp(7, 5, Buffer.from([3, 4, 615 >> 8, 615 & 0xff]))],
  ['wrong unit answers for its neighbour', 6, encodeTcp(7, 7, GOOD)],
  ['exception says device failure', 7, encodeTcp(7, 7, Buffer.from([0x83, 4]))],
  ['nonsense is no frame', 8, NONSENSE],
])('over TCP, %s', async (_sentence, unit, answer) => {
  await using units = await openTcpUnits(scenario, 'tcp', time, 0);
  const { socket, received } = await dial(units.port);
  socket.write(encodeTcp(7, unit, READ_ONE));
  expect(await until(() => received().length >= answer.length && received(), 'an answer')).toEqual(answer);
});

test.each([
  ['a silent unit', 2],
  ['a unit that is away', 9],
  ['a unit that is not there', 77],
])('%s says nothing, and the next request is answered', async (_sentence, unit) => {
  await using bus = await openBus(scenario, busLink, time, 0);
  await using units = await openTcpUnits(scenario, 'tcp', time, 0);
  const rtu = await dial(Number(bus.where.port));
  const tcp = await dial(units.port);
  rtu.socket.write(Buffer.concat([encodeRtu(unit, READ_ONE), encodeRtu(1, READ_ONE)]));
  tcp.socket.write(Buffer.concat([encodeTcp(1, unit, READ_ONE), encodeTcp(2, 1, READ_ONE)]));
  await until(() => rtu.received().length > 0 && tcp.received().length > 0, 'answers');
  expect(rtu.received()).toEqual(encodeRtu(1, GOOD));
  expect(tcp.received()).toEqual(encodeTcp(2, 1, GOOD));
});

test('a unit that was away answers again', async () => {
  const later = openSimTime(scenario.start, Date.now() - 600_000, 1);
  await using units = await openTcpUnits(scenario, 'tcp', later, 0);
  const { socket, received } = await dial(units.port);
  socket.write(encodeTcp(1, 9, READ_ONE));
  expect(await until(() => received().length > 0 && received(), 'an answer')).toEqual(encodeTcp(1, 9, GOOD));
});

test.each([
  ['an unknown function', [0x2b, 0, 0, 0, 1], [0xab, 1]],
  ['an address where nothing is', [3, 0, 9, 0, 1], [0x83, 2]],
  ['a block that runs past the end', [3, 0, 1, 0, 2], [0x83, 2]],
  ['no registers', [3, 0, 0, 0, 0], [0x83, 3]],
  ['too many', [3, 0, 0, 0, 126], [0x83, 3]],
  ['a request that is too short', [3, 0, 0], [0x83, 3]],
])('%s is answered by its exception', async (_sentence, request, answer) => {
  await using units = await openTcpUnits(scenario, 'tcp', time, 0);
  const { socket, received } = await dial(units.port);
  socket.write(encodeTcp(1, 1, Buffer.from(request)));
  expect(await until(() => received().length > 0 && received(), 'an answer')).toEqual(
    encodeTcp(1, 1, Buffer.from(answer)),
  );
});

test('bytes that are no frame are thrown away, a frame after them is answered', async () => {
  await using bus = await openBus(scenario, busLink, time, 0);
  const { socket, received } = await dial(Number(bus.where.port));
  const stray = Buffer.alloc(11, 0xa5);
  socket.write(Buffer.concat([stray, encodeRtu(1, READ_ONE)]));
  expect(await until(() => received().length > 0 && received(), 'an answer')).toEqual(encodeRtu(1, GOOD));
  expect(bus.counters.strayBytes).toBe(stray.length);
});

test('half a request is forgotten after a silence', async () => {
  await using bus = await openBus(scenario, busLink, time, 0);
  const { socket, received } = await dial(Number(bus.where.port));
  const request = encodeRtu(1, READ_ONE);
  await until(() => {
    // Each half alone comes after a silence; the whole one after it is answered.
    if (bus.counters.strayBytes === 0) socket.write(request.subarray(0, 3));
    else socket.write(request);
    return new Promise<boolean>((resolve) => setTimeout(() => resolve(received().length > 0), 40));
  }, 'an answer');
  expect(received().subarray(0, 7)).toEqual(encodeRtu(1, GOOD));
});

test('a request while a slow unit has still to answer is a collision', async () => {
  await using bus = await openBus(scenario, busLink, time, 0);
  const { socket, received } = await dial(Number(bus.where.port));
  socket.write(Buffer.concat([encodeRtu(3, READ_ONE), encodeRtu(1, READ_ONE)]));
  await until(() => received().length === 2 * encodeRtu(1, GOOD).length, 'both answers');
  expect(bus.counters).toMatchObject({ requests: 2, replies: 2, collisions: 1 });
});

/** What mbpoll, which counts registers from 1, prints of one read. */
const polled = async (...args: readonly string[]): Promise<string> => (await mbpoll(...args)).said;

testWith('mbpoll')('mbpoll reads registers and a discrete input over TCP', async () => {
  await using units = await openTcpUnits(scenario, 'tcp', time, 0);
  const ask = (...args: string[]) => polled('-m', 'tcp', '-p', String(units.port), '-a', '1', ...args, '127.0.0.1');
  expect(await ask('-t', '4', '-r', '1', '-c', '2')).toMatch(/\[1\]:\s+615\n\[2\]:\s+65524 \(-12\)\n/);
  expect(await ask('-t', '1', '-r', '1')).toMatch(/\[1\]:\s+1\n/);
});

testWith('mbpoll', 'socat')('mbpoll reads several units of one bus over a tty, opening it anew each time', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gengfu-bus-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await using bus = await openBus(scenario, busLink, time, join(folder, 'tty'));
  expect(bus.where).toEqual({ kind: 'modbus-rtu', port: join(folder, 'tty'), baud: 9600 });
  const ask = (unit: number) =>
    polled('-m', 'rtu', '-b', '9600', '-P', 'none', '-a', String(unit), '-t', '4', '-r', '1', String(bus.where.port));
  expect(await ask(1)).toMatch(/\[1\]:\s+615\n/);
  expect(await ask(3)).toMatch(/\[1\]:\s+615\n/);
  expect(await ask(7)).toMatch(/Slave device or server failure/);
});
