import { expect, test } from 'vitest';
import { modbus } from '../../../drivers/modbus/kind.ts';
import { planPolls } from '../../../drivers/modbus/plan.ts';
import { makePoint } from './site.ts';

const NAMES = ['', 'coil', 'discrete', 'holding', 'input'];

const plan = (points: readonly string[], blocks: object = {}) => {
  const rules = modbus.profile.parse({ blocks }).blocks;
  if (rules === undefined) throw new Error('no rules');
  const made = points.map((text) => {
    const [table, address, type, every = '1000'] = text.split(' ');
    return makePoint('d', `${table} ${address} ${type}`, {}, { everyMs: Number(every) });
  });
  return planPolls(3, made, rules);
};

const show = (points: readonly string[], blocks: object = {}): string[] =>
  plan(points, blocks).flatMap(({ blocks }) =>
    blocks.map(({ request: { code, address, count }, points }) => {
      return `${NAMES[code]} ${address}+${count}: ${points.map((point) => point.source.register.address).join(' ')}`;
    }),
  );

test.each<[string, string[], object, string[]]>([
  ['one value is one request', ['holding 5 u16'], {}, ['holding 5+1: 5']],
  ['neighbours go together, whatever their order', ['holding 7 u16', 'holding 5 f32'], {}, ['holding 5+3: 5 7']],
  ['a gap of 8 is read along', ['holding 0 u16', 'holding 9 u16'], {}, ['holding 0+10: 0 9']],
  ['a gap of 9 is not', ['holding 0 u16', 'holding 10 u16'], {}, ['holding 0+1: 0', 'holding 10+1: 10']],
  [
    'no gap when the profile says so',
    ['holding 0 u16', 'holding 2 u16'],
    { gap: 0 },
    ['holding 0+1: 0', 'holding 2+1: 2'],
  ],
  [
    'tables are never mixed',
    ['holding 0 u16', 'input 0 u16', 'coil 1 bit', 'discrete 1 bit'],
    {},
    ['holding 0+1: 0', 'input 0+1: 0', 'coil 1+1: 1', 'discrete 1+1: 1'],
  ],
  [
    'no more than 125 registers',
    ['holding 0 u16', 'holding 124 u16', 'holding 125 u16'],
    { gap: 2000 },
    ['holding 0+125: 0 124', 'holding 125+1: 125'],
  ],
  [
    'a long value does not hang over the end',
    ['holding 0 u16', 'holding 124 u32'],
    { gap: 2000 },
    ['holding 0+1: 0', 'holding 124+2: 124'],
  ],
  [
    'no more than the profile says',
    ['holding 0 u16', 'holding 1 u16', 'holding 2 u16'],
    { most: 2 },
    ['holding 0+2: 0 1', 'holding 2+1: 2'],
  ],
  [
    'a value wider than the most is still read',
    ['holding 0 u64', 'holding 4 u16'],
    { most: 2 },
    ['holding 0+4: 0', 'holding 4+1: 4'],
  ],
  [
    'no more than 2000 bits',
    ['coil 0 bit', 'coil 1999 bit', 'coil 2000 bit'],
    { gap: 2000 },
    ['coil 0+2000: 0 1999', 'coil 2000+1: 2000'],
  ],
  [
    'a forbidden register is not read along',
    ['holding 0 u16', 'holding 4 u16'],
    { forbidden: [[2, 2]] },
    ['holding 0+1: 0', 'holding 4+1: 4'],
  ],
  [
    'a forbidden range beside the block does not matter',
    ['holding 0 u16', 'holding 2 u16'],
    { forbidden: [[3, 9]] },
    ['holding 0+3: 0 2'],
  ],
  [
    'forbidden in another table does not matter',
    ['holding 0 u16', 'holding 4 u16'],
    { forbidden: [[2, 2]], table: 'input' },
    ['holding 0+5: 0 4'],
  ],
  ['two values of one register are one read', ['holding 0 u16', 'holding 0 u16'], {}, ['holding 0+1: 0 0']],
  [
    'a short value within a long one does not shorten the block',
    ['holding 0 u64', 'holding 1 u16', 'holding 4 u16'],
    {},
    ['holding 0+5: 0 1 4'],
  ],
])('%s', (_, points, blocks, expected) => {
  expect(show(points, blocks)).toEqual(expected);
});

test('points of different periods are planned apart', () => {
  const plans = plan(['holding 0 u16 1000', 'holding 1 u16 5000', 'holding 2 u16 1000']);
  expect(plans.map(({ everyMs, blocks }) => [everyMs, blocks.map(({ request }) => request.count)])).toEqual([
    [1000, [3]],
    [5000, [1]],
  ]);
});

test.each([
  [['holding 0 u16'], 2, 'one register can only be asked again'],
  [['holding 0 u16', 'holding 1 u16'], 2, 'one register fewer'],
  [['coil 0 bit', 'coil 7 bit'], 1, 'eight bits are one byte, as few as can be'],
  [['coil 0 bit', 'coil 8 bit'], 1, 'nine bits: one byte fewer'],
])('the greeting for %j holds %d bytes of data: %s', (points, bytes) => {
  const [first] = plan(points);
  expect(first?.greeting.dataBytes).toBe(bytes);
  expect(first?.greeting.address).toBe(0);
});
