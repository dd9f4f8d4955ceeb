import { describe, expect, test } from 'vitest';
import type { Reading } from '../../../drivers/reading.ts';
import type { Summary } from '../../../gateway/history/history.ts';
import { openClock } from '../../../gateway/kit/clock.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { influx } from '../../../gateway/upstream/influx.ts';
import { influxOptions } from '../../../gateway/upstream/influx-options.ts';
import type { OpenUpstream } from '../../../gateway/upstream/upstream.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { FakeHistory } from '../../tools/fake-history.ts';
import { FakeLedger } from '../../tools/fake-ledger.ts';
import { freePort, until } from '../../tools/program.ts';
import { openPretended } from './influx-server.ts';

const START = 1_784_125_800_000;
const MINUTE_MS = 60_000;

const minute = (n: number, mean = 50, point = 'noise-07/la'): Summary => ({
  point,
  from: START + n * MINUTE_MS,
  state: null,
  count: 60,
  good: 60,
  min: mean - 5,
  max: mean + 5,
  mean,
  leq: mean + 1,
});
const minutes = (count: number, from = 0) => Array.from({ length: count }, (_, n) => minute(from + n, 50 + n));
const reading = (n: number): Reading => ({
  point: 'noise-07/la',
  value: n,
  at: START + n * 1000,
  tick: START + n * 1000,
  quality: 'good',
});

interface Given {
  readonly history?: FakeHistory;
  readonly ledger?: FakeLedger;
  readonly clock?: FakeClock;
  readonly options?: Record<string, unknown>;
}

async function openInflux(url: string, given: Given = {}): Promise<OpenUpstream> {
  const { history = new FakeHistory(), ledger = new FakeLedger(), clock = new FakeClock(START) } = given;
  // A hundred times as fast, so that looks and back-off take no time; an answer has its time all the same.
  const options = influxOptions.parse({ url, timeout: '1h', ...given.options });
  const wire = openClock({ rate: 100 });
  const context = { gateway: 'gw', version: '1', clock, wire, log: silentLog, ledger, history, points: () => [] };
  return influx.open('db', options, context);
}

const written = (requests: { path: string; lines: readonly string[] }[]) =>
  requests.filter(({ path }) => path.startsWith('/write')).map(({ lines }) => lines.length);

describe('minutes', () => {
  test('go up when they are whole, once each, and after a restart from where it was', async () => {
    await using server = await openPretended();
    const history = new FakeHistory();
    const clock = new FakeClock(START);
    {
      await using db = await openInflux(server.url, {
        history,
        clock,
        options: { username: 'gw', password: 'secret' },
      });
      history.rows = minutes(3);
      await clock.advance(2 * MINUTE_MS + 2000);
      await until(() => server.stored.size === 1, 'the first minute');
      await clock.advance(1000);
      await until(() => server.stored.size === 2, 'the second minute');
      await until(() => db.status().backlog === 0 && db.status().state === 'online', 'rest');
      expect(db.status()).toEqual({ state: 'online', backlog: 0, sent: 2 });
      expect(server.requests[0]?.path).toBe('/write?db=gengfu&precision=ms');
      expect(server.requests[0]?.authorization).toBe(`Basic ${Buffer.from('gw:secret').toString('base64')}`);
    }
    await clock.advance(10 * MINUTE_MS);
    await using _db = await openInflux(server.url, { history, clock });
    await until(() => server.stored.size === 3, 'the third');
    expect(written(server.requests)).toEqual([1, 1, 1]);
  });

  test('of a backlog go up in order, and a new upstream begins where it was told to', async () => {
    await using server = await openPretended();
    const history = new FakeHistory();
    history.rows = minutes(45);
    const clock = new FakeClock(START + 60 * MINUTE_MS);
    await using _db = await openInflux(server.url, { history, clock, options: { from: 'all' } });
    await until(() => server.stored.size === 45, 'all');
    expect(written(server.requests)).toEqual([10, 10, 10, 10, 5]);
    // Of its own, in which nobody has noted a place yet.
    const other = new FakeHistory();
    other.rows = minutes(62);
    await using end = await openInflux(server.url, { history: other, clock, options: { from: 'end' } });
    await clock.advance(2 * MINUTE_MS + 4000);
    await until(() => server.stored.size === 47, 'what came since');
    await until(() => end.status().sent === 2, 'its answer');
    expect(
      written(server.requests)
        .slice(5)
        .reduce((sum, lines) => sum + lines),
    ).toBe(2);
  });

  test('beyond the bytes that may wait the oldest go, and it says which', async () => {
    await using server = await openPretended();
    const history = new FakeHistory();
    const clock = new FakeClock(START + 5 * MINUTE_MS + 3000);
    history.rows = minutes(5);
    await using db = await openInflux(server.url, { history, clock, options: { from: 'all', backlog: 0.001 } });
    await until(() => server.stored.size === 5, 'what is there');
    server.answer = () => [503, 'away'];
    history.rows = minutes(600);
    await clock.advance(600 * MINUTE_MS);
    await until(() => /more than 0.001 MB waited/.test(db.status().error ?? ''), 'the gap');
    expect(db.status().error).toMatch(
      /minutes from 2026-07-15T14:\d\d to 2026-07-1[56]T\d\d:\d\d \(UTC\) were not sent/,
    );
    server.answer = () => [204];
    await until(() => db.status().backlog === 0, 'the rest');
    expect(server.stored.size).toBeLessThan(40);
    expect([...server.stored].at(-1)).toContain(String(minute(599).from));
  });

  test('a clock that was years ahead, and is set back, holds nothing up', async () => {
    await using server = await openPretended();
    const history = new FakeHistory();
    const clock = new FakeClock(START + 1_000_000 * MINUTE_MS);
    await using db = await openInflux(server.url, { history, clock });
    await until(() => history.notes.size === 0 && db.status().backlog === 0, 'a look');
    clock.step(-1_000_000 * MINUTE_MS);
    history.rows = minutes(10);
    await until(async () => {
      await clock.advance(MINUTE_MS);
      return server.stored.size > 0;
    }, 'a minute of now');
  });
});

