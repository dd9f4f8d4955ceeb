import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Reading } from '../../../drivers/reading.ts';
import { ALARM_TYPE, type AlarmEvent } from '../../../gateway/alarms/alarm-event.ts';
import { runCommand } from '../../../gateway/commands/index.ts';
import { openHistory } from '../../../gateway/history/open-history.ts';
import { RecordingLines } from '../../../gateway/history/recording-lines.ts';
import type { JudgedSite } from '../../../gateway/judge/judge.ts';
import { LiveJudge } from '../../../gateway/judge/live-judge.ts';
import { firstTick, restoreJudge } from '../../../gateway/judge/restore.ts';
import { withTicksFrom } from '../../../gateway/kit/clock.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { openZone } from '../../../gateway/kit/zone.ts';
import { openLedger } from '../../../gateway/ledger/open-ledger.ts';
import { Recording } from '../../../gateway/replay/recording.ts';
import { replay } from '../../../gateway/replay/replay.ts';
import { type Permit, permit } from '../../../gateway/rules/permit.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { aPoint, aSite, NIGHT } from '../../tools/judged.ts';

let dir = '';
let told: string[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gengfu-export-'));
  told = [];
  vi.spyOn(console, 'error').mockImplementation((text: string) => void told.push(text));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(dir, { recursive: true, force: true });
});

/** What people and time do in one life of a gateway. */
interface Life {
  readonly clock: FakeClock;
  read(value: Reading['value'], more?: Partial<Reading>): void;
  readonly live: LiveJudge;
  /** What was read is on disk. */
  stored(): Promise<void>;
}

/** One life: from its restored state, through `living`, to an orderly end or, as when killed, none. */
async function life(
  site: JudgedSite,
  start: number,
  brought: readonly Permit[],
  living: (life: Life) => Promise<void>,
): Promise<number> {
  // A process's ticks begin at the wall clock.
  const clock = new FakeClock(start);
  const { ledger } = await openLedger({ dir, gateway: 'g', log: silentLog });
  await using _ledger = ledger;
  await using history = await openHistory({
    dir: join(dir, 'history'),
    log: silentLog,
    keepFreeBytes: 0,
    segmentReadings: 7,
  });
  const ticking = withTicksFrom(clock, await firstTick(ledger));
  const restored = await restoreJudge(
    { ...site, permits: [...site.permits, ...brought] },
    ledger,
    history,
    ticking,
    silentLog,
  );
  await using live = new LiveJudge(restored, ledger, ticking, clock, silentLog);
  live.recordTo(history.mark, restored.start, brought);
  await live.keep(restored.step, []);
  const read: Life['read'] = (value, more = {}) => {
    const quality = value === null ? 'bad' : 'good';
    const reading: Reading = { point: 'd/p', value, at: ticking.now(), tick: ticking.tick(), quality, ...more };
    live.take(reading.late ? [] : [reading], []);
    history.keep([reading]);
  };
  const stored = async () => {
    for await (const _ of history.since(Number.MAX_SAFE_INTEGER));
  };
  await living({ clock, read, live, stored });
  await stored();
  await ledger.append({ events: [], alarms: [], rules: [] });
  return clock.now();
}

/** What must be the same: all but ids and sequence. */
const compared = ({ type, time, subject, data }: AlarmEvent): string =>
  JSON.stringify([type, time, subject, data.level, data.value, data.limit, data.again, data.reason, data.permit]);

async function eventsOfLedger(): Promise<string[]> {
  const { ledger } = await openLedger({ dir, gateway: 'g', log: silentLog });
  await using _ledger = ledger;
  const entries = await ledger.read(0, 1000);
  // A recording gives the alarms' events, and none of what is told beside them.
  return entries
    .map(({ json }) => JSON.parse(json) as AlarmEvent)
    .filter(({ type }) => type.startsWith(ALARM_TYPE))
    .map(compared);
}

async function replayed(site: JudgedSite, file: string): Promise<string[]> {
  const events: string[] = [];
  for await (const event of replay(site, new Recording(file, openZone(site.timeZone)))) events.push(compared(event));
  return events;
}

