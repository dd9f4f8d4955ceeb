import { expect, test } from 'vitest';
import { ROLES, type Role } from '../../../gateway/ledger/accounts.ts';
import { fakeAlarm } from '../../tools/fake-context.ts';
import { type Asked, apiUnderTest } from './api-under-test.ts';

const ID = fakeAlarm().id;
const EVERYONE = [undefined, ...ROLES];
const RESPONDERS: Role[] = ['duty', 'responder', 'admin'];
const DUTY: Role[] = ['duty', 'admin'];
const INSTALLERS: Role[] = ['installer', 'admin'];

/** Every route, who may use it, and a request that is in order. */
const ROUTES: readonly (Asked & { readonly may: readonly (Role | undefined)[] })[] = [
  { url: '/healthz', may: EVERYONE },
  { url: '/readyz', may: EVERYONE },
  { url: '/metrics', from: '127.0.0.1', may: EVERYONE },
  { url: '/api/openapi.json', may: EVERYONE },
  { method: 'POST', url: '/api/v1/sign-in', body: { name: 'x', password: 'x' }, may: EVERYONE },
  { url: '/api/v1/invitation?secret=x', may: EVERYONE },
  {
    method: 'POST',
    url: '/api/v1/invitation',
    body: { secret: 'x', name: 'x', password: 'long-enough' },
    may: EVERYONE,
  },
  { method: 'POST', url: '/api/v1/sign-out', may: ROLES },
  { url: '/api/v1/session', may: ROLES },
  { method: 'POST', url: '/api/v1/password', body: { current: 'x', next: 'long-enough' }, may: ROLES },
  { url: '/api/v1/users', may: ['admin'] },
  {
    method: 'POST',
    url: '/api/v1/users',
    body: { name: 'new', role: 'duty', password: 'long-enough' },
    may: ['admin'],
  },
  { method: 'DELETE', url: '/api/v1/users/old', may: ['admin'] },
  { url: '/api/v1/site', may: ROLES },
  { url: '/api/v1/site/history', may: ['installer', 'admin'] },
  { method: 'POST', url: '/api/v1/site/reload', may: ['installer', 'admin'] },
  { method: 'POST', url: '/api/v1/site/back', body: { number: 1 }, may: ['installer', 'admin'] },
  { url: '/api/v1/alarms', may: ROLES },
  { url: `/api/v1/alarms/${ID}/cards`, may: ROLES },
  { url: `/api/v1/alarms/${ID}/photos`, may: ROLES },
  { url: `/api/v1/alarms/${ID}/photos/1.jpg`, may: ROLES },
  { url: '/api/v1/people', may: ROLES },
  { url: '/api/v1/plans', may: ROLES },
  { url: '/api/v1/rules', may: ROLES },
  { url: '/api/v1/cases', may: ROLES },
  { url: '/api/v1/duty', may: ROLES },
  { url: '/api/v1/duty/log', may: ROLES },
  { method: 'POST', url: '/api/v1/duty/log', body: { text: 'seen' }, may: DUTY },
  { method: 'POST', url: '/api/v1/duty/hand-over', body: { to: ['li'] }, may: DUTY },
  { method: 'POST', url: '/api/v1/duty/mode', body: { mode: 'II', note: 'rain' }, may: DUTY },
  { url: `/api/v1/response/${'A'.repeat(24)}`, may: EVERYONE },
  { method: 'POST', url: `/api/v1/response/${'A'.repeat(24)}`, body: { step: 'arrive' }, may: EVERYONE },
  { url: `/api/v1/alarms/${ID}`, may: ROLES },
  { url: `/api/v1/alarms/${ID}/picture`, may: ROLES },
  { method: 'POST', url: `/api/v1/alarms/${ID}/acknowledge`, may: [...RESPONDERS, 'installer'] },
  { method: 'POST', url: `/api/v1/alarms/${ID}/note`, body: { note: 'seen' }, may: RESPONDERS },
  { method: 'POST', url: `/api/v1/alarms/${ID}/reset`, may: DUTY },
  { method: 'POST', url: `/api/v1/alarms/${ID}/shelve`, body: { note: 'known', forMs: 3_600_000 }, may: DUTY },
  { method: 'POST', url: `/api/v1/alarms/${ID}/unshelve`, may: DUTY },
  { method: 'POST', url: `/api/v1/alarms/${ID}/dispatch`, body: { to: 'team-1' }, may: DUTY },
  { method: 'POST', url: `/api/v1/alarms/${ID}/accept`, may: RESPONDERS },
  { method: 'POST', url: `/api/v1/alarms/${ID}/refuse`, body: { note: 'not ours' }, may: RESPONDERS },
  { method: 'POST', url: `/api/v1/alarms/${ID}/arrive`, body: { at: [120.7, 30.7] }, may: RESPONDERS },
  { method: 'POST', url: `/api/v1/alarms/${ID}/resolve`, may: RESPONDERS },
  { method: 'POST', url: `/api/v1/alarms/${ID}/verify`, body: { passed: true }, may: DUTY },
  { method: 'POST', url: `/api/v1/alarms/${ID}/verdict`, body: { verdict: 'true' }, may: DUTY },
  { method: 'POST', url: `/api/v1/alarms/${ID}/pause`, body: { note: 'rain', forMs: 60_000 }, may: DUTY },
  { method: 'POST', url: `/api/v1/alarms/${ID}/resume`, may: DUTY },
  { method: 'POST', url: '/api/v1/out-of-service', body: { on: 'd', owner: 'Li', note: 'moved' }, may: INSTALLERS },
  { method: 'POST', url: '/api/v1/in-service', body: { on: 'd' }, may: INSTALLERS },
  { method: 'POST', url: '/api/v1/work-order', body: { on: 'd', order: '7', forMs: 60_000 }, may: INSTALLERS },
  { method: 'POST', url: '/api/v1/end-work-order', body: { on: 'd' }, may: INSTALLERS },
  { method: 'POST', url: '/api/v1/actions', body: { kind: 'shelve', alarm: 'r@d/p', note: 'known' }, may: DUTY },
  { url: '/api/v1/standing', may: ROLES },
  { url: '/api/v1/incidents', may: ROLES },
  { url: '/api/v1/points', may: ROLES },
  { url: '/api/v1/points/noise-07/la/series', may: ROLES },
  { url: '/api/v1/answers', may: ROLES },
  { url: '/api/v1/permits', may: ROLES },
  { url: '/api/v1/permits/bg-2026-0715-02', may: ROLES },
  {
    method: 'POST',
    url: '/api/v1/permits',
    body: { id: 'n', on: { device: 'noise-07' }, from: '2026-07-15', to: '2026-07-16', status: 'applied' },
    may: ['duty', 'admin'],
  },
  { method: 'PATCH', url: '/api/v1/permits/bg-2026-0715-02', body: { status: 'revoked' }, may: ['duty', 'admin'] },
  { url: '/api/v1/outputs', may: ROLES },
  {
    method: 'POST',
    url: '/api/v1/outputs/siren-1/set',
    body: { value: 'on', forMs: 60_000 },
    may: ['duty', 'admin'],
  },
  { method: 'POST', url: '/api/v1/outputs/siren-1/release', may: ['duty', 'admin'] },
  { method: 'POST', url: '/api/v1/walk-tests', body: { device: 'noise-07' }, may: ['installer', 'admin'] },
  { url: '/api/v1/walk-tests', may: ['installer', 'admin'] },
  { url: '/api/v1/walk-tests/019f6b2c-0000-7000-8000-00000000000a', may: ['installer', 'admin'] },
  {
    method: 'POST',
    url: '/api/v1/walk-tests/019f6b2c-0000-7000-8000-00000000000a/stop',
    may: ['installer', 'admin'],
  },
  { url: '/api/v1/drill', may: ROLES },
  { method: 'POST', url: '/api/v1/drill', body: { drill: 'flood' }, may: ['duty', 'admin'] },
  { method: 'POST', url: '/api/v1/drill/stop', may: ['duty', 'admin'] },
  { url: '/api/v1/calls', may: ROLES },
  { url: '/api/v1/channels', may: ROLES },
  { method: 'POST', url: '/api/v1/channels/sms/test', body: { person: 'li' }, may: ['admin'] },
  { url: '/api/v1/jobs', may: INSTALLERS },
  { url: '/api/v1/jobs/job-1', may: INSTALLERS },
  { method: 'POST', url: '/api/v1/jobs', body: { kind: 'listen', link: 'bus-1' }, may: INSTALLERS },
  { method: 'POST', url: '/api/v1/jobs/job-1/stop', may: INSTALLERS },
  { url: '/api/v1/report', may: INSTALLERS },
  { url: '/api/v1/assets', may: ROLES },
  { method: 'POST', url: '/api/v1/assets', body: { csv: 'device' }, may: INSTALLERS },
  { url: '/api/v1/devices', may: ROLES },
  { method: 'POST', url: '/api/v1/devices', body: { profile: 'p', link: 'bus-1' }, may: INSTALLERS },
  { url: '/api/v1/devices/dev-1', may: ROLES },
  { method: 'PATCH', url: '/api/v1/devices/dev-1', body: { name: 'x' }, may: INSTALLERS },
  { method: 'DELETE', url: '/api/v1/devices/dev-1', may: INSTALLERS },
  { url: '/api/v1/devices/dev-1/photos', may: ROLES },
  { url: '/api/v1/devices/dev-1/photos/1.jpg', may: ROLES },
  { method: 'DELETE', url: '/api/v1/devices/dev-1/photos/1.jpg', may: INSTALLERS },
  { url: '/api/v1/links', may: ROLES },
  { url: '/api/v1/upstreams', may: ROLES },
  { url: '/api/v1/events', may: ROLES },
  { url: '/api/v1/audit', may: ['admin'] },
];

