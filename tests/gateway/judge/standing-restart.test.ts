import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Action } from '../../../gateway/alarms/action.ts';
import type { EntryDraft } from '../../../gateway/alarms/alarm-event.ts';
import { openHistory } from '../../../gateway/history/open-history.ts';
import { Judge, type JudgedSite } from '../../../gateway/judge/judge.ts';
import { LiveJudge } from '../../../gateway/judge/live-judge.ts';
import { firstTick, restoreJudge } from '../../../gateway/judge/restore.ts';
import { withTicksFrom } from '../../../gateway/kit/clock.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { openLedger } from '../../../gateway/ledger/open-ledger.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { aPoint, aSite, NIGHT, readingOf } from '../../tools/judged.ts';
import { said, standOf } from '../alarms/box.ts';

const MIN = 60_000;
let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gengfu-standing-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const SITE = aSite([
  { levels: { yellow: { above: 5 } } },
  { kind: 'silent', after: '2min', level: 'blue', suppressedBy: 'r0' },
]);

/** One life of a gateway's middle on a real ledger, killed at its end: what it told, and how the alarm stands then. */
async function life(site: JudgedSite, start: number, does: readonly (Action | number)[]) {
  const fake = new FakeClock(start);
  const { ledger } = await openLedger({ dir, gateway: 'g', log: silentLog });
  await using _ledger = ledger;
  await using history = await openHistory({ dir: join(dir, 'history'), log: silentLog, keepFreeBytes: 0 });
  const clock = withTicksFrom(fake, await firstTick(ledger));
  const from = ledger.status().head;
  const restored = await restoreJudge(site, ledger, history, clock, silentLog);
  await using live = new LiveJudge(restored, ledger, clock, fake, silentLog);
  await live.keep(restored.step, []);
  for (const each of does) {
    if (typeof each === 'number') {
      const reading = { point: 'd/p', value: each, at: clock.now(), tick: clock.tick(), quality: 'good' as const };
      history.keep([reading]);
      live.take([reading], []);
    } else expect((await live.act(each)).status).toBe('done');
  }
  await ledger.append({ events: [], alarms: [], rules: [] });
  const told = (await ledger.read(from, 100)).map(({ json }) => JSON.parse(json) as EntryDraft);
  return {
    told: told.map((entry) => `${(Date.parse(entry.time) - NIGHT) / MIN} ${said(entry)}`),
    stands: standOf(live.judge.alarms, 'r0@d/p'),
    standing: live.judge.alarms.standing,
  };
}

const shelve: Action = { kind: 'shelve', alarm: 'r0@d/p', by: 'Li', note: 'known', forMs: 60 * MIN, once: false };

test('a shelf outlives a restart, and ends at its own time while the gateway is off', async () => {
  expect((await life(SITE, NIGHT, [9, shelve])).told).toEqual([
    '0 d/p/r0 raised yellow',
    '0 d/p/r0 shelved yellow shelved by Li',
  ]);
  const second = await life(SITE, NIGHT + 30 * MIN, [9]);
  expect(second).toMatchObject({
    told: [],
    stands: 'UNACK shelved',
    standing: { shelves: [{ by: 'Li', note: 'known' }] },
  });
  const third = await life(SITE, NIGHT + 90 * MIN, [9]);
  expect(third).toMatchObject({
    told: ['60 d/p/r0 unshelved yellow expired'],
    stands: 'UNACK',
    standing: { shelves: [] },
  });
});

test('a device that is out of service stays so over a restart, with what it raises then', async () => {
  const out: Action = { kind: 'out-of-service', on: 'd', by: 'Li', owner: 'Wang', note: 'moved' };
  expect((await life(SITE, NIGHT, [out])).told).toEqual(['0 d device.out-of-service by Li']);
  expect((await life(SITE, NIGHT + 60 * MIN, [9])).told).toEqual(['60 d/p/r0 raised yellow out']);
});

test('a site that has a shorter cap, and another settings, is taken at a start', async () => {
  await life(SITE, NIGHT, [9]);
  const day = 24 * 60 * MIN;
  const settings = { shelveAtMostMs: MIN, workOrderAtMostMs: day, staleAfterMs: 5 * MIN };
  const alarms = {
    ...settings,
    chatter: { returns: 3, withinMs: MIN, steadyMs: MIN },
    flood: { over: 10, below: 5, withinMs: MIN, respond: 'standard' },
  };
  expect((await life({ ...SITE, alarms }, NIGHT + 10 * MIN, [9])).told).toEqual(['5 d/p/r0 noted yellow stale']);
});

test('rules and alarms come in their order, however far apart the readings are: as live, so replayed', () => {
  const judge = new Judge(SITE, { at: NIGHT, tick: NIGHT }, 'synchronised');
  const told: string[] = [];
  const take = (seconds: number, value: number) =>
    told.push(
      ...judge
        .step([readingOf([seconds, value], NIGHT)])
        .events.map((event) => `${(Date.parse(event.time) - NIGHT) / MIN} ${said(event)}`),
    );
  take(0, 1);
  const at = NIGHT + 1000;
  judge.act({ ...shelve, alarm: 'r1@d/p', forMs: MIN }, { at, tick: at });
  // Silent since two minutes: a minute after the shelf has ended.
  take(600, 1);
  expect(told).toEqual(['2 d/p/r1 raised blue', '10 d/p/r1 returned']);
});

test('a smoke alarm of a real rule is one, and its battery is none', () => {
  const points = [aPoint({ quantity: 'smoke.state', unit: null })];
  const site = aSite(
    [
      { kind: 'state', levels: { red: { is: ['alarm', 'over-temperature'] } } },
      { kind: 'state', levels: { blue: { is: ['low-battery'] } } },
    ],
    points,
  );
  const judge = new Judge(site, { at: NIGHT, tick: NIGHT }, 'synchronised');
  const ask = (alarm: string) => judge.act({ ...shelve, alarm }, { at: NIGHT, tick: NIGHT }).receipt;
  expect(ask('r0@d/p')).toMatchObject({ code: 'never-shelved' });
  expect(ask('r1@d/p')).toMatchObject({ status: 'done', alarm: null });
});
