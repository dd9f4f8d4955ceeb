import { expect, test } from 'vitest';
import type { Action } from '../../../gateway/alarms/action.ts';
import type { Alarm } from '../../../gateway/alarms/alarm.ts';
import { MOST_LINKS, ResponderLinks } from '../../../gateway/duty/responder-links.ts';
import type { AuditLine } from '../../../gateway/ledger/accounts.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { fakeAlarm } from '../../tools/fake-context.ts';
import { aPeople } from '../notify/a-roll.ts';

const HOUR = 3_600_000;
const sent = (stage: NonNullable<Alarm['response']>['stage'] = 'dispatched'): Alarm =>
  fakeAlarm({
    response: { plan: 'flood', level: 'red', stage, to: '排水班', firstTier: 1, clocks: [], paused: null, done: {} },
  });

function someLinks(saved = new Map<string, object>()) {
  const state = { alarm: sent() as Alarm | null };
  const acted: Action[] = [];
  const audited: AuditLine[] = [];
  const clock = new FakeClock(1_000_000);
  const links = new ResponderLinks({
    ...{ saved, clock, wire: clock },
    async keep(states) {
      for (const { key, state: kept } of states) {
        if (kept === null) saved.delete(key);
        else saved.set(key, kept);
      }
      return true;
    },
    audit: (line) => audited.push(line),
    alarm: (id) => (state.alarm?.id === id ? state.alarm : null),
    contact: (id) => aPeople().contacts.find((each) => each.id === id),
    isSent: (alarm, person) => alarm.response?.to === '排水班' && person === 'pump',
    async act(action) {
      acted.push(action);
      return { status: 'done', alarm: state.alarm };
    },
    speak: () => ({ title: '题', text: '文', card: [] }),
    addPhoto: async () => 'a.jpg',
  });
  return { links, state, acted, audited, clock, saved };
}

test('a link shows its alarm and the steps that come next, and only its hash is kept', () => {
  const { links, saved } = someLinks();
  const token = links.mint(sent().id, 'pump', HOUR);
  expect(links.find(token)).toMatchObject({
    person: '孙工',
    title: '题',
    steps: ['accept', 'refuse', 'arrive', 'resolve'],
  });
  expect(JSON.stringify([...saved])).not.toContain(token);
  expect(JSON.stringify([...saved])).not.toContain('孙工');
  expect(token).toMatch(/^[A-Za-z0-9_-]{24}$/);
});

test('it outlives a restart', () => {
  const { links, saved } = someLinks();
  const token = links.mint(sent().id, 'pump', HOUR);
  expect(someLinks(saved).links.find(token)).not.toBeNull();
});

test.each<[string, string, (each: ReturnType<typeof someLinks>) => Promise<void>]>([
  ['its time is over', 'expired', async ({ clock }) => await clock.advance(HOUR)],
  [
    'its alarm is closed',
    'closed',
    async ({ state }) => {
      state.alarm = null;
    },
  ],
])('it ends when %s, and says so: %s', async (_, why, end) => {
  const parts = someLinks();
  const token = parts.links.mint(sent().id, 'pump', HOUR);
  await end(parts);
  expect(parts.links.find(token)).toBeNull();
  expect(parts.links.endOf(token)).toBe(why);
});

test('another token, or somebody who is gone from people.yaml, sees nothing', async () => {
  const { links } = someLinks();
  expect(links.find('AAAAAAAAAAAAAAAAAAAAAAAA')).toBeNull();
  expect(links.endOf('AAAAAAAAAAAAAAAAAAAAAAAA')).toBe('unknown');
  const ghost = links.mint(sent().id, 'ghost', HOUR);
  expect([links.find(ghost), links.endOf(ghost)]).toEqual([null, 'nobody']);
  await expect(links.act('AAAAAAAAAAAAAAAAAAAAAAAA', { step: 'arrive' }, '10.0.0.1')).rejects.toMatchObject({
    code: 'link-gone',
  });
});

test.each<[string, NonNullable<Alarm['response']>['to']]>([
  ['he has refused', null],
  ['others were sent', '夜巡队'],
])('when %s, his link shows the alarm and takes nothing', async (_, to) => {
  const { links, state, acted } = someLinks();
  const token = links.mint(sent().id, 'pump', HOUR);
  const { response, ...alarm } = sent();
  if (response !== undefined) state.alarm = { ...alarm, response: { ...response, to } };
  expect(links.find(token)).toMatchObject({ title: '题', steps: [], isReplaced: true });
  await expect(links.act(token, { step: 'resolve' }, '10.0.0.1')).rejects.toMatchObject({ code: 'link-gone' });
  await expect(links.photo(token, new Uint8Array(3))).rejects.toMatchObject({ code: 'link-gone' });
  expect(acted).toEqual([]);
});

test('who is called again and again has no more than three links to one alarm', () => {
  const { links, saved } = someLinks();
  const tokens = Array.from({ length: 10 }, () => links.mint(sent().id, 'pump', HOUR));
  expect(links.count).toBe(3);
  expect(saved.size).toBe(3);
  expect(tokens.map((token) => links.find(token) !== null).lastIndexOf(false)).toBe(6);
});

test('its steps are of its own alarm, by the person’s id, and in the audit trail', async () => {
  const { links, acted, audited } = someLinks();
  const token = links.mint(sent().id, 'pump', HOUR);
  await links.act(token, { step: 'arrive', note: '已封闭', at: [120.7, 30.7], photo: 'a.jpg' }, '10.0.0.1');
  expect(acted).toEqual([
    { kind: 'arrive', alarm: sent().id, by: 'pump', note: '已封闭', at: [120.7, 30.7], photo: 'a.jpg' },
  ]);
  expect(audited).toMatchObject([{ who: 'pump', what: 'link-used', from: '10.0.0.1', detail: { step: 'arrive' } }]);
});

test('links are bounded', async () => {
  const { links, clock } = someLinks();
  const first = links.mint(sent().id, 'pump', HOUR);
  for (let i = 0; i < MOST_LINKS + 10; i++) links.mint(sent().id, `crew-${i}`, 2 * HOUR);
  expect(links.count).toBe(MOST_LINKS);
  expect(links.find(first)).toBeNull();
  await clock.advance(3 * HOUR);
  links.mint(sent().id, 'pump', HOUR);
  expect(links.count).toBe(1);
});
