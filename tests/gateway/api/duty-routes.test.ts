import { expect, test } from 'vitest';
import type { LinkView } from '../../../gateway/api/link-desk.ts';
import { fakeAlarm, fakeContext } from '../../tools/fake-context.ts';
import { apiUnderTest } from './api-under-test.ts';

const TOKEN = 'AAAAAAAAAAAAAAAAAAAAAAAA';
const OLD = 'OOOOOOOOOOOOOOOOOOOOOOOO';

test('who is on duty is for everybody signed in; changing it is for duty', async () => {
  await using api = await apiUnderTest();
  expect((await api.ask({ url: '/api/v1/duty' })).statusCode).toBe(401);
  expect((await api.ask({ url: '/api/v1/duty', as: 'viewer' })).json()).toMatchObject({
    mode: 'routine',
    duty: [{ id: 'li', name: '李娜' }],
  });
  for (const as of ['viewer', 'responder', 'installer'] as const) {
    expect(
      (await api.ask({ method: 'POST', url: '/api/v1/duty/mode', as, body: { mode: 'I', note: '暴雨' } })).statusCode,
    ).toBe(403);
  }
});

test('hand-over, mode and log, in the audit trail', async () => {
  await using api = await apiUnderTest();
  const post = async (url: string, body: object) => {
    const { statusCode, json } = await api.ask({ method: 'POST', url, as: 'duty', body });
    return [statusCode, json()];
  };
  expect(await post('/api/v1/duty/hand-over', { to: ['wang'], note: '无' })).toMatchObject([
    200,
    { kind: 'hand-over', by: 'some-duty', handOver: { to: ['wang'] } },
  ]);
  expect(await post('/api/v1/duty/hand-over', { to: ['nobody'] })).toMatchObject([422, { code: 'duty-unknown' }]);
  expect(await post('/api/v1/duty/mode', { mode: 'II', note: '区防指命令' })).toEqual([200, { status: 'done' }]);
  expect(await post('/api/v1/duty/mode', { mode: 'VI', note: '?' })).toMatchObject([400, {}]);
  expect(await post('/api/v1/duty/log', { kind: 'first', came: 'call', from: '王先生', text: '积水' })).toMatchObject([
    200,
    { number: 2, kind: 'first' },
  ]);
  const { entries } = (await api.ask({ url: '/api/v1/duty/log', as: 'viewer' })).json();
  expect(entries).toHaveLength(2);
  expect(api.context.accounts.lines.map(({ what }) => what)).toEqual(['duty-handed-over', 'duty-mode', 'duty-logged']);
});

test('cases and cards', async () => {
  await using api = await apiUnderTest();
  const { cases } = (await api.ask({ url: '/api/v1/cases', as: 'viewer' })).json();
  expect(cases).toMatchObject([{ state: 'received', alarms: [{ id: fakeAlarm().id }] }]);
  expect((await api.ask({ url: '/api/v1/cases?state=closed', as: 'viewer' })).json()).toEqual({ cases: [] });
  expect((await api.ask({ url: `/api/v1/alarms/${fakeAlarm().id}/cards`, as: 'viewer' })).json()).toMatchObject({
    cards: [{ id: 'c' }],
  });
  expect(
    (await api.ask({ url: '/api/v1/alarms/019f6b2c-0000-7000-8000-0000000000ff/cards', as: 'viewer' })).statusCode,
  ).toBe(404);
});

const VIEW: LinkView = {
  ...{
    person: '孙工',
    language: 'zh',
    title: '【红色】<南溪路>',
    text: '积水 30 cm',
    card: ['拉警戒 & 绕行'],
    steps: ['accept', 'arrive'],
  },
  ...{ stage: 'dispatched', isReplaced: false, closed: false, expiresAt: 2, alarm: fakeAlarm() },
};

