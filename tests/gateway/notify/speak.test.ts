import { expect, test } from 'vitest';
import { wanted } from '../../../gateway/notify/call.ts';
import { channels } from '../../../gateway/notify/channels/index.ts';
import { type Around, speak } from '../../../gateway/notify/speak.ts';
import type { ToldEvent } from '../../../gateway/notify/told-events.ts';
import { answered, aRoll, at, someData } from './a-roll.ts';

const around: Around = { ...aRoll(), points: [], card: () => [], permitTo: () => null, levelOf: () => 'red' };
const told = (type: string, data: object): ToldEvent => ({
  ...{ sequence: 7, type: `city.gengfu.${type}`, subject: 'water-02', time: '2026-07-15T21:40:00.000+08:00' },
  data: { ...data },
});
const toDesk = wanted(
  { to: { kind: 'group', id: 'desk' }, channels: ['x'], step: 'raised', tier: 1, urgent: false, notBefore: null },
  ...([7, '0199', at('21:40:00')] as const),
);
const say = (kind: string, event: ToldEvent) =>
  speak(
    toDesk,
    event,
    around,
    channels.find((each) => each.kind === kind),
  )?.message;

test.each<[string, string, object, string | null]>([
  [
    'one alarm that returns while another stands',
    'alarm.returned',
    someData({ level: null, condition: 'normal' }),
    null,
  ],
  ['an incident', 'incident.opened', { level: 'orange', count: 11 }, null],
  ['a lower one that comes', 'alarm.raised', someData({ level: 'blue' }), 'blue'],
])('a board is given how things stand, others what has changed: %s', (_, type, data, changed) => {
  expect(say('led-board', told(type, data))?.level).toBe('red');
  expect(say('dingtalk', told(type, data))?.level).toBe(changed);
});

test('a group is told that somebody was sent, and no person by name; of a team the name', () => {
  const sent = (to: string) =>
    say('dingtalk', told('alarm.dispatched', someData({ response: answered({ to }) })))?.text;
  expect(sent('李娜')).toContain('已派：李*');
  expect(sent('chen')).toContain('已派：c*');
  expect(sent('排水班')).toContain('已派：排水班');
});
