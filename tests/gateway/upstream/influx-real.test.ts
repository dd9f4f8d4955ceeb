import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Reading } from '../../../drivers/reading.ts';
import { openHistory } from '../../../gateway/history/open-history.ts';
import { openClock } from '../../../gateway/kit/clock.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { influx } from '../../../gateway/upstream/influx.ts';
import { influxOptions } from '../../../gateway/upstream/influx-options.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { FakeLedger } from '../../tools/fake-ledger.ts';
import { freePort, start, testWith, until } from '../../tools/program.ts';

const NOW = Math.floor(Date.now() / 60_000) * 60_000;
const SECONDS = 600;

/** Ten minutes of one noise point, with a peak, and a smoke sensor, kept by a real history. */
async function openKept(dir: string) {
  const history = await openHistory({
    dir: join(dir, 'history'),
    log: silentLog,
    keepFreeBytes: 0,
    segmentReadings: 500,
    isNoise: (point) => point === 'noise-07/la',
  });
  const readings = Array.from({ length: SECONDS }, (_, second): Reading[] => {
    const at = NOW - (SECONDS - second) * 1000;
    const common = { at, tick: at, quality: 'good' as const };
    return [
      { ...common, point: 'noise-07/la', value: second === 125 ? 88.8 : second % 2 === 0 ? 60 : 70 },
      { ...common, point: 'smoke\n12,x/state', value: second > 300 ? 'alarm' : 'normal' },
    ];
  });
  history.keep(readings.flat());
  for await (const _ of history.since(Number.MAX_SAFE_INTEGER));
  return history;
}

// A site checks its ids; what reaches the encoder by whatever way must not write lines of its own.
const HOSTILE = 'smoke\nhacked,device=all value=1 1\n';
const POINTS = [
  {
    key: 'noise-07/la',
    device: 'noise-07',
    id: 'la',
    quantity: 'noise.la',
    scene: '工地 7,8=9',
    place: { grid: 'JS-03' },
  },
  {
    key: 'smoke\n12,x/state',
    device: HOSTILE,
    id: 'state',
    quantity: 'smoke.state',
    scene: 'x\\',
    place: { grid: null },
  },
];

function openTo(url: string, history: Awaited<ReturnType<typeof openKept>>, more: object) {
  const clock = new FakeClock(NOW + 10_000);
  const wire = openClock({ rate: 20 });
  const options = influxOptions.parse({ url, from: 'all', timeout: '1h', ...more });
  const context = { gateway: 'gw', version: '1', clock, wire, log: silentLog, ledger: new FakeLedger(), history };
  return influx.open('db', options, { ...context, points: () => POINTS });
}

async function openInfluxd(dir: string) {
  const [http, rpc] = [await freePort(), await freePort()];
  const config = join(dir, 'influxdb.conf');
  await writeFile(
    config,
    `reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
  dir = "${dir}/meta"
[data]
  dir = "${dir}/data"
  wal-dir = "${dir}/wal"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${http}"
  max-body-size = 20000
`,
  );
  const url = `http://127.0.0.1:${http}`;
  await using starting = new AsyncDisposableStack();
  const program = starting.use(start('influxd', ['-config', config]));
  await until(
    () =>
      fetch(`${url}/ping`).then(
        (answer) => answer.status === 204,
        () => false,
      ),
    () => `influxd: ${program.output()}`,
  );
  const query = async (q: string): Promise<unknown[][]> => {
    const answer = await fetch(`${url}/query?${new URLSearchParams({ db: 'gengfu', q, epoch: 'ms' })}`);
    const { results } = (await answer.json()) as { results: { series?: { values: unknown[][] }[] }[] };
    return results[0]?.series?.flatMap(({ values }) => values) ?? [];
  };
  starting.move();
  return { url, program, query };
}

