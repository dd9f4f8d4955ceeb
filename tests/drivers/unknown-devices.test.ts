import { expect, test } from 'vitest';
import { UnknownDevices } from '../../drivers/unknown-devices.ts';

test('who speaks and is no device of the site is told with how often, the latest first', () => {
  const unknown = new UnknownDevices();
  unknown.hear('a', 1000, { from: '10.0.0.1:4000', sample: '{"v":1}' });
  unknown.hear('b', 1005);
  unknown.hear('a', 1010, { from: '10.0.0.1:4001', sample: '{"v":2}' });
  expect(unknown.list()).toEqual([
    { id: 'a', from: '10.0.0.1:4001', firstAt: 1000, lastAt: 1010, count: 2, sample: '{"v":2}' },
    { id: 'b', firstAt: 1005, lastAt: 1005, count: 1 },
  ]);
});

test('of more than a hundred those unheard longest go', () => {
  const unknown = new UnknownDevices();
  for (let n = 0; n < 1000; n++) unknown.hear(`id-${n}`, n);
  expect(unknown.list()).toHaveLength(100);
  expect(unknown.list()[0]?.id).toBe('id-999');
});

test('what it calls itself and what it sent are printable and short', () => {
  const unknown = new UnknownDevices();
  unknown.hear(`\u001b[31m\u202e${'x'.repeat(500)}`, 0, { sample: `中文 ok\n\0${'y'.repeat(500)}` });
  const [only] = unknown.list();
  expect(only?.id).toMatch(/^·\[31m·x{58}$/);
  expect(only?.sample).toMatch(/^中文 ok··y{193}$/);
});

test('one that is a device of the site from now on is told no more, by its whole name', () => {
  const unknown = new UnknownDevices();
  const long = `868508061924513 ${'x'.repeat(100)}`;
  for (const name of ['a', long]) unknown.hear(name, 0);
  for (const name of ['b', long]) unknown.forget(name);
  expect(unknown.list()).toMatchObject([{ id: 'a' }]);
});
