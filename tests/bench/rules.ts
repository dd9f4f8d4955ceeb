import { openZone } from '../../gateway/kit/zone.ts';
import { RuleEngine } from '../../gateway/rules/engine.ts';
import { aPoint, aSite, NIGHT } from '../tools/judged.ts';
import type { Figure } from './figure.ts';

const POINTS = 1000;
const WINDOW_S = 1200;
const MOST_BYTES = 40e6;

const level = (point: number, second: number): number => 45 + ((point * 7 + second * 13) % 17);

/** Milliseconds of CPU time that this process has used: what a busy machine does not stretch. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** What any implementation has to do: keep the last 20 minutes of energies with their sum, compare the level. */
function bareLoop(seconds: number): { readonly perSecond: number; readonly above: number } {
  const energies = Array.from({ length: POINTS }, () => new Float64Array(WINDOW_S));
  const sums = new Float64Array(POINTS);
  let above = 0;
  const since = cpuMs();
  for (let second = 0; second < seconds; second++) {
    const slot = second % WINDOW_S;
    const filled = Math.min(second + 1, WINDOW_S);
    for (const [point, kept] of energies.entries()) {
      const energy = 10 ** (level(point, second) / 10);
      const sum = (sums[point] ?? 0) + energy - (kept[slot] ?? 0);
      sums[point] = sum;
      kept[slot] = energy;
      if (filled >= WINDOW_S * 0.75 && 10 * Math.log10(sum / filled) > 55) above++;
    }
  }
  return { perSecond: (seconds * POINTS * 1000) / (cpuMs() - since), above };
}

/** 1,000 points each second, each with an Leq over 20 minutes and three levels: rate and memory. */
export function judgeMany(seconds: number): Figure[] {
  const points = Array.from({ length: POINTS }, (_, i) =>
    aPoint({ device: `n-${i}`, id: 'la', key: `n-${i}/la`, quantity: 'noise.la', unit: 'dB(A)', everyMs: 1000 }),
  );
  const leq = {
    on: { quantity: 'noise.la' },
    measure: { kind: 'leq', over: '20min', coverage: '75%' },
    levels: { yellow: { above: 55 }, orange: { above: 60 }, red: { above: 65 } },
    clear: { by: 2, for: '5min' },
  };
  const site = aSite([leq], points);
  const memory = () => {
    globalThis.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = memory();
  const engine = new RuleEngine({ ...site, zone: openZone(site.timeZone), start: { at: NIGHT, tick: NIGHT } });
  const keys = points.map(({ key }) => key);
  let took = 0;
  for (let second = 0; second < seconds; second++) {
    const at = NIGHT + second * 1000;
    const batch = keys.map((point, i) => ({ point, value: level(i, second), at, tick: at, quality: 'good' as const }));
    const since = cpuMs();
    engine.step(batch);
    took += cpuMs() - since;
  }
  const bytes = memory() - before;
  const ours = (seconds * POINTS * 1000) / took;
  const bare = bareLoop(seconds).perSecond;
  // The engine is in use until here.
  const watched = [...engine.answers()].length;
  const million = (rate: number) => `${(rate / 1e6).toFixed(2)} million/s`;
  return [
    {
      name: 'rules: Leq over 20 min of 1,000 points each second, to a bare loop’s CPU time',
      asked: null,
      measured: `${(bare / ours).toFixed(2)} times: ${million(ours)} and ${million(bare)} (${watched} watches)`,
      ofBound: null,
    },
    {
      name: 'rules: memory of 1,000 points with 20 min of readings at 1 s',
      asked: `under ${MOST_BYTES / 1e6} MB`,
      measured: `${(bytes / 1e6).toFixed(1)} MB`,
      ofBound: globalThis.gc === undefined ? null : bytes / MOST_BYTES,
    },
  ];
}
