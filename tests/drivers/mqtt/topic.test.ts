import { expect, test } from 'vitest';
import { mayPublish, maySubscribe, topicFlaw } from '../../../drivers/mqtt/topic.ts';

test.each([
  ['sensors/smoke-12', true, true],
  ['sensors/smoke-12/up', true, true],
  ['sensors/smoke-12/a/b', true, true],
  ['sensors/smoke-12/#', false, true],
  ['sensors/smoke-12/+/set', false, true],
  ['sensors/smoke-123', false, false],
  ['sensors/smoke-1', false, false],
  ['sensors', false, false],
  ['sensors/+', false, false],
  ['sensors/#', false, false],
  ['+/smoke-12', false, false],
  ['#', false, false],
  ['$SYS/x', false, false],
  ['$SYS/#', false, false],
  ['Sensors/smoke-12', false, false],
  ['/sensors/smoke-12', false, false],
  ['$share/g/sensors/smoke-12', false, false],
])('%s: publish %o, subscribe %o', (topic, publish, subscribe) => {
  expect(mayPublish('sensors/smoke-12', topic)).toBe(publish);
  expect(maySubscribe('sensors/smoke-12', topic)).toBe(subscribe);
});

test.each(['', 'a/#', '+/a', '$SYS/x', '/a', 'a/', 'a//b', 'a\u0000', 'a\nb', 'x'.repeat(257), `${'a/'.repeat(20)}a`])(
  '%o cannot be a device’s topic',
  (topic) => {
    expect(topicFlaw(topic)).toBeDefined();
  },
);

test.each(['a', 'sensors/smoke-12', '嘉兴/井盖/21', 'v1/devices/me/telemetry'])('%o can', (topic) => {
  expect(topicFlaw(topic)).toBeUndefined();
});
