import { expect, test } from 'vitest';
import { fakeAlarm } from '../../tools/fake-context.ts';
import { type ApiUnderTest, apiUnderTest } from './api-under-test.ts';

const OPEN = fakeAlarm();
const EARLIER = fakeAlarm({ id: '019f6b2c-0000-7000-8000-000000000000', raisedAt: OPEN.raisedAt - 1 });
const CLOSED = fakeAlarm({
  id: '019f6b2c-0000-7000-8000-00000000000c',
  condition: 'normal',
  acknowledged: true,
  closedAt: OPEN.raisedAt,
});

async function withAlarms(): Promise<ApiUnderTest> {
  const api = await apiUnderTest();
  api.context.open = [EARLIER, OPEN];
  api.context.ledger.closed.push(CLOSED);
  return api;
}

test('open alarms are listed newest first, with their state by ISA-18.2', async () => {
  await using api = await withAlarms();
  const answer = await api.ask({ url: '/api/v1/alarms', as: 'viewer' });
  expect(answer.json()).toEqual({ alarms: [OPEN, EARLIER].map((alarm) => ({ ...alarm, state: 'UNACK' })) });
  const closed = await api.ask({ url: '/api/v1/alarms?state=closed&limit=5', as: 'viewer' });
  expect(closed.json()).toEqual({ alarms: [{ ...CLOSED, state: 'NORM' }] });
  const one = await api.ask({ url: '/api/v1/alarms?limit=1', as: 'viewer' });
  expect(one.json().alarms.map(({ id }: { id: string }) => id)).toEqual([OPEN.id]);
});

test('an alarm comes with its own events only, oldest first, over as many pages as it takes', async () => {
  await using api = await withAlarms();
  const { ledger } = api.context;
  ledger.commit([{ alarm: CLOSED.id, again: false }]);
  ledger.commit([{ alarm: OPEN.id, again: false }]);
  ledger.commit(Array.from({ length: 1200 }, () => ({ alarm: 'another', follows: OPEN.id })));
  ledger.commit([{ alarm: OPEN.id }], 'city.gengfu.alarm.acknowledged');
  const answer = (await api.ask({ url: `/api/v1/alarms/${OPEN.id}`, as: 'viewer' })).json();
  expect(answer.alarm.id).toBe(OPEN.id);
  expect(answer.events.map(({ sequence }: { sequence: string }) => sequence)).toEqual(['2', '1203']);
  expect(answer.complete).toBe(true);
});

test('an alarm older than what is looked through says that events are missing', async () => {
  await using api = await withAlarms();
  const { ledger } = api.context;
  ledger.commit([{ alarm: CLOSED.id, again: false }]);
  ledger.commit(Array.from({ length: 6000 }, () => ({ alarm: 'another' })));
  ledger.commit([{ alarm: CLOSED.id }], 'city.gengfu.alarm.closed');
  const answer = (await api.ask({ url: `/api/v1/alarms/${CLOSED.id}`, as: 'viewer' })).json();
  expect(answer.events).toHaveLength(1);
  expect(answer.complete).toBe(false);
  expect(ledger.reads).toBe(10);
});

test('acknowledging hands on who did it, and is in the audit trail', async () => {
  await using api = await withAlarms();
  const url = `/api/v1/alarms/${OPEN.id}/acknowledge`;
  const answer = await api.ask({ method: 'POST', url, as: 'duty', body: { note: ' on my way ' } });
  expect(answer.json()).toMatchObject({ status: 'done', alarm: { id: OPEN.id, state: 'ACKED' } });
  expect(api.context.acted).toEqual([{ kind: 'acknowledge', alarm: OPEN.id, by: 'some-duty', note: 'on my way' }]);
  expect(api.context.accounts.lines).toMatchObject([
    { who: 'some-duty', what: 'alarm-acknowledged', detail: { alarm: OPEN.id } },
  ]);
});

test('who acts is the session’s account, whatever the body says', async () => {
  await using api = await withAlarms();
  const url = `/api/v1/alarms/${OPEN.id}/note`;
  await api.ask({ method: 'POST', url, as: 'duty', body: { note: 'x', by: 'the-mayor' } });
  expect(api.context.acted).toEqual([{ kind: 'note', alarm: OPEN.id, by: 'some-duty', note: 'x' }]);
});

const REFUSALS = [
  ['no-such-alarm', 404],
  ['closed', 409],
  ['not-durable', 503],
] as const;

test.each(REFUSALS)(
  'refused as %s is answered with %i, and is not in the audit trail as done',
  async (code, status) => {
    await using api = await withAlarms();
    api.context.refuse = { code, message: 'the reason' };
    const url = `/api/v1/alarms/${OPEN.id}/acknowledge`;
    const answer = await api.ask({ method: 'POST', url, as: 'duty' });
    expect([answer.statusCode, answer.json()]).toEqual([
      status,
      expect.objectContaining({ code, detail: 'the reason' }),
    ]);
    expect(api.context.accounts.lines).toEqual([]);
  },
);

test('an alarm that is neither open nor among the closed is not found', async () => {
  await using api = await withAlarms();
  const answer = await api.ask({ url: '/api/v1/alarms/019f6b2c-0000-7000-8000-0000000000ff', as: 'viewer' });
  expect([answer.statusCode, answer.json().code]).toEqual([404, 'no-such-alarm']);
});

test('the picture of an alarm is the last that its device sent at its raising or before', async () => {
  await using api = await withAlarms();
  const { pictures } = api.context;
  const url = `/api/v1/alarms/${OPEN.id}/picture`;
  const none = await api.ask({ url, as: 'viewer' });
  expect([none.statusCode, none.json().code]).toEqual([404, 'no-picture']);
  expect((await api.ask({ url: `/api/v1/alarms/${OPEN.id}`, as: 'viewer' })).json().pictureAt).toBeNull();
  const bytes = Buffer.from('ffd8ff00', 'hex');
  const { device } = OPEN.watch;
  for (const at of [OPEN.raisedAt - 5000, OPEN.raisedAt - 1000, OPEN.raisedAt + 1]) {
    pictures.push({ device, type: 'image/jpeg', at, bytes: Buffer.concat([bytes, Buffer.from([at & 255])]) });
  }
  pictures.push({ device: 'another', type: 'image/png', at: OPEN.raisedAt, bytes });
  const answer = await api.ask({ url, as: 'viewer' });
  expect(answer.statusCode).toBe(200);
  expect(answer.headers).toMatchObject({
    'content-type': 'image/jpeg',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'last-modified': new Date(OPEN.raisedAt - 1000).toUTCString(),
  });
  expect(answer.rawPayload).toEqual(Buffer.from(pictures[1]?.bytes ?? []));
  const detail = (await api.ask({ url: `/api/v1/alarms/${OPEN.id}`, as: 'viewer' })).json();
  expect(detail.pictureAt).toBe(OPEN.raisedAt - 1000);
  expect((await api.ask({ url })).statusCode).toBe(401);
});
