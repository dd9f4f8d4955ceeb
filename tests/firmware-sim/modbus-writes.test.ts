import { expect, test } from 'vitest';
import { parseScenario } from '../../firmware-sim/load.ts';
import { answer } from '../../firmware-sim/modbus/pdu.ts';
import { openTcpUnits } from '../../firmware-sim/modbus/tcp-units.ts';
import { openSimTime } from '../../firmware-sim/sim-time.ts';
import { testWith } from '../tools/program.ts';
import { mbpoll } from '../tools/pymodbus.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** Registers and coils 0 to 9, of which 9 cannot be written. */
function makeCells() {
  const cells = new Map<string, number>();
  return {
    cells,
    read: (table: string, address: number) => (address > 9 ? undefined : (cells.get(`${table} ${address}`) ?? 0)),
    write: (table: string, address: number, value: number) => {
      if (address === 9) return false;
      cells.set(`${table} ${address}`, value);
      return true;
    },
  };
}

test.each<[string, string, string, Record<string, number>]>([
  ['one coil on', '05 0003 FF00', '05 0003 FF00', { 'coil 3': 1 }],
  ['one coil off', '05 0003 0000', '05 0003 0000', { 'coil 3': 0 }],
  ['a coil neither on nor off', '05 0003 0001', '85 03', {}],
  ['one register', '06 0003 002A', '06 0003 002A', { 'holding 3': 42 }],
  ['coils', '0F 0001 0003 01 05', '0F 0001 0003', { 'coil 1': 1, 'coil 2': 0, 'coil 3': 1 }],
  ['registers', '10 0001 0002 04 0001 0002', '10 0001 0002', { 'holding 1': 1, 'holding 2': 2 }],
  ['one that is not there', '06 000A 0001', '86 02', {}],
  ['several of which one is not there: none is written', '10 0008 0003 06 0001 0002 0003', '90 02', {}],
  ['one that cannot be written', '06 0009 0001', '86 04', {}],
  ['none', '10 0001 0000 00', '90 03', {}],
  ['fewer than are told', '10 0001 0002 02 0001', '90 03', {}],
  ['a request cut short', '06 0001', '86 03', {}],
  ['a function that nobody has', '17 0001 0001', '97 01', {}],
])('%s', (_, request, reply, expected) => {
  const cells = makeCells();
  expect(answer(hex(request), cells)).toEqual(hex(reply));
  expect(Object.fromEntries(cells.cells)).toEqual(expected);
});

const scenario = parseScenario(`
scenario: written
start: 2026-07-15T21:30:00+08:00
end: 2026-07-15T22:30:00+08:00
links: { tcp: { kind: modbus-tcp } }
devices:
  - id: relay
    link: tcp
    unit: 1
    every: 5s
    points:
      - { id: limit, register: { address: 0 }, steps: [["21:30", 5]] }
      - { id: hold, register: { address: 1 }, steps: [["21:30", 6]] }
      - { id: lamp, register: { table: coil, address: 0, states: { "off": 0, "on": 1 } }, steps: [["21:30", "off"]] }
  - { id: busy, link: tcp, unit: 2, every: 5s, persona: busy, points: [{ id: a, register: { address: 0 }, steps: [["21:30", 5]] }] }
`);

testWith('mbpoll')('mbpoll writes a coil, a register and two, and is told that a unit is busy', async () => {
  await using units = await openTcpUnits(scenario, 'tcp', openSimTime(scenario.start, Date.now(), 1), 0);
  const ask = async (unit: number, type: number, ...values: number[]) => {
    const which = ['-m', 'tcp', '-p', String(units.port), '-a', String(unit), '-t', String(type), '-r', '1'];
    const count = values.length === 0 && type === 4 ? ['-c', '2'] : [];
    return (await mbpoll(...which, ...count, '127.0.0.1', ...values.map(String))).said;
  };
  expect(await ask(1, 4, 41)).toContain('Written 1 reference');
  expect(await ask(1, 4)).toMatch(/\[1\]:\s+41\s+\[2\]:\s+6/);
  expect(await ask(1, 4, 42, 43)).toContain('Written 2 references');
  expect(await ask(1, 4)).toMatch(/\[1\]:\s+42\s+\[2\]:\s+43/);
  expect(await ask(1, 0, 1)).toContain('Written 1 reference');
  expect(await ask(1, 0)).toMatch(/\[1\]:\s+1/);
  expect(await ask(2, 4)).toContain('busy');
});
