import { expect, test } from 'vitest';
import type { IncidentData } from '../../../gateway/alarms/incident.ts';
import { fakeAlarm } from '../../tools/fake-context.ts';
import { apiUnderTest } from './api-under-test.ts';

const ID = fakeAlarm().id;

test('a shelf is asked for in the name of who is signed in, and is in the audit trail', async () => {
  await using api = await apiUnderTest();
  const url = `/api/v1/alarms/${ID}/shelve`;
  const answer = await api.ask({ method: 'POST', url, as: 'duty', body: { note: ' known ', forMs: 60_000, by: 'Li' } });
  expect(answer.json()).toMatchObject({ status: 'done', alarm: { id: ID } });
  const asked = { kind: 'shelve', alarm: ID, by: 'some-duty', note: 'known', forMs: 60_000, once: false };
  expect(api.context.acted).toEqual([asked]);
  expect(api.context.accounts.lines).toMatchObject([
    { who: 'some-duty', what: 'alarm-shelved', detail: { alarm: ID } },
  ]);
});

test.each([
  ['a shelf without its reason', `/api/v1/alarms/${ID}/shelve`, {}, 'invalid'],
  ['a device without an owner', '/api/v1/out-of-service', { on: 'd', note: 'x' }, 'invalid'],
  ['an action of no kind', '/api/v1/actions', { kind: 'dance', alarm: ID }, 'invalid'],
  ['an action without its fields', '/api/v1/actions', { kind: 'shelve', alarm: ID }, 'invalid'],
])('%s is refused, and nothing is done', async (_says, url, body, code) => {
  await using api = await apiUnderTest();
  const answer = await api.ask({ method: 'POST', url, as: 'admin', body });
  expect(answer.json()).toMatchObject({ code, status: 400 });
  expect(api.context.acted).toEqual([]);
});

test.each([
  ['a viewer may not acknowledge', 'viewer', 'acknowledge', {}, 403],
  ['an installer may not shelve', 'installer', 'shelve', { note: 'x' }, 403],
  ['duty may', 'duty', 'shelve', { note: 'x' }, 200],
] as const)('by the one way for all: %s', async (_says, as, kind, more, status) => {
  await using api = await apiUnderTest();
  const body = { kind, alarm: ID, ...more };
  const answer = await api.ask({ method: 'POST', url: '/api/v1/actions', as, body });
  expect(answer.statusCode).toBe(status);
});

test('alarms are listed by what keeps them from people', async () => {
  await using api = await apiUnderTest();
  const none = { shelved: null, suppressedBy: null, outOfService: null };
  api.context.open = [
    fakeAlarm({ id: `${ID.slice(0, -1)}2`, announced: { ...none, shelved: { until: 1, once: false, by: 'Li' } } }),
    fakeAlarm({ id: `${ID.slice(0, -1)}3`, announced: { ...none, suppressedBy: 'chatter' } }),
    fakeAlarm({ id: `${ID.slice(0, -1)}4`, announced: { ...none, outOfService: { owner: 'Wang', until: null } } }),
    fakeAlarm({ id: `${ID.slice(0, -1)}5`, staleAt: 1, incident: 'i' }),
  ];
  const listed: Record<string, string> = {};
  for (const only of ['shelved', 'suppressed', 'out-of-service', 'stale', 'incident', 'called']) {
    const { alarms } = (await api.ask({ url: `/api/v1/alarms?only=${only}`, as: 'viewer' })).json();
    listed[only] = alarms.map(({ id }: { id: string }) => id.at(-1)).join('');
  }
  expect(listed).toEqual({
    shelved: '2',
    suppressed: '3',
    'out-of-service': '4',
    stale: '5',
    incident: '5',
    called: '5',
  });
});

test('incidents are listed newest first, each as it was told last', async () => {
  await using api = await apiUnderTest();
  const member = {
    alarm: ID,
    subject: 'd/p/r',
    level: 'red',
    grid: null,
    at: '2026-07-15T22:00:00.000+08:00',
  } as const;
  const data = (incident: string, count: number): IncidentData => ({
    ...{ incident, count, title: { zh: '合并告警', en: 'Incident' }, level: 'red', previousLevel: null, reason: null },
    ...{ openedAt: member.at, firstOut: member, alarms: [member], clock: 'synchronised' },
    ...{ over: false, acknowledged: false, by: null, response: null },
  });
  const { ledger } = api.context;
  ledger.commit([data('i-1', 11)], 'city.gengfu.incident.opened');
  ledger.commit([data('i-1', 22)], 'city.gengfu.incident.closed');
  ledger.commit([{ ...data('i-1', 22), over: true }], 'city.gengfu.incident.escalated');
  ledger.commit([{ alarm: ID }]);
  ledger.commit([data('i-2', 11)], 'city.gengfu.incident.opened');
  const { incidents } = (await api.ask({ url: '/api/v1/incidents', as: 'viewer' })).json();
  expect(incidents).toMatchObject([
    { incident: 'i-2', count: 11, isOpen: true, firstOut: { subject: 'd/p/r' } },
    { incident: 'i-1', count: 22, isOpen: false },
  ]);
});
