import { openZone } from '../../gateway/kit/zone.ts';
import { RuleEngine } from '../../gateway/rules/engine.ts';
import { aPoint, aSite, NIGHT } from '../tools/judged.ts';
import { type Figure, median } from './figure.ts';

const POINTS = 1000;
const WINDOW_S = 1200;
const WARM_S = WINDOW_S + 100;
const SLICE_S = 100;
const MOST_BYTES = 40e6;
/** Of a bare loop's rate. */
const LEAST_SHARE = 0.3;
/** Evaluations a second of one core. */
const LEAST_RATE = 1e6;
const LEQ = {
  on: { quantity: 'noise.la' },
  measure: { kind: 'leq', over: '20min', coverage: '75%' },
  levels: { yellow: { above: 55 }, orange: { above: 60 }, red: { above: 65 } },
  clear: { by: 2, for: '5min' },
};
/** Five rules on single values, none of which they pass. */
const VALUES = [81, 82, 83, 84, 85].map((above) => ({
  on: { quantity: 'noise.la' },
  levels: { yellow: { above }, orange: { above: 90 }, red: { above: 95 } },
  clear: { by: 2, for: '5min' },
}));

const level = (point: number, second: number): number => 45 + ((point * 7 + second * 13) % 17);

/** Milliseconds of CPU time that this process has used: what a busy machine does not stretch. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Takes the seconds up to this one and says how many ms of CPU time that took. */
type Run = (to: number) => number;

/** What any implementation has to do: keep the last 20 minutes of energies with their sum, compare the level. */
function openBare(): Run {
  const energies = Array.from({ length: POINTS }, () => new Float64Array(WINDOW_S));
  const sums = new Float64Array(POINTS);
  let second = 0;
  let above = 0;
  return (to) => {
    const since = cpuMs();
    for (; second < to; second++) {
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
    // What it found is used, or nothing would have to be worked out.
    return cpuMs() - since + Math.min(0, above);
  };
}

/** An engine that is given 1,000 points each second. */
function openJudge(rules: readonly object[]): { readonly engine: RuleEngine; readonly run: Run } {
  const points = Array.from({ length: POINTS }, (_, i) =>
    aPoint({ device: `n-${i}`, id: 'la', key: `n-${i}/la`, quantity: 'noise.la', unit: 'dB(A)', everyMs: 1000 }),
  );
  const site = aSite(rules, points);
  const engine = new RuleEngine({ ...site, zone: openZone(site.timeZone), start: { at: NIGHT, tick: NIGHT } });
  const keys = points.map(({ key }) => key);
  let second = 0;
  const run: Run = (to) => {
    let took = 0;
    for (; second < to; second++) {
      const at = NIGHT + second * 1000;
      const batch = keys.map((point, i) => ({
        point,
        value: level(i, second),
        at,
        tick: at,
        quality: 'good' as const,
      }));
      const since = cpuMs();
      engine.step(batch);
      took += cpuMs() - since;
    }
    return took;
  };
  return { engine, run };
}

/**
 * Readings a second of each, taken slice by slice in turn, so that what else the machine does falls on all alike: the
 * median of the slices after the windows are full and the code is compiled for what it does from then on.
 */
function ratesOf(runs: readonly Run[], seconds: number): number[] {
  for (const run of runs) run(WARM_S);
  const rates = runs.map((): number[] => []);
  for (let to = WARM_S + SLICE_S; to <= seconds; to += SLICE_S) {
    for (const [i, run] of runs.entries()) rates[i]?.push((SLICE_S * POINTS * 1000) / run(to));
  }
  return rates.map(median);
}

/** 1,000 points each second, each with an Leq over 20 minutes and three levels: rate and memory; and five plain limits. */
export function judgeMany(seconds: number): Figure[] {
  const memory = () => {
    globalThis.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = memory();
  const leq = openJudge([LEQ]);
  leq.run(WARM_S);
  const bytes = memory() - before;
  const values = openJudge(VALUES);
  const rates = ratesOf([leq.run, openBare(), values.run], seconds);
  const [ours = Number.NaN, bare = Number.NaN, plain = Number.NaN] = rates;
  const evaluations = plain * VALUES.length;
  // The engine is in use until here.
  const watched = [...leq.engine.answers()].length;
  const million = (rate: number) => `${(rate / 1e6).toFixed(2)} million/s`;
  return [
    {
      name: 'rules: Leq over 20 min of 1,000 points each second, rate to that of a bare loop over arrays',
      asked: `${LEAST_SHARE}`,
      measured: `${(ours / bare).toFixed(2)}: ${million(ours)} and ${million(bare)} (${watched} watches)`,
      ofBound: (LEAST_SHARE * bare) / ours,
    },
    {
      name: 'rules: evaluations a second, five limits on each of 1,000 points',
      asked: `${LEAST_RATE / 1e6} million/s`,
      measured: million(evaluations),
      ofBound: LEAST_RATE / evaluations,
    },
    {
      name: 'rules: memory of 1,000 points with 20 min of readings at 1 s',
      asked: `under ${MOST_BYTES / 1e6} MB`,
      measured: `${(bytes / 1e6).toFixed(1)} MB`,
      ofBound: globalThis.gc === undefined ? null : bytes / MOST_BYTES,
    },
  ];
}
