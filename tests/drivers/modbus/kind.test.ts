import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { ModbusDevice } from '../../../drivers/modbus/check.ts';
import { modbus } from '../../../drivers/modbus/kind.ts';
import { makeDevice, makePoint } from './site.ts';

const holding = { table: 'holding', address: 0 };

describe('what a site may say', () => {
  test('defaults of each kind of link', () => {
    expect(modbus.links['modbus-rtu'].parse({ port: '/dev/ttyUSB0' })).toEqual({
      port: '/dev/ttyUSB0',
      baud: 9600,
      parity: 'none',
      dataBits: 8,
      stopBits: 1,
      timeout: 1000,
      gap: 0,
    });
    expect(modbus.links['modbus-tcp'].parse({ host: 'plc', timeout: '300ms' })).toEqual({
      host: 'plc',
      port: 502,
      timeout: 300,
      window: 4,
    });
    expect(modbus.links['modbus-rtu-over-tcp'].parse({ host: 'dtu', port: 9000 })).toEqual({
      host: 'dtu',
      port: 9000,
      timeout: 1000,
      baud: 9600,
    });
  });

  test.each([
    ['a register', { ...holding, type: 'u16', scale: 0.1 }],
    ['a bit of a register', { ...holding, type: 'bit', bit: 15 }],
    ['a coil', { table: 'coil', address: 65_535, type: 'bit' }],
    ['a register that is written by function 6', { ...holding, type: 's16', write: 6 }],
    ['two that are written together', { ...holding, type: 'f32', write: 16 }],
    ['a coil that is written', { table: 'coil', address: 1, type: 'bit', write: 15 }],
    ['one that is written elsewhere', { table: 'input', address: 1, type: 'u16', write: { code: 6, address: 9 } }],
    [
      'a state that is commanded by a coil',
      { table: 'discrete', address: 1, type: 'bit', write: { code: 5, address: 1 } },
    ],
    ['decimals and unit of its own', { ...holding, type: 's16', decimals: { address: 3 }, unit: { address: 2 } }],
  ])('%s is taken', (_, register) => {
    expect(modbus.point.safeParse({ register }).success).toBe(true);
  });

  test.each([
    ['a bit of a register without which', { ...holding, type: 'bit' }, 'register.type'],
    ['a number in a coil', { table: 'coil', address: 1, type: 'u16' }, 'register.type'],
    ['a bit of a coil', { table: 'coil', address: 1, type: 'bit', bit: 2 }, 'register.bit'],
    ['a bit of a number', { ...holding, type: 'u16', bit: 2 }, 'register.bit'],
    ['a scale of nothing', { ...holding, type: 'u16', scale: 0 }, 'register.scale'],
    ['an address beyond the last', { table: 'holding', address: 65_536, type: 'u16' }, 'register.address'],
    ['an order that is none', { ...holding, type: 'u32', order: 'ACBD' }, 'register.order'],
    ['an order to an input', { table: 'input', address: 1, type: 'u16', write: 6 }, 'register.write'],
    ['function 6 for two registers', { ...holding, type: 'u32', write: 6 }, 'register.write'],
    ['function 5 for a register', { ...holding, type: 'u16', write: 5 }, 'register.write'],
    ['an order to a bit of a register', { ...holding, type: 'bit', bit: 2, write: 6 }, 'register.write'],
    ['a function that does not write', { ...holding, type: 'u16', write: 3 }, 'register.write'],
    ['decimals of a bit', { ...holding, type: 'bit', bit: 2, decimals: { address: 1 } }, 'register.decimals'],
    ['a key that is none', { ...holding, type: 'u16', sclae: 2 }, 'register'],
  ])('%s is refused where it stands', (_, register, path) => {
    const { error } = modbus.point.safeParse({ register });
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });

  test.each([
    ['a window of 0', 'modbus-tcp', { host: 'h', window: 0 }],
    ['a window of 17', 'modbus-tcp', { host: 'h', window: 17 }],
    ['a time-out without a unit', 'modbus-tcp', { host: 'h', timeout: '300' }],
    ['no time-out', 'modbus-tcp', { host: 'h', timeout: '0ms' }],
    ['a parity that is none', 'modbus-rtu', { port: 'p', parity: 'mark' }],
    ['no port', 'modbus-rtu-over-tcp', { host: 'h' }],
  ] as const)('%s is refused', (_, kind, options) => {
    expect(modbus.links[kind].safeParse(options).success).toBe(false);
  });

  test('how a device wants to be asked, of a link, a model and one device', () => {
    const timing = { timeout: '2s', retries: 2, turnaround: '50ms', byteGap: '80ms' };
    const parsed = { timeout: 2000, retries: 2, turnaround: 50, byteGap: 80 };
    expect(modbus.links['modbus-rtu'].parse({ port: 'p', ...timing })).toMatchObject(parsed);
    expect(modbus.profile.parse({ ...timing, warmUp: '3min' })).toEqual({ ...parsed, warmUp: 180_000 });
    expect(modbus.device.parse({ address: 3, ...timing })).toEqual({ address: 3, ...parsed });
    for (const wrong of [{ retries: 4 }, { turnaround: '1min' }, { byteGap: '2s' }, { timeout: '2min' }]) {
      expect(modbus.device.safeParse({ address: 3, ...wrong }).success).toBe(false);
    }
  });

  test('all of it has a JSON Schema', () => {
    for (const schema of [...Object.values(modbus.links), modbus.device, modbus.profile, modbus.point]) {
      expect(z.toJSONSchema(schema, { io: 'input' })).toMatchObject({ type: 'object' });
    }
  });
});

