import { expect, test } from 'vitest';
import { API_FAULTS } from '../../../gateway/api/faults.ts';
import { Fault } from '../../../gateway/kit/fault.ts';
import { type Asked, apiUnderTest } from './api-under-test.ts';

const NOTE = '/api/v1/alarms/019f6b2c-0000-7000-8000-000000000001/note';

const BAD: readonly [sentence: string, asked: Asked, status: number, code: string][] = [
  ['broken JSON', { method: 'POST', url: NOTE, body: '{"note":' }, 400, 'invalid'],
  ['no body at all', { method: 'POST', url: NOTE, body: '' }, 400, 'invalid'],
  ['a body that poisons prototypes', { method: 'POST', url: NOTE, body: '{"__proto__":{"a":1}}' }, 400, 'invalid'],
  ['a field that is missing', { method: 'POST', url: NOTE, body: {} }, 400, 'invalid'],
  ['a field of the wrong type', { method: 'POST', url: NOTE, body: { note: 7 } }, 400, 'invalid'],
  ['a note of blanks', { method: 'POST', url: NOTE, body: { note: '  ' } }, 400, 'invalid'],
  ['a body too large', { method: 'POST', url: NOTE, body: { note: 'x'.repeat(20_000) } }, 413, 'too-large'],
  ['an unknown state in a query', { url: '/api/v1/alarms?state=asleep' }, 400, 'invalid'],
  ['a limit that is no number', { url: '/api/v1/alarms?limit=many' }, 400, 'invalid'],
  ['a limit over the bound', { url: '/api/v1/events?limit=100000' }, 400, 'invalid'],
  ['an alarm id that is none', { url: '/api/v1/alarms/x' }, 400, 'invalid'],
  ['a series that ends before it begins', { url: '/api/v1/points/noise-07/la/series?from=2&to=1' }, 400, 'invalid'],
  ['an unknown point', { url: '/api/v1/points/noise-07/nothing/series' }, 404, 'no-such-point'],
  ['a broken escape in a path', { url: '/api/v1/points/%E0%A4%A/la/series' }, 400, 'invalid'],
  ['an unknown route', { url: '/api/v1/nothing' }, 404, 'no-such-route'],
  ['an unknown route outside the API', { url: '/nothing.js' }, 404, 'no-such-route'],
  ['a method that a route does not have', { method: 'DELETE', url: '/api/v1/alarms' }, 404, 'no-such-route'],
  ['a way out of the page’s directory', { url: '/assets/..%2f..%2fpackage.json' }, 400, 'invalid'],
];

test.each(BAD)('%s is answered with a problem document', async (_sentence, asked, status, code) => {
  await using api = await apiUnderTest();
  const answer = await api.ask({ as: 'admin', ...asked });
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  const problem = answer.json();
  expect([answer.statusCode, problem.status, problem.code]).toEqual([status, status, code]);
  expect(problem.type).toBe(`tag:gengfu.city,2026:problem:${code}`);
  expect(problem.title).toBe(API_FAULTS[code as keyof typeof API_FAULTS][1]);
  expect(problem.detail).toEqual(expect.any(String));
});

test('what is wrong is told by its place, without what was sent', async () => {
  await using api = await apiUnderTest();
  const body = { current: 'my-present-secret', next: 'short' };
  const answer = await api.ask({ method: 'POST', url: '/api/v1/password', as: 'duty', body });
  expect(answer.json().errors).toEqual([{ path: 'body/next', message: expect.any(String) }]);
  expect(answer.body).not.toContain('my-present-secret');
  expect(answer.body).not.toContain('short"');
});

test('a mistake of ours shows nothing of what is inside, and is logged', async () => {
  await using api = await apiUnderTest();
  const logged: object[] = [];
  Object.assign(api.context.log, { error: (nouns: object) => logged.push(nouns) });
  api.context.accounts.down = new Error('no column passwordHash in /var/lib/gengfu');
  const answer = await api.ask({ url: '/api/v1/users', as: 'admin' });
  expect([answer.statusCode, answer.json().code]).toEqual([500, 'internal']);
  expect(answer.body).not.toContain('/var/lib');
  expect(logged).toEqual([expect.objectContaining({ error: expect.stringContaining('no column') })]);
});

test('a part that does not answer is told with its hint', async () => {
  await using api = await apiUnderTest();
  const failing = async () => {
    throw new Fault('history-io', 'the disk reports an error', { hint: 'replace the card' });
  };
  Object.assign(api.context.history, { series: failing });
  const answer = await api.ask({ url: '/api/v1/points/noise-07/la/series', as: 'viewer' });
  expect([answer.statusCode, answer.json()]).toEqual([
    503,
    expect.objectContaining({ code: 'unavailable', detail: 'the disk reports an error', hint: 'replace the card' }),
  ]);
});
