import { expect, test } from 'vitest';
import { actionCommands, takeAction } from '../../gateway/action-command.ts';
import { type Action, action, type Receipt } from '../../gateway/alarms/action.ts';
import { fakeAlarm } from '../tools/fake-context.ts';

const DONE: Receipt = { status: 'done', alarm: fakeAlarm() };

/** What was asked of the gateway, and how the command was answered. */
async function asked(name: string, payload: unknown, receipt: Receipt = DONE) {
  const acted: Action[] = [];
  const act = async (one: Action) => {
    acted.push(one);
    return receipt;
  };
  const reply = await actionCommands(act, 'city')[name]?.(payload);
  return { acted, reply };
}

test('each kind of action is a command', () => {
  const kinds = action.options.map(({ shape }) => shape.kind.value).toSorted();
  expect(Object.keys(actionCommands(async () => DONE, 'city')).toSorted()).toEqual(kinds);
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
  const { acted, reply } = await asked(name, payload);
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
  const { acted, reply } = await asked('shelve', payload);
  expect(acted).toEqual([]);
  expect(reply).toMatchObject({ status: 'refused', code: 'invalid', message: expect.stringMatching(message) });
});

test('a refusal is handed on with its code', async () => {
  const refused = { status: 'refused', code: 'never-shelved', message: 'smoke' } as const;
  expect(await takeAction(async () => refused, { kind: 'shelve', alarm: 'a', note: 'x' }, 'city')).toEqual(refused);
});