const check = (devices: readonly ModbusDevice[], kind = 'modbus-rtu') =>
  modbus
    .check({ id: 'bus-1', kind, options: { port: 'p', baud: 9600 } as never, devices: devices as never })
    .map(({ device, point, field, message, severity }) => `${severity} ${device} ${point ?? field}: ${message}`);

describe('what is found before anything is opened', () => {
  test('an address used twice', () => {
    const devices = [
      makeDevice('a', 3, ['holding 0 u16']),
      makeDevice('b', 4, ['holding 0 u16']),
      makeDevice('c', 3, ['holding 0 u16']),
    ];
    expect(check(devices)).toEqual(['error c address: unit address 3 is used twice on bus-1: also by a']);
  });

  test('the broadcast address, which no device on a line answers', () => {
    const found = check([makeDevice('a', 0, ['holding 0 u16'])]);
    expect(found).toEqual([
      'error a address: unit address 0 is the broadcast address: no device answers it on a serial line',
    ]);
  });

  test.each([
    ['without the codes', {}, { unit: { address: 2 } }, ['error a holding-0: register.unit: say under units']],
    ['without the register', { units: {} }, {}, ['error a holding-0: units: say under register.unit']],
  ])('a unit that the device says itself, %s', (_, rest, register, expected) => {
    const found = check([makeDevice('a', 1, [makePoint('a', 'holding 0 u16', register, rest)])]);
    expect(found.map((text, index) => text.slice(0, expected[index]?.length))).toEqual(expected);
  });

  test.each([
    [1, 'modbus-rtu', 0],
    [247, 'modbus-rtu', 0],
    [248, 'modbus-rtu', 1],
    [255, 'modbus-rtu-over-tcp', 1],
    [0, 'modbus-tcp', 0],
    [255, 'modbus-tcp', 0],
    [250, 'modbus-tcp', 1],
  ])('address %d on %s: %d warnings', (address, kind, warnings) => {
    const found = check([makeDevice('a', address, ['holding 0 u16'])], kind);
    expect(found.filter((text) => text.startsWith('warning a address'))).toHaveLength(warnings);
  });

  test.each<[string, string[], number]>([
    ['apart', ['holding 0 u32', 'holding 2 u16'], 0],
    ['the low half of another value', ['holding 0 u32', 'holding 1 u16'], 1],
    ['of another sign', ['holding 0 u16', 'holding 0 s16'], 1],
    ['shifted by one', ['holding 0 f32', 'holding 1 f32'], 1],
    ['the same twice', ['holding 0 u16', 'holding 0 u16'], 0],
    ['in another table', ['holding 0 u16', 'input 0 s16'], 0],
    ['over the end', ['holding 65535 u32'], 1],
  ])('registers %s: %#', (_, points, problems) => {
    expect(check([makeDevice('a', 1, points)])).toHaveLength(problems);
  });

  test.each([
    ['u16', [0xffff, 0x7fff], []],
    ['s16', [0x7fff, -1], []],
    ['s16', [0x8000], ['never 32768; write -32768']],
    ['s32', [0xffff_ffff], ['never 4294967295; write -1']],
    ['f32', [9999.5], []],
    ['f32', [9999.9], ['never 9999.9; write 9999.900390625']],
    ['u16', [-1], ['never -1']],
  ])('a raw %s that means no value, %j', (type, invalid, expected) => {
    const found = check([makeDevice('a', 1, [makePoint('a', `holding 0 ${type}`, {}, { invalid })])]);
    expect(found).toEqual(
      expected.map((each) => `warning a holding-0: invalid: a raw value of type ${type} is ${each}`),
    );
  });

  test('the bits of a register and the whole of it do not exclude each other', () => {
    const bits = [0, 1].map((bit) => makePoint('a', 'holding 0 bit', { bit }));
    expect(check([makeDevice('a', 1, ['holding 0 u16', ...bits])])).toEqual([]);
  });

  test('a point that the profile forbids to touch', () => {
    const device = makeDevice('a', 1, ['holding 0 f64'], { blocks: { forbidden: [[3, 3]] } });
    expect(check([device])).toEqual(['error a holding-0: register 0 is in a range that the profile forbids']);
  });
});
