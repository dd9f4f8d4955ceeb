import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AlarmEvent } from '../../../gateway/alarms/alarm-event.ts';
import { openHistory } from '../../../gateway/history/open-history.ts';
import type { JudgedSite } from '../../../gateway/judge/judge.ts';
import { LiveJudge } from '../../../gateway/judge/live-judge.ts';
import { firstTick, restoreJudge } from '../../../gateway/judge/restore.ts';
import { withTicksFrom } from '../../../gateway/kit/clock.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { openLedger } from '../../../gateway/ledger/open-ledger.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { aPoint, aSite, NIGHT, told } from '../../tools/judged.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gengfu-restore-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** One life of a gateway's middle: from its restored state, through `live`, to an orderly end. All its events. */
async function life(
  site: JudgedSite,
  start: number,
  values: readonly (readonly [seconds: number, value: number])[],
): Promise<string[]> {
  const fake = new FakeClock(start);
  const { ledger } = await openLedger({ dir, gateway: 'g', log: silentLog });
  await using _ledger = ledger;
  await using history = await openHistory({ dir: join(dir, 'history'), log: silentLog, keepFreeBytes: 0 });
  const clock = withTicksFrom(fake, await firstTick(ledger));
  const from = ledger.status().head;
  const restored = await restoreJudge(site, ledger, history, clock, silentLog);
  await using live = new LiveJudge(restored, ledger, clock, fake, silentLog);
  await live.keep(restored.step, []);
  let at = 0;
  for (const [seconds, value] of values) {
    await fake.advance((seconds - at) * 1000);
    at = seconds;
    const reading = { point: 'd/p', value, at: clock.now(), tick: clock.tick(), quality: 'good' as const };
    history.keep([reading]);
    live.take([reading], []);
  }
  await live.keep({ alarms: [], events: [] }, []);
  await ledger.append({ events: [], alarms: [], rules: [] });
  const entries = await ledger.read(from, 100);
  return entries.map(({ json }) => told(JSON.parse(json) as AlarmEvent, NIGHT));
}

const rule = (above: number) => ({ levels: { yellow: { above } }, permit: { kind: 'night-work', cap: 'blue' } });

describe('a start after a stop', () => {
  test('an alarm that is active stays, and is not raised again', async () => {
    expect(await life(aSite([rule(5)]), NIGHT, [[10, 9]])).toEqual(['10 raised yellow 9']);
    expect(
      await life(aSite([rule(5)]), NIGHT + 60_000, [
        [0, 9],
        [10, 1],
      ]),
    ).toEqual(['70 returned 1']);
  });

  test('a rule that means something else now closes what it said', async () => {
    await life(aSite([rule(5)]), NIGHT, [[10, 9]]);
    expect(await life(aSite([rule(6)]), NIGHT + 60_000, [[0, 9]])).toEqual([
      '60 returned 9 rule-changed',
      '60 raised yellow 9 again',
    ]);
  });

  test('a rule that is gone returns what it said', async () => {
    await life(aSite([rule(5)]), NIGHT, [[10, 9]]);
    expect(await life(aSite([]), NIGHT + 60_000, [])).toEqual(['60 returned 9 rule-removed']);
  });

  test('a permit that was revoked meanwhile is seen at once', async () => {
    const filing = { id: 'f', from: '2026-07-15T22:00:00+08:00', to: '2026-07-16T02:00:00+08:00' };
    const site = (status: string) => aSite([rule(5)], [aPoint()], { filings: [{ ...filing, status }] });
    expect(await life(site('granted'), NIGHT, [[10, 9]])).toEqual(['10 raised blue 9 granted']);
    expect(await life(site('revoked'), NIGHT + 60_000, [])).toEqual(['60 level-changed yellow 9 revoked']);
  });

  test('silence did not count while the gateway was off', async () => {
    const silent = aSite([{ kind: 'silent', after: '60s', level: 'blue' }]);
    await life(silent, NIGHT, [[10, 1]]);
    expect(await life(silent, NIGHT + 3_600_000, [[30, 1]])).toEqual([]);
  });

  test('a window is filled from history', async () => {
    const mean = aSite([{ levels: { yellow: { above: 5 } }, measure: { kind: 'mean', over: '60s' } }]);
    await life(mean, NIGHT, [
      [0, 9],
      [10, 9],
      [20, 9],
      [30, 9],
    ]);
    expect(
      await life(mean, NIGHT + 40_000, [
        [0, 9],
        [10, 9],
      ]),
    ).toEqual(['40 raised yellow 9']);
  });

  test('a reading that was late fills no window, and nothing older than the last one taken is taken', async () => {
    const mean = aSite([{ levels: { yellow: { above: 5 } }, measure: { kind: 'mean', over: '30s' } }]);
    await life(mean, NIGHT, [
      [0, 9],
      [10, 9],
      [20, 9],
    ]);
    const point = { point: 'd/p', quality: 'good' as const };
    {
      await using history = await openHistory({ dir: join(dir, 'history'), log: silentLog, keepFreeBytes: 0 });
      const [at, tick] = [NIGHT + 22_000, NIGHT + 22_000];
      history.keep([
        { ...point, value: -99, at, tick, deviceAt: NIGHT - 60_000, late: true },
        { ...point, value: 9, at, tick, deviceAt: NIGHT + 22_000 },
      ]);
    }
    const { ledger } = await openLedger({ dir, gateway: 'g', log: silentLog });
    await using _ledger = ledger;
    await using history = await openHistory({ dir: join(dir, 'history'), log: silentLog, keepFreeBytes: 0 });
    const clock = withTicksFrom(new FakeClock(NIGHT + 25_000), await firstTick(ledger));
    const { judge, lateness } = await restoreJudge(mean, ledger, history, clock, silentLog);
    expect([...judge.rules.answers()].map(({ value }) => value)).toEqual([9]);
    const again = { ...point, value: 1, at: NIGHT + 26_000, tick: NIGHT + 26_000, deviceAt: NIGHT + 21_000 };
    expect(lateness.mark([again], 'synchronised')).toEqual([{ ...again, late: true }]);
  });

  test('a clock that is behind after the start does not stop what is due', async () => {
    const held = aSite([{ levels: { yellow: { above: 5 } }, hold: '20s' }]);
    await life(held, NIGHT, [[0, 1]]);
    const past = NIGHT - 86_400_000;
    expect(
      await life(held, past, [
        [0, 9],
        [10, 9],
        [20, 9],
        [30, 9],
      ]),
    ).toEqual(['-86380 raised yellow 9']);
  });
});