describe('every reading', () => {
  test('goes up from its place in history, and what history has no more is said', async () => {
    await using server = await openPretended();
    const history = new FakeHistory();
    history.readings = Array.from({ length: 5000 }, (_, n) => reading(n));
    const given = { history, options: { every: 'raw', from: 'all', batch: 1000 } };
    {
      await using db = await openInflux(server.url, given);
      await until(() => server.stored.size === 5000, 'all of them');
      expect(Math.max(...written(server.requests))).toBe(1000);
      expect(db.status().error).toBeUndefined();
    }
    history.readings.push(...Array.from({ length: 3000 }, (_, n) => reading(5000 + n)));
    history.keptFrom = 6000;
    await using again = await openInflux(server.url, given);
    await until(() => server.stored.size === 7000, 'the rest');
    // The last answer is on its way.
    await until(() => again.status().sent === 2000, 'the last answer');
    expect(again.status()).toMatchObject({ error: /history keeps them no more/ });
  });

  test('beyond the bytes that may wait the oldest go', async () => {
    await using server = await openPretended();
    const history = new FakeHistory();
    history.readings = Array.from({ length: 100 }, (_, n) => reading(n));
    await using db = await openInflux(server.url, { history, options: { every: 'raw', from: 'all', backlog: 0.01 } });
    await until(() => server.stored.size === 100, 'the first');
    server.answer = () => [429];
    history.readings.push(...Array.from({ length: 20_000 }, (_, n) => reading(100 + n)));
    await until(() => /readings up to .* were not sent: more than 0.01 MB/.test(db.status().error ?? ''), 'the gap');
    server.answer = () => [204];
    await until(() => [...server.stored].at(-1)?.endsWith(String(reading(20_099).at)), 'the last');
    expect(server.stored.size).toBeLessThan(500);
  });
});