/** Refused for who asks, and not for what. */
const REFUSED = new Set(['not-signed-in', 'not-allowed']);

test.each(ROUTES)('$method $url is for $may', async ({ may, ...asked }) => {
  await using api = await apiUnderTest();
  await api.context.accounts.put({ name: 'old', role: 'viewer', passwordHash: '', createdAt: 0 });
  for (const role of EVERYONE) {
    const answer = await api.ask({ ...asked, as: role });
    const code = answer.headers['content-type']?.includes('problem') ? answer.json().code : undefined;
    const seen = `${role ?? 'nobody'}: ${answer.statusCode} ${code}`;
    if (may.includes(role)) expect(REFUSED.has(code), seen).toBe(false);
    else expect(code, seen).toBe(role === undefined ? 'not-signed-in' : 'not-allowed');
  }
});

test('the table has every route of the document, but for the stream, which has a test of its own', async () => {
  await using api = await apiUnderTest();
  const { paths } = (await api.ask({ url: '/api/openapi.json' })).json();
  const listed = ROUTES.map(({ method = 'GET', url }) => {
    const path = url
      .split('?')[0]
      ?.replace(ID, '{id}')
      .replace('bg-2026-0715-02', '{id}')
      .replace('siren-1', '{id}')
      .replace(/(?<=\/)(job-1|dev-1)\b/, '{id}')
      .replace('channels/sms', 'channels/{id}')
      .replace('1.jpg', '{name}')
      .replace('019f6b2c-0000-7000-8000-00000000000a', '{id}')
      .replace('users/old', 'users/{name}')
      .replace(`response/${'A'.repeat(24)}`, 'response/{token}');
    return `${method} ${path?.replace('noise-07/la', '{device}/{point}')}`;
  });
  const described = Object.entries<object>(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described.toSorted()).toEqual(
    [
      ...listed.filter((route) => route !== 'GET /api/openapi.json'),
      'GET /api/v1/live',
      // Their bodies are pictures.
      'POST /api/v1/devices/{id}/photos',
      'POST /api/v1/response/{token}/photos',
      'POST /api/v1/alarms/{id}/photos',
    ].toSorted(),
  );
});

test('a route that does not say who may use it is refused at start', async () => {
  await using api = await apiUnderTest();
  const { default: fastify } = await import('fastify');
  const { guardAccess } = await import('../../../gateway/api/access.ts');
  const app = fastify();
  guardAccess(app, { find: async () => undefined } as never);
  expect(() => app.get('/api/v1/forgotten', () => 'secret')).toThrow('does not say who may use it');
  expect((await api.ask({ url: '/api/v1/live' })).statusCode).toBe(401);
});
