import { expect, test } from 'vitest';
import { type Action, action, type Receipt } from '../../gateway/alarms/action.ts';
import { KeptClock } from '../../gateway/time/kept-clock.ts';
import { ACTION_COMMANDS, type Commanded, upstreamCommands } from '../../gateway/upstream-commands.ts';
import { FakeClock } from '../tools/fake-clock.ts';
import { fakeAlarm } from '../tools/fake-context.ts';

const DONE: Receipt = { status: 'done', alarm: fakeAlarm() };

function open(clock: Commanded['clock'] = undefined) {
  const acted: Action[] = [];
  const act = async (one: Action) => {
    acted.push(one);
    return DONE;
  };
  const permits: Commanded['permits'] = {
    find: () => {
      throw new Error('not asked for');
    },
    change: async () => ({ status: 'done', changed: [], unchanged: [], warnings: [] }),
  };
  return { acted, commands: upstreamCommands({ permits, act, clock }, 'city') };
}
const clockFrom = (...sources: ('platform' | 'modem')[]) =>
  new KeptClock(new FakeClock(), { trust: () => 'unknown', stepped: async () => {} }, sources);

test('each kind of action is a command', () => {
  const kinds = action.options.map(({ shape }) => shape.kind.value).toSorted();
  expect(ACTION_COMMANDS.toSorted()).toEqual(kinds);
  expect(Object.keys(open().commands).toSorted()).toEqual([...kinds, 'permit'].toSorted());
});

test.each<[string, string, unknown, object]>([
  [
    'acknowledged by the upstream',
    'acknowledge',
    { alarm: 'r@d/p', note: 'seen' },
    { kind: 'acknowledge', note: 'seen' },
  ],
  ['shelved', 'shelve', { alarm: 'r@d/p', note: 'known', forMs: 1 }, { kind: 'shelve', once: false }],
  ['sent', 'dispatch', { alarm: 'r@d/p', to: 'team-1' }, { kind: 'dispatch', to: 'team-1' }],
  ['of the kind that its name says', 'note', { kind: 'reset', alarm: 'r@d/p', note: 'x' }, { kind: 'note' }],
])('%s', async (_says, name, payload, wanted) => {
  const { acted, commands } = open();
  const reply = await commands[name]?.(payload);
  expect(acted).toEqual([expect.objectContaining({ ...wanted, by: 'city' })]);
  expect(reply).toEqual({ status: 'done', alarm: fakeAlarm().id });
});

test.each<[string, unknown, RegExp]>([
  ['nothing', null, /alarm/],
  ['a text', 'r@d/p', /kind/],
  ['without its reason', { alarm: 'r@d/p' }, /^note:/],
  ['with what it does not know', { alarm: 'r@d/p', note: 'x', colour: 'red' }, /colour/],
  ['in the name of another', { alarm: 'r@d/p', note: 'x', by: 'Li' }, /^by:/],
])('%s is refused, and nothing is done', async (_says, payload, message) => {
  const { acted, commands } = open();
  const reply = await commands.shelve?.(payload);
  expect(acted).toEqual([]);
  expect(reply).toMatchObject({ status: 'refused', code: 'invalid', message: expect.stringMatching(message) });
});

test('a permit that is not right is refused', async () => {
  expect(await open().commands.permit?.({})).toMatchObject({ status: 'refused' });
});

test('the time is a command only where the site takes it from its platform', () => {
  expect(Object.keys(open(clockFrom('platform')).commands)).toContain('time');
  expect(Object.keys(open(clockFrom('modem')).commands)).not.toContain('time');
  expect(Object.keys(open().commands)).not.toContain('time');
});

test('what the time was asked with is known to the next command of it', async () => {
  const { time } = open(clockFrom('platform')).commands;
  const asked = await time?.({ at: 1_780_000_000_000 });
  expect(asked).toMatchObject({ status: 'ask' });
  const { nonce } = asked as { nonce: string };
  expect(await time?.({ at: 1_780_000_000_000, nonce })).not.toMatchObject({ status: 'ask' });
});
