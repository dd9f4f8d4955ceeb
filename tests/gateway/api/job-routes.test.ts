import { expect, test } from 'vitest';
import { apiUnderTest } from './api-under-test.ts';

const SCAN = { kind: 'scan', link: 'bus-1', units: [1, 2] };

test('an installer begins a job, sees what it says, and stops it; both stand in the audit trail', async () => {
  await using api = await apiUnderTest();
  const begun = await api.ask({ method: 'POST', url: '/api/v1/jobs', body: SCAN, as: 'installer' });
  expect([begun.statusCode, begun.json()]).toMatchObject([
    201,
    { id: 'job-1', state: 'running', by: 'some-installer' },
  ]);
  expect(api.context.jobs.wishes).toEqual([{ ...SCAN, isFast: false }]);
  expect((await api.ask({ url: '/api/v1/jobs', as: 'admin' })).json()).toHaveLength(1);
  const one = await api.ask({ url: '/api/v1/jobs/job-1?after=6', as: 'installer' });
  expect(one.json()).toMatchObject({ id: 'job-1', news: [{ number: 7, is: 'found' }] });
  const stopped = await api.ask({ method: 'POST', url: '/api/v1/jobs/job-1/stop', as: 'admin' });
  expect(stopped.json()).toMatchObject({ state: 'stopped' });
  expect(api.context.accounts.lines.map(({ who, what }) => `${who} ${what}`)).toEqual([
    'some-installer job-started',
    'some-admin job-stopped',
  ]);
});

test.each([
  ['a link that somebody has', { ...SCAN, link: 'taken' }, 409, 'link-busy'],
  ['a kind that is none', { kind: 'melt', link: 'bus-1' }, 400, 'invalid'],
  ['a unit that is none', { ...SCAN, units: [300] }, 400, 'invalid'],
  ['more than was asked for', { ...SCAN, secret: 1 }, 400, 'invalid'],
] as const)('%s: a clear answer', async (_, body, status, code) => {
  await using api = await apiUnderTest();
  api.context.jobs.taken.set('taken', 'li');
  const answer = await api.ask({ method: 'POST', url: '/api/v1/jobs', body, as: 'installer' });
  expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
});

test('who is neither installer nor admin may not, and there may be none of that name', async () => {
  await using api = await apiUnderTest();
  for (const as of ['viewer', 'duty', 'responder'] as const) {
    expect((await api.ask({ method: 'POST', url: '/api/v1/jobs', body: SCAN, as })).statusCode).toBe(403);
  }
  expect((await api.ask({ url: '/api/v1/jobs/none', as: 'admin' })).json().code).toBe('no-such-job');
});
