/**
 * 10,000 points at 1 s with five rules each through rules, alarms, ledger and history, in real time: CPU time a second,
 * and what grows. The ledger and the history have their threads, as they do in the gateway.
 *
 * usage: node --expose-gc tests/bench/many-points.ts [SECONDS]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHistory } from '../../gateway/history/open-history.ts';
import { LiveJudge } from '../../gateway/judge/live-judge.ts';
import { restoreJudge } from '../../gateway/judge/restore.ts';
import { openClock } from '../../gateway/kit/clock.ts';
import { silentLog } from '../../gateway/kit/log.ts';
import { openLedger } from '../../gateway/ledger/open-ledger.ts';
import { aPoint, aSite } from '../tools/judged.ts';
import { type Figure, tableOf } from './figure.ts';

const POINTS = 10_000;
/** As a link gives them: what was read at one instant. */
const BATCH = 100;
const WARM_S = 60;
/** Of one core. */
const MOST_SHARE = 1;

const on = { quantity: 'noise.la' };
const RULES = [
  { on, levels: { yellow: { above: 75 }, orange: { above: 80 }, red: { above: 85 } }, clear: { by: 2, for: '1min' } },
  { on, measure: { kind: 'leq', over: '5min' }, levels: { yellow: { above: 65 } }, clear: { by: 2, for: '5min' } },
  { on, measure: { kind: 'max', over: '1min' }, levels: { blue: { above: 90 } } },
  { on, kind: 'silent', after: '5min', level: 'blue' },
  { on, kind: 'stuck', after: '30min', level: 'blue' },
];

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const megabytes = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
};

export async function manyPoints(seconds: number): Promise<Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'gengfu-bench-'));
  const keys = Array.from({ length: POINTS }, (_, i) => `n-${i}/la`);
  const points = keys.map((key, i) =>
    aPoint({ device: `n-${i}`, id: 'la', key, quantity: 'noise.la', unit: 'dB(A)', everyMs: 1000 }),
  );
  const site = aSite(RULES, points);
  const clock = openClock({ trust: () => 'synchronised' });
  try {
    await using history = await openHistory({ dir: join(dir, 'history'), log: silentLog, isNoise: () => true });
    const { ledger } = await openLedger({ dir, gateway: 'bench-01', log: silentLog });
    await using _ledger = ledger;
    const restored = await restoreJudge(site, ledger, history, clock, silentLog);
    await using live = new LiveJudge(restored, ledger, clock, clock, silentLog);
    let turn = 0;
    const feed = () => {
      const [at, tick] = [clock.now(), clock.tick()];
      const from = (turn * BATCH) % POINTS;
      const batch = keys.slice(from, from + BATCH).map((point, i) => {
        // One in some tens of thousands is loud, for a while.
        const isLoud = (turn + i * 31) % 40_009 === 0;
        return {
          point,
          value: isLoud ? 82 : 45 + ((turn * 13 + i * 7) % 170) / 10,
          at,
          tick,
          quality: 'good' as const,
        };
      });
      live.take(batch, []);
      history.keep(batch);
      turn++;
    };
    const begun = performance.now();
    const perSecond = POINTS / BATCH;
    /** As many batches as are due by now, so that a late timer loses none. */
    const until = async (second: number) => {
      while (turn < second * perSecond) {
        const due = Math.floor(((performance.now() - begun) / 1000) * perSecond);
        while (turn < Math.min(due, second * perSecond)) feed();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    await until(WARM_S);
    const before = { cpu: cpuSeconds(), heap: megabytes(), at: performance.now() };
    await until(WARM_S + seconds);
    const wall = (performance.now() - before.at) / 1000;
    const share = (cpuSeconds() - before.cpu) / wall;
    const heap = megabytes();
    const { head } = ledger.status();
    return [
      {
        name: `${POINTS} points at 1 s, five rules each, for ${seconds} s`,
        asked: `at most ${MOST_SHARE} core`,
        measured: `${share.toFixed(2)} of a core in ${wall.toFixed(0)} s; ${head} entries`,
        ofBound: (share / MOST_SHARE) * (wall > seconds * 1.05 ? Number.POSITIVE_INFINITY : 1),
      },
      {
        name: 'what grows meanwhile',
        asked: null,
        measured: `heap ${before.heap.toFixed(0)} MB after ${WARM_S} s, ${heap.toFixed(0)} MB at the end; buffers ${(process.memoryUsage().arrayBuffers / 2 ** 20).toFixed(0)} MB, resident ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MB`,
        ofBound: null,
      },
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

if (import.meta.main) console.log(tableOf(await manyPoints(Number(process.argv[2] ?? 3600))));
