import { expect, test } from 'vitest';
import { hashPassword } from '../../../gateway/api/password.ts';
import { idOf } from '../../../gateway/api/secret.ts';
import { SESSION_MS } from '../../../gateway/api/sessions.ts';
import { Fault } from '../../../gateway/kit/fault.ts';
import { type ApiUnderTest, apiUnderTest, cookieIn } from './api-under-test.ts';

const RIGHT = { name: '李敏', password: 'lantern-and-gong' };

async function withUser(): Promise<ApiUnderTest> {
  const api = await apiUnderTest();
  const passwordHash = await hashPassword(RIGHT.password);
  await api.context.accounts.put({ name: RIGHT.name, role: 'duty', passwordHash, createdAt: 0 });
  return api;
}

const signIn = (api: ApiUnderTest, body: object = RIGHT, from = '10.0.0.9') =>
  api.ask({ method: 'POST', url: '/api/v1/sign-in', body, from });

const session = (api: ApiUnderTest, cookie: string) => api.ask({ url: '/api/v1/session', headers: { cookie } });

test('the right name and password sign in, by a cookie that scripts cannot read', async () => {
  await using api = await withUser();
  const answer = await signIn(api);
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toEqual({ name: '李敏', role: 'duty' });
  const cookie = String(answer.headers['set-cookie']);
  expect(cookie).toMatch(/^gengfu=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/);
  expect((await session(api, cookieIn(answer))).json()).toEqual({ name: '李敏', role: 'duty' });
  expect(api.context.accounts.lines).toEqual([
    { at: api.context.clock.now(), who: '李敏', what: 'signed-in', from: '10.0.0.9' },
  ]);
});

test('only the hash of the cookie is kept', async () => {
  await using api = await withUser();
  const secret = cookieIn(await signIn(api)).slice('gengfu='.length);
  expect([...api.context.accounts.sessions.keys()]).toEqual([idOf(secret)]);
  expect(JSON.stringify([...api.context.accounts.sessions.values()])).not.toContain(secret);
});

test('an unknown name and a wrong password get the same answer, and both are in the audit trail', async () => {
  await using api = await withUser();
  const wrong = await signIn(api, { ...RIGHT, password: 'gong-and-lantern' });
  const unknown = await signIn(api, { ...RIGHT, name: 'nobody' });
  expect(wrong.statusCode).toBe(401);
  expect(unknown.body).toBe(wrong.body);
  expect(wrong.headers['set-cookie']).toBeUndefined();
  expect(api.context.accounts.lines.map(({ who, what }) => [who, what])).toEqual([
    ['李敏', 'sign-in-refused'],
    ['nobody', 'sign-in-refused'],
  ]);
  expect(JSON.stringify(api.context.accounts.lines)).not.toContain('gong-and-lantern');
});

test('an unknown name costs the time of a wrong password', async () => {
  await using api = await withUser();
  const time = async (body: object) => {
    const start = performance.now();
    await signIn(api, body, `10.0.${Math.floor(Math.random() * 250)}.1`);
    return performance.now() - start;
  };
  await time(RIGHT);
  let [wrong, unknown] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  // In turns, and the shortest of each: what else the machine does lengthens them only.
  for (let round = 0; round < 5; round++) {
    wrong = Math.min(wrong, await time({ ...RIGHT, password: 'wrong' }));
    unknown = Math.min(unknown, await time({ ...RIGHT, name: 'no' }));
  }
  // Without the work of a hash it would be a hundredth.
  expect(unknown).toBeGreaterThan(wrong / 4);
});

test('the eleventh try in a minute is refused, whoever it is; from another address it is not', async () => {
  await using api = await withUser();
  const statuses = [];
  for (let tries = 0; tries < 10; tries++) statuses.push((await signIn(api, { name: 'x', password: 'y' })).statusCode);
  expect(new Set(statuses)).toEqual(new Set([401]));
  const refused = await signIn(api);
  expect(refused.statusCode).toBe(429);
  expect(refused.json()).toMatchObject({ code: 'too-many-attempts', hint: expect.stringContaining('again') });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect((await signIn(api, RIGHT, '10.0.0.10')).statusCode).toBe(200);
});

test('a session lasts twelve hours of real time, whatever is done with it', async () => {
  await using api = await withUser();
  const cookie = cookieIn(await signIn(api));
  await api.context.clock.advance(SESSION_MS * 5);
  await api.context.wire.advance(SESSION_MS - 1);
  expect((await session(api, cookie)).statusCode).toBe(200);
  await api.context.wire.advance(1);
  expect((await session(api, cookie)).statusCode).toBe(401);
});

test('after signing out the cookie opens nothing', async () => {
  await using api = await withUser();
  const cookie = cookieIn(await signIn(api));
  const out = await api.ask({ method: 'POST', url: '/api/v1/sign-out', headers: { cookie } });
  expect(out.json()).toEqual({ status: 'done' });
  expect(String(out.headers['set-cookie'])).toContain('gengfu=;');
  expect((await session(api, cookie)).statusCode).toBe(401);
  expect(api.context.accounts.lines.at(-1)).toMatchObject({ who: '李敏', what: 'signed-out' });
});

test('a changed password ends every other session, keeps this browser in, and the old one is worth nothing', async () => {
  await using api = await withUser();
  const [here, there] = [cookieIn(await signIn(api)), cookieIn(await signIn(api))];
  const change = (body: object) =>
    api.ask({ method: 'POST', url: '/api/v1/password', body, headers: { cookie: here } });
  const refused = await change({ current: 'wrong', next: 'a-new-password' });
  expect([refused.statusCode, refused.json().code]).toEqual([403, 'wrong-password']);
  const short = await change({ current: RIGHT.password, next: '7-chars' });
  expect([short.statusCode, short.json().code]).toEqual([400, 'invalid']);
  const changed = await change({ current: RIGHT.password, next: 'a-new-password' });
  expect(changed.statusCode).toBe(200);
  expect((await session(api, cookieIn(changed))).statusCode).toBe(200);
  expect((await session(api, here)).statusCode).toBe(401);
  expect((await session(api, there)).statusCode).toBe(401);
  expect((await signIn(api)).statusCode).toBe(401);
  expect((await signIn(api, { ...RIGHT, password: 'a-new-password' })).statusCode).toBe(200);
  expect(api.context.accounts.lines.map(({ what }) => what)).toContain('password-refused');
  expect(api.context.accounts.lines.map(({ what }) => what)).toContain('password-changed');
});

test('when nothing can be stored, signing in says so with what to do', async () => {
  await using api = await withUser();
  api.context.accounts.down = new Fault('ledger-not-durable', 'nothing can be stored at present', {
    hint: 'free space',
  });
  const answer = await signIn(api);
  expect([answer.statusCode, answer.json()]).toEqual([
    503,
    expect.objectContaining({ code: 'unavailable', detail: 'nothing can be stored at present', hint: 'free space' }),
  ]);
});
