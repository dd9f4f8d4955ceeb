import { describe, expect, test } from 'vitest';
import { loadScenario } from '../../firmware-sim/load.ts';
import { nextReport } from '../../firmware-sim/physics/report.ts';
import { measuredAt, roundToTenth, valueAt } from '../../firmware-sim/physics/value.ts';
import type { SimDevice, SimPoint } from '../../firmware-sim/scenario.ts';

const night = loadScenario('firmware-sim/scenarios/demo-night.yaml');
const at = (time: string) => Date.parse(`2026-07-${time > '12' ? '15' : '16'}T${time}+08:00`);

function device(id: string): SimDevice {
  const found = night.devices.find((each) => each.id === id);
  if (found === undefined) throw new Error(id);
  return found;
}

function point(key: string): SimPoint {
  const [id = '', name] = key.split('/');
  const found = device(id).points.find((each) => each.id === name);
  if (found === undefined) throw new Error(key);
  return found;
}

test.each([
  ['58.0 dB before the pour', 'noise-07/la', '22:20:00', 58],
  ['half way up a line', 'noise-07/la', '22:22:30', 62.5],
  ['a tie goes to the even tenth', 'noise-07/la', '22:21:15', 60.2],
  ['the skip drops at its second', 'noise-07/la', '22:40:00', 78],
  ['and is over five seconds later', 'noise-07/la', '22:40:35', 67],
  ['constant before the first knot', 'water-02/depth', '21:30:00', 0],
  ['constant after the last knot', 'water-02/depth', '04:59:50', 0],
  ['the cloudburst', 'water-02/depth', '00:06:00', 30],
  ['a step has not come just before it', 'fume-03/purifier-current', '21:51:59', 0.1],
  ['a step comes at its second', 'fume-03/purifier-current', '21:52:00', 1.6],
  ['a lorry', 'cover-21/tilt', '23:41:00', 18],
  ['has passed', 'cover-21/tilt', '23:41:01', 1.1],
  ['a state', 'smoke-12/state', '01:42:00', 'alarm'],
  ['the mains go', 'cabinet-01/mains', '00:11:00', 'off'],
])('%s: %s at %s is %s', (_sentence, key, time, value) => {
  expect(valueAt(point(key).shape, night.start, at(time))).toBe(value);
});

test.each([
  [60.25, 60.2],
  [58.75, 58.8],
  [0.05, 0.1],
  [8, 8],
  [48.149999, 48.1],
])('%s rounds to %s', (value, rounded) => {
  expect(roundToTenth(value)).toBe(rounded);
});

/** Energy mean of the good readings of the window, straight from the definition. */
function leq(time: string): number {
  const levels: number[] = [];
  for (let t = at('22:00:00'); t <= at(time); t += 5000) {
    if (t > at(time) - 1_200_000) levels.push(Number(valueAt(point('noise-07/la').shape, night.start, t)));
  }
  return 10 * Math.log10(levels.reduce((sum, level) => sum + 10 ** (level / 10), 0) / levels.length);
}

test.each([
  ['22:20:00', 58.0, 1],
  ['22:25:00', 60.046, 3],
  ['22:30:00', 63.2, 1],
  ['22:34:50', 65.003, 3],
  ['22:40:00', 66.6, 1],
  ['22:50:00', 68.3, 1],
  ['23:10:00', 67.0, 1],
  ['23:20:00', 64.5, 1],
  ['23:30:00', 55.0, 1],
])('Leq 20 min of noise-07 at %s is %f', (time, value, digits) => {
  expect(leq(time).toFixed(digits)).toBe(value.toFixed(digits));
});

test('it is beyond 60 and 65 at those seconds and not one reading sooner', () => {
  expect(leq('22:24:55')).toBeLessThan(60);
  expect(leq('22:34:45')).toBeLessThan(65);
});

describe('when a cover reports', () => {
  const reports = (id: string, from: string, to: string) => {
    const times: string[] = [];
    for (
      let t = nextReport(device(id), night.start, at(from));
      t <= at(to);
      t = nextReport(device(id), night.start, t)
    ) {
      times.push(new Date(t + night.offsetMinutes * 60_000).toISOString().slice(11, 19));
    }
    return times;
  };
  test.each([
    [
      'at its heartbeat, and at once when it moves',
      'cover-21',
      '23:30:00',
      '23:50:00',
      ['23:40:00', '23:41:00', '23:41:01', '23:50:00'],
    ],
    ['every 10 s while it lies askew', 'cover-33', '03:29:59', '03:30:20', ['03:30:00', '03:30:10', '03:30:20']],
    ['no more when it is back', 'cover-33', '04:11:49', '04:21:00', ['04:11:50', '04:12:00', '04:20:00']],
    ['a change on the heartbeat is one report', 'smoke-12', '01:05:00', '01:11:00', ['01:10:00', '01:10:20']],
  ])('%s', (_sentence, id, from, to, times) => {
    expect(reports(id, from, to)).toEqual(times);
  });
});

test('an instrument shows what it measured at the last whole period, and jitter of at most 0.3 dB', () => {
  const noise = device('noise-07');
  const [la] = noise.points;
  if (la === undefined) throw new Error('la');
  const shown = (t: number) => Number(measuredAt(noise, la, night.start, t));
  expect(shown(at('22:22:34') + 999)).toBe(shown(at('22:22:30')));
  const offsets = Array.from({ length: 200 }, (_, index) => shown(at('21:30:00') + index * 5000) - 58);
  expect(Math.max(...offsets.map(Math.abs))).toBeLessThanOrEqual(0.3 + 1e-9);
  expect(new Set(offsets.map((offset) => offset.toFixed(1))).size).toBeGreaterThan(4);
});