async function withFolder(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'gengfu-influx-'));
  try {
    await run(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

testWith('influxd')('a real InfluxDB has every minute and every reading, once, and nothing that nobody wrote', () =>
  withFolder(async (dir) => {
    await using history = await openKept(dir);
    const { url, program, query } = await openInfluxd(dir);
    await using _influxd = program;
    {
      await using db = await openTo(url, history, {});
      await until(async () => (await query('SELECT count(mean) FROM gengfu_minute'))[0]?.[1] === 10, 'ten minutes');
      expect(db.status().error).toBeUndefined();
    }
    const [row] = await query(
      `SELECT min, max, mean, leq, count, valid FROM gengfu_minute WHERE device = 'noise-07' AND time = ${NOW - 480_000}ms`,
    );
    // Of 60 and 70 dB for half the time each, and one second of 88.8.
    expect(row?.slice(1)).toEqual([60, 88.8, expect.closeTo(65.313, 3), expect.closeTo(72.547, 3), 60, 1]);
    expect(await query("SELECT sum(count) FROM gengfu_minute WHERE point = 'state' GROUP BY state")).toEqual([
      [0, 299],
      [0, 301],
    ]);

    // Requests are larger than the server takes: they are halved.
    await using _raw = await openTo(url, history, { every: 'raw' });
    await until(
      async () => (await query('SELECT count(ok) FROM gengfu_reading'))[0]?.[1] === 2 * SECONDS,
      'every reading',
    );
    expect(await query("SELECT max(value) FROM gengfu_reading WHERE scene = '工地 7,8=9'")).toEqual([
      [NOW - 475_000, 88.8],
    ]);
    expect((await query('SHOW MEASUREMENTS')).flat()).toEqual(['gengfu_minute', 'gengfu_reading']);
    const devices = (await query('SHOW TAG VALUES FROM gengfu_reading WITH KEY = device')).map((each) => each[1]);
    expect(devices).toEqual(['noise-07', HOSTILE.replaceAll('\n', '_')]);

    // A field that somebody else has given another type: what does not fit is named, the rest is stored.
    const create = new URLSearchParams({ q: 'CREATE DATABASE other' });
    expect((await fetch(`${url}/query?${create}`, { method: 'POST' })).status).toBe(200);
    const theirs = `gengfu_minute,device=x mean="text" ${NOW - 475_000}`;
    const write = await fetch(`${url}/write?db=other&precision=ms`, { method: 'POST', body: theirs });
    expect(write.status).toBe(204);
    await history.note('influx db 1min', String(NOW - 600_000));
    await using conflicting = await openTo(url, history, { database: 'other' });
    await until(() => /field type conflict/.test(conflicting.status().error ?? ''), 'what it says of the conflict');
    await until(
      async () => (await query("SELECT sum(count) FROM other..gengfu_minute WHERE point = 'state'"))[0]?.[1] === 600,
      'the rest',
    );
  }),
);

testWith('victoria-metrics')('a real VictoriaMetrics has every minute', () =>
  withFolder(async (dir) => {
    await using history = await openKept(dir);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    await using program = start('victoria-metrics', [
      `-httpListenAddr=127.0.0.1:${port}`,
      `-storageDataPath=${dir}/vm`,
      '-search.latencyOffset=0s',
      '-retentionPeriod=1',
    ]);
    await until(
      () =>
        fetch(`${url}/health`).then(
          ({ ok }) => ok,
          () => false,
        ),
      () => `victoria-metrics: ${program.output()}`,
    );
    await using db = await openTo(url, history, {});
    await until(() => db.status().sent > 0 && db.status().backlog === 0, 'it to be sent');
    const query = async (match: string) => {
      const times = { start: String(NOW / 1000 - 700), end: String(NOW / 1000 + 60) };
      const answer = await fetch(`${url}/api/v1/export?${new URLSearchParams({ 'match[]': match, ...times })}`);
      const lines = (await answer.text())
        .trim()
        .split('\n')
        .filter((line) => line !== '');
      return lines.map((line) => JSON.parse(line) as { metric: Record<string, string>; values: number[] });
    };
    await until(async () => {
      await fetch(`${url}/internal/force_flush`);
      return (await query('gengfu_minute_max'))[0]?.values.length === 10;
    }, 'ten minutes');
    const [series] = await query('gengfu_minute_max');
    expect(series?.metric).toMatchObject({
      gateway: 'gw',
      device: 'noise-07',
      point: 'la',
      quantity: 'noise.la',
      grid: 'JS-03',
    });
    expect(Math.max(...(series?.values ?? []))).toBe(88.8);
    expect((await query('{device="all"}')).length).toBe(0);
    expect((await query('gengfu_minute_count{point="state"}')).length).toBe(2);
  }),
);
