import { expect, test } from 'vitest';
import { parseScenario } from '../../firmware-sim/load.ts';
import { decodeWords, encodeWords } from '../../firmware-sim/modbus/registers.ts';
import { openUnit } from '../../firmware-sim/modbus/unit.ts';
import { encodePayload } from '../../firmware-sim/payload.ts';
import { parseProfile } from '../../firmware-sim/profiles.ts';
import type { SimRegister } from '../../firmware-sim/scenario.ts';

const plain: SimRegister = {
  table: 'holding',
  address: 0,
  type: 'u16',
  order: 'ABCD',
  bit: null,
  scale: 1,
  offset: 0,
  states: {},
};

/** Values and the words that Modbus has for them, worked out by hand. */
test.each<[Partial<SimRegister>, number, number[]]>([
  [{}, 583, [0x0247]],
  [{ scale: 0.1 }, 58.3, [0x0247]],
  [{ scale: 0.01, offset: -40 }, 24.55, [6455]],
  [{ type: 's16' }, -10, [0xfff6]],
  [{ type: 'u16', order: 'BADC' }, 0x1234, [0x3412]],
  [{ type: 's32', scale: 0.001 }, -1.235, [0xffff, 0xfb2d]],
  [{ type: 's32', order: 'CDAB' }, 12_345, [0x3039, 0x0000]],
  [{ type: 'u32', order: 'BADC' }, 0x11223344, [0x2211, 0x4433]],
  [{ type: 'u32', order: 'DCBA' }, 0x11223344, [0x4433, 0x2211]],
  [{ type: 'f32' }, 1.5, [0x3fc0, 0]],
  [{ type: 'f64', order: 'CDAB' }, -2, [0, 0, 0, 0xc000]],
  [{ type: 'u64' }, 2 ** 40 + 1, [0, 0x0100, 0, 1]],
  [{ type: 's64' }, -2, [0xffff, 0xffff, 0xffff, 0xfffe]],
  [{ type: 'bit', bit: 3 }, 1, [8]],
  [{ table: 'coil', type: 'bit' }, 1, [1]],
])('%o holds %d as %o, both ways', (register, value, words) => {
  expect(encodeWords({ ...plain, ...register }, value)).toEqual(words);
  expect(decodeWords({ ...plain, ...register }, words)).toBeCloseTo(value, 9);
});

const PROFILE = `
profile: panel
protocol: modbus
every: 1s
blocks: { forbidden: [[7, 8]] }
points:
  - { id: level, register: { table: holding, address: 2, type: s16, decimals: { address: 1 } } }
  - { id: alarm, register: { table: holding, address: 4, type: bit, bit: 0 }, states: { 0: normal, 1: alarm } }
  - { id: fault, register: { table: holding, address: 4, type: bit, bit: 3 }, states: { 0: normal, 1: fault } }
  - { id: distance, register: { table: holding, address: 9, type: u16 }, range: [200, 400] }
  - { id: depth, from: height, register: { table: holding, address: 9, type: u16 } }
tests:
  - { is: all is well, holding: { 1: 2, 2: 150, 4: 0 }, expect: {} }
`;

const START = '2026-07-15T21:30:00+08:00';
const at = Date.parse(START);

function unitOf(device: string) {
  const scenario = parseScenario(
    `scenario: s\nstart: ${START}\nend: ${START}\nlinks: { l: { kind: modbus-tcp } }\ndevices: [{ id: d, link: l, unit: 1, profile: panel, ${device} }]\n`,
    () => parseProfile(PROFILE),
  );
  let now = at;
  const [found] = scenario.devices;
  if (found === undefined) throw new Error('no device');
  const unit = openUnit(found, at, { now: () => now, sleepUntil: async () => {} });
  return {
    ask(request: string, afterMs = 0) {
      now = at + afterMs;
      const reply = unit.reply(Buffer.from(request, 'hex'));
      return reply.kind === 'pdu' ? reply.pdu.toString('hex') : reply.kind;
    },
  };
}

test('a device of a profile shows its first test, 0 between, and refuses what is forbidden or beyond', () => {
  const { ask } = unitOf('');
  expect(ask('0300010004')).toBe('03080002009600000000');
  expect(ask('0300070001')).toBe('8302');
  expect(ask('03000a0001')).toBe('8302');
  // Without test data the middle of its range; the depth is not a register of its own.
  expect(ask('0300090001')).toBe('0302012c');
});

test('values are in the unit that the device itself shows, and bits of one register stand side by side', () => {
  const { ask } = unitOf('values: { level: 1.23, alarm: alarm, fault: fault, distance: 222 }');
  expect(ask('0300020001')).toBe('0302007b');
  expect(ask('0300040001')).toBe('03020009');
  expect(ask('0300090001')).toBe('030200de');
});

test('what is written stands there until the device boots anew, and counts begin again', () => {
  const { ask } = unitOf('persona: reboot, reboot: { every: 60s, down: 5s }, values: { level: { count: 0.01 } }');
  expect(ask('0600030011', 1000)).toBe('0600030011');
  expect(ask('1000010002040003000a', 2000)).toBe('1000010002');
  expect(ask('0300010003', 50_000)).toBe('03060003000a0011');
  expect(ask('0300010003', 61_000)).toBe('none');
  expect(ask('0300010003', 66_000)).toBe('0306000200000000');
  expect(ask('0600070001', 66_000)).toBe('8602');
  expect(ask('0500000001', 66_000)).toBe('8503');
});

test('a busy unit says so, an echo comes before the answer', () => {
  expect(unitOf('persona: busy').ask('0300010001')).toBe('8306');
  expect(unitOf('persona: echo').ask('0300010001')).toBe('echo');
});

test('a value for a point that the profile has not is refused by its field', () => {
  expect(() => unitOf('values: { lvl: 3 }')).toThrow('scenario.devices.0.values.lvl: a point of panel is wanted');
});

test('a payload is that of the first test with the values put in at their paths, and the time of now', () => {
  const profile = parseProfile(`
profile: box
protocol: mqtt
every: 1s
time: $.ts
points:
  - { id: a, json: "$.data.list[1].v" }
  - { id: b, json: "$['odd key']", states: { 0: normal, 1: alarm } }
tests: [{ is: x, payload: { id: 7, ts: 0, data: { list: [{ v: 1 }, { v: 2, u: cm }] } }, expect: {} }]
`);
  const scenario = parseScenario(
    `scenario: s\nstart: ${START}\nend: ${START}\nlinks: { l: { kind: mqtt } }\ndevices: [{ id: d, link: l, topic: t, profile: box, values: { a: 25, b: alarm } }]\n`,
    () => profile,
  );
  const [device] = scenario.devices;
  if (device === undefined) throw new Error('no device');
  expect(JSON.parse(encodePayload(device, at, at).toString())).toEqual({
    id: 7,
    ts: '2026-07-15T13:30:00.000Z',
    data: { list: [{ v: 1 }, { v: 25, u: 'cm' }] },
    'odd key': 'alarm',
  });
  expect(encodePayload({ ...device, persona: 'cut-off' }, at, at).length).toBeLessThan(60);
  expect(encodePayload({ ...device, persona: 'corrupt' }, at, at).toString()).toMatch(/^\["id"/);
});
