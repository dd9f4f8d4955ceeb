import { expect, test } from 'vitest';
import { apiUnderTest } from './api-under-test.ts';

test('the site is told with its own time and what is known of its clock', async () => {
  await using api = await apiUnderTest();
  api.context.clock.trusted = 'holding';
  expect((await api.ask({ url: '/api/v1/site', as: 'viewer' })).json()).toEqual({
    gateway: 'test',
    name: '测试',
    timeZone: 'Asia/Shanghai',
    version: '0.0.0',
    now: api.context.clock.now(),
    clock: 'holding',
  });
});

test('events are read on from a number, or back from the end', async () => {
  await using api = await apiUnderTest();
  api.context.ledger.commit(Array.from({ length: 10 }, (_, index) => ({ index })));
  const numbers = async (query: string) => {
    const { events, head } = (await api.ask({ url: `/api/v1/events?${query}`, as: 'viewer' })).json();
    expect(head).toBe(10);
    return events.map(({ sequence }: { sequence: string }) => Number(sequence));
  };
  expect(await numbers('after=3&limit=2')).toEqual([4, 5]);
  expect(await numbers('after=10')).toEqual([]);
  expect(await numbers('latest=3')).toEqual([10, 9, 8]);
  expect(await numbers('')).toHaveLength(10);
});

test('a series is of the last hour of the site unless asked otherwise', async () => {
  await using api = await apiUnderTest();
  const now = api.context.clock.now();
  const series = async (query: string) =>
    (await api.ask({ url: `/api/v1/points/noise-07/la/series?${query}`, as: 'viewer' })).json();
  expect((await series('')).at).toEqual([now - 3_600_000, now]);
  expect((await series('from=1000&to=2000&points=10')).at).toEqual([1000, 2000]);
});

test('ready is told with reasons, alive always', async () => {
  await using api = await apiUnderTest();
  expect((await api.ask({ url: '/readyz' })).statusCode).toBe(200);
  api.context.state = { ready: false, reasons: ['ledger: disk full'] };
  const answer = await api.ask({ url: '/readyz' });
  expect([answer.statusCode, answer.json()]).toEqual([503, { ready: false, reasons: ['ledger: disk full'] }]);
  expect((await api.ask({ url: '/healthz' })).json()).toEqual({ alive: true });
});

/** Who asks for the metrics, and whether they are told. */
const PEERS: readonly [from: string, headers: Record<string, string>, status: number][] = [
  ['127.0.0.1', {}, 200],
  ['127.8.8.8', {}, 200],
  ['::1', {}, 200],
  ['::ffff:127.0.0.1', {}, 200],
  ['10.0.0.9', {}, 403],
  ['::ffff:10.0.0.9', {}, 403],
  ['fe80::1', {}, 403],
  ['127.0.0.1', { 'x-forwarded-for': '10.0.0.9' }, 403],
  ['127.0.0.1', { forwarded: 'for=10.0.0.9' }, 403],
];

test.each(PEERS)('metrics for %s with %o: %i', async (from, headers, status) => {
  await using api = await apiUnderTest();
  const answer = await api.ask({ url: '/metrics', from, headers });
  expect(answer.statusCode).toBe(status);
});

test('requests are counted by route, and unknown addresses make no series', async () => {
  await using api = await apiUnderTest();
  await api.ask({ url: '/api/v1/site', as: 'viewer' });
  for (const path of ['/a', '/b', '/api/v1/c']) await api.ask({ url: path });
  const metrics = (await api.ask({ url: '/metrics', from: '127.0.0.1' })).body;
  expect(metrics).toContain('gengfu_http_requests_total{route="/api/v1/site",status="200"} 1');
  expect(metrics).toContain('gengfu_http_requests_total{route="unknown",status="404"} 3');
});