describe('when the other side', () => {
  const given = () => {
    const history = new FakeHistory();
    history.rows = minutes(8);
    return { history, clock: new FakeClock(START + 60 * MINUTE_MS), options: { from: 'all' } };
  };

  test.each([429, 500, 503, 401, 403, 302])('answers %i, all is kept and sent again', async (status) => {
    await using server = await openPretended(() => [status, 'no']);
    await using db = await openInflux(server.url, given());
    await until(() => server.requests.length > 2 && db.status().error !== undefined, 'three tries');
    if (status !== 302) expect(db.status()).toMatchObject({ state: 'online', sent: 0, error: `${status} no` });
    server.answer = () => [204];
    await until(() => server.stored.size === 8, 'all of it');
    await until(() => db.status().error === undefined, 'nothing more to say');
  });

  test('is not there, or says nothing, it is offline, and all is sent when it is back', async () => {
    const port = await freePort();
    await using away = await openInflux(`http://127.0.0.1:${port}`, given());
    await until(() => away.status().state === 'offline', 'that it is away');
    expect(away.status().error).toMatch(/ECONNREFUSED/);
    await using server = await openPretended(() => undefined);
    await using silent = await openInflux(server.url, { ...given(), options: { ...given().options, timeout: '100s' } });
    await until(() => silent.status().error === 'no answer in time', 'the time-out');
    server.answer = () => [204];
    await until(() => server.stored.size === 8, 'all of it');
  });

  test('finds a request too large, it is halved, and stays so; a line that is too large alone is set aside', async () => {
    await using server = await openPretended((lines) => (lines.length > 2 ? [413] : [204]));
    await using db = await openInflux(server.url, given());
    await until(() => server.stored.size === 8, 'all of it');
    expect(written(server.requests)).toEqual([8, 4, 2, 2, 4, 2, 2]);
    server.answer = (lines) => (lines.some((line) => line.includes('mean=52')) ? [413] : [204]);
    await using other = await openInflux(server.url, given());
    await until(() => other.status().sent === 7, 'the others');
    expect(other.status().error).toMatch(/1 lines were refused for ever/);
    expect(db.status().error).toBeUndefined();
  });

  test('stored all but some, those are counted and it goes on', async () => {
    const body = '{"error":"partial write: field type conflict: input field \\"mean\\" dropped=3"}';
    await using server = await openPretended(() => [400, body]);
    await using db = await openInflux(server.url, given());
    await until(() => db.status().sent === 5, 'it to go on');
    expect(db.status().error).toMatch(/3 lines were refused for ever, the last by: 400 .*field type conflict/);
    await until(() => db.status().backlog === 0, 'nothing left');
    expect(written(server.requests)).toEqual([8]);
  });

  test('refuses a batch for one line, that one is found and set aside, and the others are stored', async () => {
    const isWrong = (line: string) => line.includes('mean=53,');
    await using server = await openPretended((lines) => (lines.some(isWrong) ? [400, 'cannot parse'] : [204]));
    await using db = await openInflux(server.url, given());
    await until(() => db.status().sent === 7, 'the others');
    expect(server.stored.size).toBe(7);
    expect(db.status().error).toBe('1 lines were refused for ever, the last by: 400 cannot parse');
  });

  test('refuses every line, nothing is set aside: it is not the lines', async () => {
    await using server = await openPretended(() => [400, 'what is this?']);
    await using db = await openInflux(server.url, given());
    await until(() => db.status().error === '400 what is this?', 'why');
    expect(db.status()).toMatchObject({ sent: 0 });
    server.answer = () => [204];
    await until(() => server.stored.size === 8, 'all of it');
  });

  test('has no such database, it is made', async () => {
    await using server = await openPretended(() =>
      server.requests.some(({ path }) => path === '/query')
        ? [204]
        : [404, '{"error":"database not found: \\"gengfu\\""}'],
    );
    await using _db = await openInflux(server.url, given());
    await until(() => server.stored.size === 8, 'all of it');
    const query = server.requests.find(({ path }) => path === '/query');
    expect(query?.lines).toEqual(['q=CREATE+DATABASE+%22gengfu%22']);
  });
});

test('entries of the log go up as marks where that is wanted, from a cursor of their own', async () => {
  await using server = await openPretended();
  const ledger = new FakeLedger();
  ledger.entries.push(
    ...Array.from({ length: 150 }, (_, n) => ({
      sequence: n + 1,
      json: JSON.stringify({
        type: 'city.gengfu.alarm.raised',
        subject: 'd/p/r',
        time: '2026-07-15T22:30:00.000+08:00',
        sequence: String(n + 1),
        data: { device: 'd', point: 'p', rule: `r${n}`, level: 'red', title: { zh: '夜' } },
      }),
    })),
  );
  await using db = await openInflux(server.url, { ledger, options: { events: true, from: 'all' } });
  await until(() => server.stored.size === 150, 'all of them');
  await until(() => db.status().backlog === 0, 'nothing left');
  expect(ledger.cursors.get('db')).toBe(150);
});

test('history that cannot be read is said, and tried again', async () => {
  await using server = await openPretended();
  const history = new FakeHistory();
  history.rows = minutes(8);
  history.fails = new Error('history is broken');
  const clock = new FakeClock(START + 60 * MINUTE_MS);
  await using db = await openInflux(server.url, { history, clock, options: { from: 'all' } });
  await until(() => db.status().error === 'history is broken', 'why');
  history.fails = undefined;
  await until(() => server.stored.size === 8, 'all of it');
});

test.each([
  ['http://user:pw@db:8086', /must not hold credentials/],
  ['ftp://db', /must be http/],
  ['http://db/?x=1', /must end after the path/],
])('%s is refused', (url, message) => {
  expect(() => influxOptions.parse({ url })).toThrow(message);
});

test('a database whose name would need quoting is refused', () => {
  expect(() => influxOptions.parse({ url: 'http://db', database: 'a"; DROP DATABASE b' })).toThrow(
    /must be of letters/,
  );
});
