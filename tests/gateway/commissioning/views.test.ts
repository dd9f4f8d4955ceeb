import { expect, test } from 'vitest';
import { characterMs, nameSettings, orderSettings, scanTimeout } from '../../../gateway/commissioning/scan-order.ts';
import { hostsOf } from '../../../gateway/commissioning/subnet.ts';
import { signHint, viewWords } from '../../../gateway/commissioning/word-orders.ts';

const OWN = { baud: 9600, parity: 'none', dataBits: 8, stopBits: 1 } as const;

test('a float of two registers shows itself in one order of the four', () => {
  const value = Buffer.alloc(4);
  value.writeFloatBE(58.5);
  const [a, b, c, d] = value;
  const wires = { ABCD: [a, b, c, d], CDAB: [c, d, a, b], BADC: [b, a, d, c], DCBA: [d, c, b, a] };
  for (const [order, bytes] of Object.entries(wires)) {
    const [first] = viewWords(0x10, Uint8Array.from(bytes.map((byte) => byte ?? 0)));
    expect(first?.pair.filter(({ f32 }) => f32 === 58.5).map((each) => each.order)).toEqual([order]);
  }
});

test('each register as it stands, the last one alone', () => {
  const words = viewWords(0xfff0, Uint8Array.of(0x02, 0x47, 0xff, 0xf6));
  expect(words.map(({ address, hex, u16, s16, pair }) => [address, hex, u16, s16, pair.length])).toEqual([
    [0xfff0, '0247', 583, 583, 4],
    [0xfff1, 'FFF6', 65526, -10, 0],
  ]);
});

test.each([
  ['a little below zero', 65_526, -10],
  ['small', 583, undefined],
  ['large, and as large below zero', 40_000, undefined],
  ['the least that is plausible', 55_536, -10_000],
] as const)('sign check: %s', (_, u16, signed) => expect(signHint(u16)).toBe(signed));

test('the line as it is, what models say by how many say it, then the common ones, other parities, rare bauds', () => {
  const models = [{ baud: [4800, 9600] }, { baud: [4800] }, { baud: [19_200], parity: 'even' as const }, {}];
  const all = orderSettings(OWN, models).map(nameSettings);
  expect(all.slice(0, 4)).toEqual(['9600 8N1', '4800 8N1', '19200 8E1', '19200 8N1']);
  expect(new Set(all).size).toBe(all.length);
  expect(all).toHaveLength(24);
  expect(all.slice(-6)).toEqual(['57600 8N1', '1200 8N1', '57600 8E1', '1200 8E1', '57600 8O1', '1200 8O1']);
  expect(orderSettings(OWN, models, { isFast: true }).map(nameSettings)).toEqual(['9600 8N1', '4800 8N1', '19200 8E1']);
  expect(orderSettings(OWN, models, { bauds: [57_600], parities: ['odd'] }).map(nameSettings)).toEqual(['57600 8O1']);
});

test('what a character and an answer take', () => {
  expect(characterMs(OWN)).toBeCloseTo(1.0417, 3);
  expect(characterMs({ ...OWN, parity: 'even' })).toBeCloseTo(1.1458, 3);
  expect(scanTimeout({ ...OWN, baud: 2400 })).toBeGreaterThan(scanTimeout(OWN));
});

test('hosts of a subnet, without its own address and its broadcast', () => {
  expect(hostsOf('10.0.0.9/30')).toEqual(['10.0.0.9', '10.0.0.10']);
  expect(hostsOf('10.0.0.5/32')).toEqual(['10.0.0.5']);
  expect(hostsOf('192.168.4.0/22')).toHaveLength(1022);
});

test.each(['10.0.0.0/21', '10.0.0.0', '10.0.0.256/24', '10.0.0.0/33', 'fe80::1/64'])('%s is not scanned', (subnet) => {
  expect(() => hostsOf(subnet)).toThrow(/subnet|wider/);
});
