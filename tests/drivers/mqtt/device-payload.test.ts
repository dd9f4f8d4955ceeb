import { describe, expect, test } from 'vitest';
import { parseDeviceTime } from '../../../drivers/device-time.ts';
import { parseJsonPath } from '../../../drivers/json-path.ts';
import { readPayload } from '../../../drivers/mqtt/device-payload.ts';
import type { Point } from '../../../drivers/point.ts';

const point = (id: string, more: Partial<Point> = {}): Point => ({
  key: `d/${id}`,
  device: 'd',
  id,
  quantity: 'noise.la',
  everyMs: 1000,
  source: undefined,
  convert: { factor: 1, offset: 0 },
  ...more,
});

const path = (text: string) => parseJsonPath(text) ?? [];
const map = {
  points: [
    { point: point('la', { range: [30, 130] }), path: path('$.la') },
    { point: point('state', { states: { 0: 'normal', 1: 'alarm' } }), path: path('$.s') },
  ],
  time: path('$.ts'),
};
const scalar = { points: [{ point: point('la'), path: path('$') }], time: undefined };

const bytes = (payload: string | Buffer) => Buffer.from(payload as string);
const brief = (result: ReturnType<typeof readPayload>) => [
  ...result.readings.map(({ value, quality, code }) => (quality === 'good' ? value : code)),
  result.flaw,
];

describe('readings of a payload', () => {
  test.each([
    ['both points', '{"la":57.1,"s":1}', [57.1, 'alarm', undefined]],
    ['a state by its name', '{"la":57.1,"s":"alarm"}', [57.1, 'alarm', undefined]],
    ['a state as true', '{"la":57.1,"s":true}', [57.1, 'alarm', undefined]],
    ['a state that nobody named', '{"la":57.1,"s":9}', [57.1, 'unknown-state', undefined]],
    ['one point missing', '{"la":57.1}', [57.1, 'no-value', undefined]],
    ['null', '{"la":null,"s":0}', ['no-value', 'normal', undefined]],
    ['out of range', '{"la":200,"s":0}', ['out-of-range', 'normal', undefined]],
    ['text for a number', '{"la":"loud","s":0}', ['not-a-number', 'normal', undefined]],
    ['an object for a number', '{"la":{},"s":[]}', ['payload', 'payload', undefined]],
    ['none of the points', '{"battery":3}', ['no-value', 'no-value', 'no-points']],
    ['a list', '[1,2]', ['no-value', 'no-value', 'no-points']],
    ['not JSON', '{la:57}', ['payload', 'payload', 'payload']],
    ['nothing', '', ['payload', 'payload', 'payload']],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]), ['payload', 'payload', 'payload']],
    ['nested too deep', `${'['.repeat(33)}${']'.repeat(33)}`, ['payload', 'payload', 'payload']],
    [
      'brackets in a text are not nesting',
      JSON.stringify({ la: 57, s: 0, t: `\\"${'['.repeat(99)}` }),
      [57, 'normal', undefined],
    ],
    ['a time that is none', '{"la":57,"s":0,"ts":"yesterday"}', [57, 'normal', 'device-time']],
  ])('%s', (_, payload, expected) => {
    expect(brief(readPayload(map, bytes(payload), false))).toEqual(expected);
  });

  test('60,000 opening brackets are refused without a deep call', () => {
    expect(readPayload(scalar, bytes('['.repeat(60_000)), false).flaw).toBe('payload');
  });

  test('a plain number with the path $', () => {
    expect(brief(readPayload(scalar, bytes('23.5'), false))).toEqual([23.5, undefined]);
  });

  test('below its own topic only the points that are there are read', () => {
    expect(brief(readPayload(map, bytes('{"la":57}'), true))).toEqual([57, undefined]);
    expect(brief(readPayload(map, bytes('{"rssi":-70}'), true))).toEqual(['no-points']);
    expect(brief(readPayload(map, bytes('hello'), true))).toEqual(['payload']);
  });

  test('the device’s own time goes with each value', () => {
    const { readings } = readPayload(map, bytes('{"la":57,"s":0,"ts":1784125800}'), false);
    expect(readings.map(({ deviceAt }) => deviceAt)).toEqual([1784125800000, 1784125800000]);
  });
});

test.each([
  ['2026-07-15T22:30:00+08:00', Date.UTC(2026, 6, 15, 14, 30)],
  ['2026-07-15T14:30:00.250Z', Date.UTC(2026, 6, 15, 14, 30, 0, 250)],
  ['2026-07-15 22:30:00+0800', Date.UTC(2026, 6, 15, 14, 30)],
  [1784125800, 1784125800000],
  [1784125800.5, 1784125800500],
  [1784125800000, 1784125800000],
  ['2026-07-15T22:30:00', undefined],
  ['1784125800', undefined],
  ['2026-13-45T22:30:00Z', undefined],
  [0, undefined],
  [Number.NaN, undefined],
  [9e15, undefined],
  [true, undefined],
  [null, undefined],
])('device time %o is %o', (value, expected) => {
  expect(parseDeviceTime(value)).toBe(expected);
});
