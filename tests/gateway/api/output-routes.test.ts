import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { outputShape } from '../../../gateway/api/shapes.ts';
import type { Role } from '../../../gateway/ledger/accounts.ts';
import { apiUnderTest } from './api-under-test.ts';

const api = await apiUnderTest();
afterAll(() => api[Symbol.asyncDispose]());

const post = (as: Role, url: string, body: object) => api.ask({ method: 'POST', url, body, as });

test('every output is listed as the document says', async () => {
  const answer = await api.ask({ url: '/api/v1/outputs', as: 'installer' });
  expect(z.object({ outputs: z.array(outputShape.strict()).min(1) }).parse(answer.json()).outputs[0]?.id).toBe(
    'siren-1',
  );
});

test('duty sets one by hand, in the audit trail; an installer does not', async () => {
  const set = { value: 'off', forMs: 60_000 };
  expect((await post('duty', '/api/v1/outputs/siren-1/set', set)).statusCode).toBe(200);
  expect((await post('installer', '/api/v1/outputs/siren-1/set', set)).statusCode).toBe(403);
  expect(api.context.accounts.lines.filter(({ what }) => what === 'output-set')).toMatchObject([
    { detail: { output: 'siren-1', value: 'off' } },
  ]);
});

test.each([
  ['/api/v1/outputs/siren-9/set', { value: 'on', forMs: 1000 }, 404, 'no-such-output'],
  ['/api/v1/outputs/siren-1/set', { value: 'loud', forMs: 1000 }, 422, 'output-value'],
  ['/api/v1/outputs/siren-1/set', { value: 'on', forMs: 10 }, 400, 'invalid'],
  ['/api/v1/drill/stop', {}, 409, 'no-drill'],
])('%s %j is answered %i', async (url, body, status, code) => {
  const answer = await post('duty', url, body);
  expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
});

test('an installer begins a walk test, and follows it; one of a device that is not there is refused', async () => {
  const begun = await post('installer', '/api/v1/walk-tests', { device: 'noise-07' });
  expect([begun.statusCode, begun.json().state]).toEqual([201, 'running']);
  const followed = await api.ask({ url: `/api/v1/walk-tests/${begun.json().id}`, as: 'installer' });
  expect(followed.json().news).toHaveLength(1);
  const refused = await post('installer', '/api/v1/walk-tests', { device: 'noise-99' });
  expect([refused.statusCode, refused.json().code]).toEqual([404, 'no-such-device']);
  expect((await post('duty', '/api/v1/walk-tests', { device: 'noise-07' })).statusCode).toBe(403);
});