function withLink() {
  const context = fakeContext();
  const answers: object[] = [];
  const responders = {
    find: (token: string) => (token === TOKEN ? VIEW : null),
    endOf: (token: string) => (token === OLD ? ('expired' as const) : ('unknown' as const)),
    async act(_token: string, answer: object, from: string) {
      answers.push({ ...answer, from });
      return { status: 'done' as const, alarm: fakeAlarm() };
    },
    photo: async () => 'a.jpg',
  };
  return { context: { ...context, responders }, answers };
}

test('a one-time link needs no sign-in, and shows and does what it may', async () => {
  const { context, answers } = withLink();
  await using api = await apiUnderTest(context);
  const url = `/api/v1/response/${TOKEN}`;
  const seen = (await api.ask({ url })).json();
  expect(seen).toMatchObject({ title: '【红色】<南溪路>', steps: ['accept', 'arrive'], stage: 'dispatched' });
  // Nothing of the alarm or the person beyond what he is told.
  expect(Object.keys(seen).sort()).toEqual(['card', 'expiresAt', 'language', 'stage', 'steps', 'text', 'title']);
  expect((await api.ask({ method: 'POST', url, body: { step: 'arrive', at: [120.7, 30.7] } })).json()).toEqual({
    status: 'done',
  });
  expect((await api.ask({ method: 'POST', url, body: { step: 'acknowledge' } })).statusCode).toBe(400);
  expect((await api.ask({ url: `/api/v1/response/${'B'.repeat(24)}` })).json()).toMatchObject({
    code: 'link-gone',
    status: 410,
  });
  expect(answers).toEqual([{ step: 'arrive', at: [120.7, 30.7], from: '10.0.0.9' }]);
});

test('its page works without a script, escapes what it shows, and is not kept', async () => {
  const { context, answers } = withLink();
  await using api = await apiUnderTest(context);
  const page = await api.app.inject({ url: `/r/${TOKEN}` });
  expect(page.body).toContain('<h1>【红色】&#60;南溪路&#62;</h1>');
  expect(page.body).toContain('拉警戒 &#38; 绕行');
  // One script, of the gateway's own: what is shown never becomes one.
  expect(page.body.match(/<script/g)).toHaveLength(1);
  expect(page.body).toContain('<script src="/r/page.js" defer></script>');
  expect(page.headers['cache-control']).toBe('no-store');
  expect(page.headers['referrer-policy']).toBe('no-referrer');
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const done = await api.app.inject({
    method: 'POST',
    url: `/r/${TOKEN}`,
    headers,
    payload: 'step=arrive&note=%E5%B7%B2%E5%B0%81%E9%97%AD',
  });
  expect([done.statusCode, done.body.includes('已记录')]).toEqual([200, true]);
  expect(answers).toMatchObject([{ step: 'arrive', note: '已封闭' }]);
  const refused = await api.app.inject({ method: 'POST', url: `/r/${TOKEN}`, headers, payload: 'step=refuse&note=' });
  expect(refused.statusCode).toBe(422);
  const gone = await api.app.inject({ url: '/r/nothing' });
  expect([gone.statusCode, gone.body.includes('此链接无效'), gone.body.includes('not valid')]).toEqual([
    410,
    true,
    true,
  ]);
  const old = await api.app.inject({ url: `/r/${OLD}` });
  expect([old.statusCode, old.body.includes('已过期'), old.body.includes('too old')]).toEqual([410, true, true]);
  expect((await api.app.inject({ method: 'POST', url: `/r/${OLD}`, headers, payload: 'step=arrive' })).body).toContain(
    '已过期',
  );
});

test('who tries tokens is stopped', async () => {
  const { context } = withLink();
  await using api = await apiUnderTest(context);
  const codes: number[] = [];
  for (let i = 0; i < 40; i++) codes.push((await api.app.inject({ url: `/r/${'C'.repeat(24)}` })).statusCode);
  expect([codes.filter((code) => code === 410).length, codes.filter((code) => code === 429).length]).toEqual([30, 10]);
});