async function exported(...args: string[]): Promise<string> {
  const file = join(dir, 'recording.jsonl');
  expect(await runCommand(['history', 'export', '--data', dir, ...args, file])).toBe(0);
  return file;
}
const linesOf = async (file: string) =>
  (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const SITE = aSite(
  [
    { levels: { yellow: { above: 5 }, red: { above: 8 } }, hold: '25s', clear: { by: 1, for: '20s' } },
    { levels: { orange: { above: 5 } }, measure: { kind: 'mean', over: '60s' }, clear: { for: '10s' } },
    { kind: 'silent', after: '45s', level: 'blue' },
    { levels: { red: { above: 7 } }, permit: { kind: 'night-work', cap: 'yellow' }, during: 'night', legal: true },
  ],
  [aPoint()],
);
const FILING = permit.parse({
  id: 'F-1',
  on: { device: 'd' },
  status: 'granted',
  from: '2026-07-15T22:04:00+08:00',
  to: '2026-07-15T22:20:00+08:00',
});

describe('a live run, exported and replayed', () => {
  test('gives the same events, with people, permits, a clock that is lost, and lives that end', async () => {
    let now = await life(SITE, NIGHT, [], async ({ clock, read, live }) => {
      for (const value of [3, 6, 6, 6, 9, 9, 9, null, 9]) {
        read(value);
        await clock.advance(10_000);
      }
      await live.act({ kind: 'acknowledge', alarm: 'r0@d/p', by: 'wang', note: '看到了' });
      await clock.advance(5000);
      await live.changePermits([FILING], { told: [], permits: [], audit: [] }, { at: clock.now(), tick: clock.tick() });
      read(9);
      await clock.advance(180_000);
      read(9.5);
      read(30, { late: true, deviceAt: clock.now() - 600_000 });
    });
    // Off for two minutes.
    now = await life(SITE, now + 120_000, [FILING], async ({ clock, read, live }) => {
      for (const value of [9, 9, 2, 2, 2]) {
        read(value);
        await clock.advance(10_000);
      }
      clock.trusted = 'unknown';
      live.lookAtTrust();
      for (const value of [9, 9, 9, 9]) {
        read(value);
        await clock.advance(10_000);
      }
      // An hour back: the tick does not.
      clock.step(-3_600_000);
      read(9);
      await clock.advance(10_000);
      clock.trusted = 'synchronised';
      live.lookAtTrust();
      for (const value of [9, 9, 1, 1, 1, 1]) {
        read(value);
        await clock.advance(10_000);
      }
      read(1);
    });
    now = await life(SITE, now + 30_000, [FILING], async ({ clock, read }) => {
      read(9);
      await clock.advance(30_000);
      read(9);
    });
    const live = await eventsOfLedger();
    expect(live.length).toBeGreaterThan(15);
    const file = await exported();
    expect(await replayed(SITE, file)).toEqual(live);
    const kinds = (await linesOf(file)).map((line) => Object.keys(line).find((key) => !['at', 'tick'].includes(key)));
    expect(new Set(kinds)).toEqual(new Set(['start', 'clock', 'device', 'action', 'permit', 'stop']));
  });

  test('while the gateway runs, too: what it has on disk, without disturbing it', async () => {
    await life(SITE, NIGHT, [], async ({ clock, read, stored }) => {
      for (let i = 0; i < 40; i++) {
        read(i % 10);
        await clock.advance(10_000);
      }
      await stored();
      expect((await linesOf(await exported())).length).toBe(42);
      read(9);
    });
    expect(await replayed(SITE, await exported())).toEqual(await eventsOfLedger());
  });
});

describe('what is exported', () => {
  const kept = async (readings: readonly Reading[], segmentReadings = 5) => {
    await using history = await openHistory({
      dir: join(dir, 'history'),
      log: silentLog,
      keepFreeBytes: 0,
      segmentReadings,
    });
    const begin = { at: NIGHT, tick: NIGHT };
    history.mark('start', begin, { offMs: 0 });
    history.mark('clock', begin, { trust: 'holding' });
    history.mark('permit', begin, FILING);
    for (const reading of readings) {
      history.keep([reading]);
      for await (const _ of history.since(Number.MAX_SAFE_INTEGER));
    }
  };
  const at = (second: number, more: Partial<Reading> = {}): Reading => ({
    point: 'd/p',
    value: second,
    at: NIGHT + second * 1000,
    tick: NIGHT + second * 1000,
    quality: 'good',
    ...more,
  });

  test('is each reading whole, from a time to a time, of the devices named; what held before is told', async () => {
    const late = { deviceAt: NIGHT - 5000, late: true as const };
    const bad = { value: null, quality: 'bad' as const, code: 'no-answer' };
    await kept([at(1), at(2, { point: 'e/state', value: 'normal' }), at(3, bad), at(4, late), at(5), at(6), at(7)]);
    const part = await linesOf(
      await exported('--from', '2026-07-15T22:00:02+08:00', '--to', '2026-07-15T14:00:05Z', '--device', 'd'),
    );
    const [clock, filing, ...readings] = part;
    expect(clock).toEqual({ at: '2026-07-15T14:00:03.000+00:00', clock: 'holding' });
    expect(filing?.permit).toEqual(FILING);
    expect(readings).toEqual([
      { at: '2026-07-15T14:00:03.000+00:00', device: 'd', point: 'p', value: null, quality: 'bad', code: 'no-answer' },
      {
        at: '2026-07-15T14:00:04.000+00:00',
        device: 'd',
        point: 'p',
        value: 4,
        deviceAt: '2026-07-15T13:59:55.000+00:00',
        late: true,
      },
      { at: '2026-07-15T14:00:05.000+00:00', device: 'd', point: 'p', value: 5 },
    ]);
    expect(told.at(-1)).toBe('5 lines');
  });

  test('runs lie on one line of ticks: a stop stands where the gateway reckons it to have been', () => {
    const lines = new RecordingLines({ from: 0, encodeTime: (ms) => String((ms - NIGHT) / 1000) });
    const tick = (second: number) => NIGHT + second * 1000;
    const start = (second: number, at: number, offMs: number): Reading => ({
      ...{ point: '@start', value: JSON.stringify({ offMs }), at: tick(second), tick: at, quality: 'good' },
    });
    const told = [
      start(0, tick(0), 0),
      at(10),
      // The state of the rules was 20 s younger than the last reading.
      start(100, tick(100), 70_000),
      at(101),
      // A clock that is behind since: ticks go on where they were, and it was off for no time at all.
      start(-1000, tick(101), 0),
      at(-999, { tick: tick(102) }),
    ].flatMap((reading) => [...lines.take(reading)].map((line) => JSON.parse(line) as Record<string, unknown>));
    expect(told).toEqual([
      { at: '0', start: true },
      { at: '10', device: 'd', point: 'p', value: 10 },
      { at: '30', stop: true },
      { at: '100', start: true },
      { at: '101', device: 'd', point: 'p', value: 101 },
      { at: '101', stop: true },
      { at: '-1000', tick: tick(101), start: true },
      { at: '-999', device: 'd', point: 'p', value: -999 },
    ]);
  });

  test('nothing, where there is no history: exit 3, and the file stays as it was', async () => {
    const file = join(dir, 'kept.jsonl');
    await writeFile(file, 'kept');
    expect(await runCommand(['history', 'export', '--data', join(dir, 'none'), file])).toBe(3);
    expect(told[0]).toMatch(/there is no history at/);
    expect(await readFile(file, 'utf8')).toBe('kept');
  });

  test.each<[string, string[], RegExp]>([
    ['no verb', ['x.jsonl'], /export is what a history can do/],
    ['no file', ['export', '--data', '/tmp'], /FILE or - is wanted/],
    ['no directory', ['export', 'x.jsonl'], /--data or --site is wanted/],
    ['no time', ['export', '--data', '/tmp', '--from', 'noon', 'x.jsonl'], /not a time: noon/],
  ])('%s: exit 2', async (_, args, message) => {
    expect(await runCommand(['history', ...args])).toBe(2);
    expect(told.join('\n')).toMatch(message);
  });

  test('to a place that cannot be written: exit 3', async () => {
    await kept([at(1)]);
    expect(await runCommand(['history', 'export', '--data', dir, join(dir, 'no', 'such', 'file')])).toBe(3);
    expect(told[0]).toMatch(/ENOENT/);
  });
});
