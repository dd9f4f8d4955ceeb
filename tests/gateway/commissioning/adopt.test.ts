import { expect, test } from 'vitest';
import { modelQuantity } from '../../../config/model-quantity.ts';
import { fieldsOfUnknown, inOrder, proposeId } from '../../../gateway/commissioning/adopt.ts';

test.each([
  ['the first of its family', 'noise.la', [], 'noise-01'],
  [
    'after the last one, also where one before it is gone',
    'noise.la',
    ['noise-07', 'noise-11', 'smoke-30'],
    'noise-12',
  ],
  ['of a quantity that nobody knows', undefined, ['device-02'], 'device-03'],
  ['an id that only looks numbered counts for nothing', 'noise.la', ['noise-x', 'noise-1a'], 'noise-01'],
])('a new id: %s', (_, quantity, taken, id) => {
  expect(proposeId(quantity, taken)).toBe(id);
});

test.each([
  ['a gauge that looks down is water, not x, its distance', 'milesight-em310-udl', 'water.depth'],
  ['a camera that tells fire and intrusion is smoke', 'camera-isapi', 'smoke.state'],
  ['what has no quantity but its own keeps it', 'led-board-templates', expect.stringMatching(/^x\.|^output/)],
  ['no such model', 'nothing-of-the-kind', undefined],
])('what a model measures first: %s', (_, profile, quantity) => {
  expect(modelQuantity(profile, [])).toEqual(quantity);
});

test.each([
  ['an instrument', 'hj212', false, { mn: 'A1' }],
  ['a client of the broker, by its user name', 'mqtt', false, { username: 'A1' }],
  ['behind a network server', 'mqtt', true, { devEui: 'A1' }],
  ['an NB-IoT device', 'http', false, { identity: 'A1' }],
  ['a serial unit that dials in', 'modbus-dial-in', false, { registration: 'A1' }],
  ['a bus hears nobody by name', 'modbus-rtu', false, undefined],
  ['nor does a kind that is called as a field of every object is', 'constructor', false, undefined],
])('what calls itself A1 is adopted as %s', (_, kind, hasServer, fields) => {
  expect(fieldsOfUnknown(kind, 'A1', hasServer)).toEqual(fields);
});

test('fields stand in the order in which people write them, and what is not said is left out', () => {
  const given = { asset: {}, address: 3, link: 'bus', scene: undefined, id: 'a', profile: 'p', place: null };
  expect(Object.keys(inOrder(given))).toEqual(['id', 'profile', 'link', 'address', 'asset']);
});
