import { expect, test } from 'vitest';
import { isPassword } from '../../../gateway/api/password.ts';
import { idOf } from '../../../gateway/api/secret.ts';
import { apiUnderTest } from './api-under-test.ts';

const NEW = { name: 'wang.fang', role: 'responder', password: 'long-enough' };
const add = { method: 'POST', url: '/api/v1/users', as: 'admin' } as const;

test('an added user is listed without the hash, and can be checked by the password', async () => {
  await using api = await apiUnderTest();
  const added = await api.ask({ ...add, body: NEW });
  expect([added.statusCode, added.json()]).toEqual([201, { name: 'wang.fang', role: 'responder' }]);
  const hash = api.context.accounts.accounts.get('wang.fang')?.passwordHash ?? '';
  expect(await isPassword(NEW.password, hash)).toBe(true);
  const listed = await api.ask({ url: '/api/v1/users', as: 'admin' });
  expect(listed.json()).toEqual({
    users: [{ name: 'wang.fang', role: 'responder', createdAt: api.context.clock.now() }],
  });
  expect(api.context.accounts.lines).toMatchObject([
    { who: 'some-admin', what: 'user-added', detail: { name: 'wang.fang', role: 'responder' } },
  ]);
  expect(JSON.stringify(api.context.accounts.lines)).not.toContain(NEW.password);
});

test('a name is given once, also when two ask at once', async () => {
  await using api = await apiUnderTest();
  const both = await Promise.all([
    api.ask({ ...add, body: NEW }),
    api.ask({ ...add, body: { ...NEW, role: 'admin' } }),
  ]);
  expect(both.map(({ statusCode }) => statusCode)).toEqual([201, 409]);
  expect(api.context.accounts.accounts.get('wang.fang')?.role).toBe('responder');
});

test('removing a user ends their sessions', async () => {
  await using api = await apiUnderTest();
  const { accounts } = api.context;
  await api.ask({ ...add, body: NEW });
  const [id, expiresAt] = [idOf('theirs'), api.context.wire.now() + 1000];
  await accounts.openSession({ id, account: NEW.name, role: 'responder', expiresAt });
  const remove = () => api.ask({ method: 'DELETE', url: '/api/v1/users/wang.fang', as: 'admin' });
  expect((await remove()).statusCode).toBe(200);
  expect(accounts.sessions.has(id)).toBe(false);
  expect(accounts.lines.at(-1)).toMatchObject({ who: 'some-admin', what: 'user-removed', detail: { name: NEW.name } });
  expect((await remove()).json().code).toBe('no-such-user');
});

test('the last admin stays', async () => {
  await using api = await apiUnderTest();
  const remove = (name: string) => api.ask({ method: 'DELETE', url: `/api/v1/users/${name}`, as: 'admin' });
  await api.ask({ ...add, body: { ...NEW, name: 'one', role: 'admin' } });
  await api.ask({ ...add, body: { ...NEW, name: 'two', role: 'admin' } });
  expect((await remove('one')).statusCode).toBe(200);
  expect((await remove('two')).json()).toMatchObject({ status: 409, code: 'last-admin' });
});

test('the audit trail is told newest first', async () => {
  await using api = await apiUnderTest();
  await api.ask({ ...add, body: NEW });
  await api.ask({ method: 'DELETE', url: '/api/v1/users/wang.fang', as: 'admin' });
  const lines = (await api.ask({ url: '/api/v1/audit?limit=1', as: 'admin' })).json().lines;
  expect(lines.map(({ what }: { what: string }) => what)).toEqual(['user-removed']);
});
