import { connect } from 'node:net';
import { expect, test } from 'vitest';
import type { Reading } from '../../../drivers/reading.ts';
import { type OpenApi, openApi } from '../../../gateway/api/open-api.ts';
import { idOf } from '../../../gateway/api/secret.ts';
import { ROLES } from '../../../gateway/ledger/accounts.ts';
import { type FakeContext, fakeContext } from '../../tools/fake-context.ts';
import { until } from '../../tools/program.ts';
import { cookieOf } from './api-under-test.ts';
import { type EventStream, openStream } from './event-stream.ts';

interface Listening extends AsyncDisposable {
  readonly api: OpenApi;
  readonly context: FakeContext;
  stream(headers?: Readonly<Record<string, string>>): Promise<EventStream>;
}

async function listening(): Promise<Listening> {
  const context = fakeContext();
  const api = await openApi({ listen: { host: '127.0.0.1', port: 0 }, consoleDir: '/nowhere' }, context);
  const cookie = cookieOf(context, 'viewer');
  return {
    api,
    context,
    stream: (headers = {}) => openStream(api.url, { cookie, ...headers }),
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
}

const numbers = (stream: EventStream) => stream.events('entry').map(({ id }) => Number(id));
const upTo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const bodies = (count: number, size = 1) => Array.from({ length: count }, () => ({ filling: 'x'.repeat(size) }));

const reading = (point: string, value: number): Reading => ({ point, value, at: 1, tick: 1, quality: 'good' });

test('a stream begins with the status, then has each entry as it becomes durable', async () => {
  await using gateway = await listening();
  gateway.context.ledger.commit(bodies(3));
  using stream = await gateway.stream();
  expect(stream.response.headers['content-type']).toBe('text/event-stream');
  expect(stream.response.headers['cache-control']).toBe('no-store');
  const first = await until(() => stream.events()[0], 'the first event');
  expect(first).toEqual({
    id: '3',
    event: 'status',
    data: {
      health: { ready: true, reasons: [] },
      links: gateway.context.links(),
      upstreams: gateway.context.upstreams(),
      ledger: { durable: true, waiting: 0, head: 3 },
    },
  });
  gateway.context.ledger.commit(bodies(2));
  await until(() => numbers(stream).length === 2, 'two entries');
  expect(numbers(stream)).toEqual([4, 5]);
  expect(JSON.stringify(stream.events('entry')[0]?.data)).toBe(gateway.context.ledger.entries[3]?.json);
});

test('who comes back with the last id misses nothing and gets nothing twice, while more is committed', async () => {
  await using gateway = await listening();
  gateway.context.ledger.commit(bodies(450));
  using stream = await gateway.stream({ 'last-event-id': '17' });
  gateway.context.ledger.commit(bodies(3));
  await until(() => numbers(stream).length >= 200, 'the past');
  gateway.context.ledger.commit(bodies(2));
  await until(() => numbers(stream).at(-1) === 455, 'the last entry');
  expect(numbers(stream)).toEqual(upTo(18, 455));
});

test('a commit between two pages of the past comes after them, once', async () => {
  await using gateway = await listening();
  const { ledger } = gateway.context;
  ledger.commit(bodies(150));
  const read = ledger.read.bind(ledger);
  let commits = 0;
  ledger.read = async (...args) => {
    const entries = await read(...args);
    if (commits++ < 3) ledger.commit(bodies(1));
    return entries;
  };
  using stream = await gateway.stream({ 'last-event-id': '0' });
  await until(() => numbers(stream).at(-1) === 153, 'the last entry');
  expect(numbers(stream)).toEqual(upTo(1, 153));
});

test('an id beyond the end of the log is taken for the end', async () => {
  await using gateway = await listening();
  gateway.context.ledger.commit(bodies(2));
  using stream = await gateway.stream({ 'last-event-id': '900' });
  gateway.context.ledger.commit(bodies(1));
  await until(() => numbers(stream).length > 0, 'an entry');
  expect(numbers(stream)).toEqual([3]);
});

test('when the log cannot be read the stream ends, so that it is asked for again', async () => {
  await using gateway = await listening();
  gateway.context.ledger.commit(bodies(2));
  gateway.context.ledger.read = async () => {
    throw new Error('disk');
  };
  using stream = await gateway.stream({ 'last-event-id': '0' });
  await until(() => stream.ended(), 'the end');
});

test('readings are told as the newest of each point, four times a second at most', async () => {
  await using gateway = await listening();
  const { context } = gateway;
  using stream = await gateway.stream();
  const tell = (batch: readonly Reading[]) => {
    for (const listener of context.listeners) listener(batch);
  };
  tell([reading('a/x', 1), reading('b/x', 1)]);
  tell([reading('a/x', 2), { ...reading('c/x', 0), value: null, quality: 'bad', code: 'no-answer' }]);
  await context.wire.advance(249);
  expect(stream.events('readings')).toEqual([]);
  await context.wire.advance(1);
  await until(() => stream.events('readings').length > 0, 'readings');
  tell([reading('a/x', 3)]);
  await context.wire.advance(250);
  await until(() => stream.events('readings').length > 1, 'more readings');
  expect(stream.events('readings').map(({ data }) => data)).toEqual([
    [
      { point: 'a/x', value: 2, at: 1, quality: 'good' },
      { point: 'b/x', value: 1, at: 1, quality: 'good' },
      { point: 'c/x', value: null, at: 1, quality: 'bad', code: 'no-answer' },
    ],
    [{ point: 'a/x', value: 3, at: 1, quality: 'good' }],
  ]);
});

test('the status comes every five seconds, and within one when health changes', async () => {
  await using gateway = await listening();
  const { context } = gateway;
  using stream = await gateway.stream();
  await context.wire.advance(4999);
  await until(() => stream.events('status').length === 1, 'the first status');
  await context.wire.advance(1);
  await until(() => stream.events('status').length === 2, 'the next status');
  context.state = { ready: false, reasons: ['ledger: disk full'] };
  await context.wire.advance(1000);
  await until(() => stream.events('status').length === 3, 'the changed status');
  expect(stream.events('status')[2]?.data).toMatchObject({ health: context.state });
});

/** How a session can end under an open stream, and how long that may take. */
const ENDS: readonly [sentence: string, ms: number, end: (gateway: Listening) => unknown][] = [
  ['signed out, it ends at once', 0, ({ api, context }) => post(api, '/api/v1/sign-out', cookieOf(context, 'viewer'))],
  [
    'when an admin removes the user, it ends at once',
    0,
    async ({ api, context }) => {
      await context.accounts.put({ name: 'some-viewer', role: 'viewer', passwordHash: '', createdAt: 0 });
      const headers = { cookie: cookieOf(context, 'admin') };
      await fetch(`${api.url}/api/v1/users/some-viewer`, { method: 'DELETE', headers });
    },
  ],
  ['when the session runs out, it ends with the next heartbeat', 3_615_000, () => {}],
  [
    'closed by another way, it ends with the next heartbeat',
    15_000,
    ({ context }) => context.accounts.sessions.delete(idOf('secret-of-viewer')),
  ],
];

const post = (api: OpenApi, path: string, cookie: string) =>
  fetch(`${api.url}${path}`, { method: 'POST', headers: { cookie, 'content-type': 'application/json' }, body: '{}' });

test.each(ENDS)('a stream ends with its session: %s', async (_sentence, ms, end) => {
  await using gateway = await listening();
  using stream = await gateway.stream();
  using other = await openStream(gateway.api.url, { cookie: cookieOf(gateway.context, 'admin', 86_400_000) });
  await end(gateway);
  if (ms > 0) await gateway.context.wire.advance(ms);
  await until(() => stream.ended(), 'the end');
  expect(other.ended()).toBe(false);
});

test('while the accounts do not answer, streams go on', async () => {
  await using gateway = await listening();
  using stream = await gateway.stream();
  gateway.context.accounts.down = new Error('disk');
  await gateway.context.wire.advance(15_000);
  await until(() => stream.events('comment').length > 0, 'a heartbeat');
  gateway.context.ledger.commit(bodies(1));
  await until(() => numbers(stream).length > 0, 'an entry');
  expect(stream.ended()).toBe(false);
});

test.each(ROLES)('a %s may watch', async (role) => {
  await using gateway = await listening();
  using stream = await openStream(gateway.api.url, { cookie: cookieOf(gateway.context, role) });
  expect(stream.response.statusCode).toBe(200);
});

test('nobody comes in without a session', async () => {
  await using gateway = await listening();
  using stream = await openStream(gateway.api.url, {});
  expect(stream.response.statusCode).toBe(401);
});

test('of more than 64 the last is told so, until one goes', async () => {
  await using gateway = await listening();
  await using all = new AsyncDisposableStack();
  for (let index = 0; index < 64; index++) all.use(await gateway.stream());
  using refused = await gateway.stream();
  expect(refused.response.statusCode).toBe(503);
  expect(refused.response.headers['content-type']).toMatch(/^application\/problem\+json/);
  await all.disposeAsync();
  await until(async () => {
    using again = await gateway.stream();
    return again.response.statusCode === 200;
  }, 'room for one');
});

/** A client that asks for the stream and then reads nothing. */
async function openDeaf(gateway: Listening) {
  const socket = connect(Number(new URL(gateway.api.url).port), '127.0.0.1');
  socket.on('error', () => {});
  const cookie = cookieOf(gateway.context, 'viewer');
  socket.write(`GET /api/v1/live HTTP/1.1\r\nhost: x\r\ncookie: ${cookie}\r\n\r\n`);
  await new Promise((resolve) => socket.once('readable', resolve));
  return { socket, [Symbol.dispose]: () => void socket.destroy() };
}

const liveClients = async ({ context, api }: Listening) => {
  await fetch(`${api.url}/healthz`);
  return (await context.metrics.getSingleMetric('gengfu_http_live_clients')?.get())?.values[0]?.value;
};

test('a reader that does not read is cut off by a storm of entries, and others have them all', async () => {
  await using gateway = await listening();
  using _deaf = await openDeaf(gateway);
  using stream = await gateway.stream();
  for (let round = 0; round < 200; round++) {
    gateway.context.ledger.commit(bodies(10, 10_000));
    await until(() => numbers(stream).length === (round + 1) * 10, 'a round of entries');
  }
  await until(async () => (await liveClients(gateway)) === 1, 'the deaf one cut off');
  expect(numbers(stream)).toEqual(upTo(1, 2000));
});

test('a reader that does not read gets no more readings past a bound, and is cut off by the heartbeat', async () => {
  await using gateway = await listening();
  using _deaf = await openDeaf(gateway);
  const batch = Array.from({ length: 2000 }, (_, index) => reading(`device-${index}/point`, index));
  for (let round = 0; round < 200; round++) {
    for (const listener of gateway.context.listeners) listener(batch);
    await gateway.context.wire.advance(50);
  }
  expect(await liveClients(gateway)).toBe(1);
  await gateway.context.wire.advance(15_000);
  await until(async () => (await liveClients(gateway)) === 0, 'the deaf one cut off');
});

test('a reader that stops in its past and reads on later has it whole', async () => {
  await using gateway = await listening();
  gateway.context.ledger.commit(bodies(2000, 10_000));
  using stream = await gateway.stream({ 'last-event-id': '0' });
  stream.response.pause();
  const { ledger } = gateway.context;
  let [reads, still] = [0, 0];
  await until(() => {
    still = ledger.reads === reads ? still + 1 : 0;
    reads = ledger.reads;
    return still > 40;
  }, 'the gateway to wait for it');
  expect(reads).toBeLessThan(20);
  stream.response.resume();
  await until(() => numbers(stream).length === 2000, 'all of it');
  expect(numbers(stream)).toEqual(upTo(1, 2000));
});

test('closing the API ends every stream and does not wait for anyone', async () => {
  const gateway = await listening();
  using stream = await gateway.stream();
  using _deaf = await openDeaf(gateway);
  await gateway.api[Symbol.asyncDispose]();
  await until(() => stream.ended(), 'the end');
  expect(gateway.context.listeners.size).toBe(0);
  expect(gateway.context.ledger.listeners.size).toBe(0);
});
