import { expect, test } from 'vitest';
import { playNight } from './live.ts';

const RATE = 22;

/**
 * An hour of the night: to the third change of the noise on the site that filed nothing. Half as fast as people are shown it,
 * which soak plays: at full speed a bus whose units are asked each 111 ms loses polls on a machine that has other work.
 */
test('the demo plays the night live: devices on real sockets, the gateway, a city platform that misses nothing', async () => {
  // On a starved machine polls are left out: a unit may seem silent, and a window has enough of its readings minutes later.
  const { faults, expected, missing, twice, output } = await playNight(3600 / RATE, 400, RATE);
  const real = faults.filter((fault) => !fault.includes('/noise-silent'));
  expect(real, output).toEqual([]);
  expect(expected).toBeGreaterThanOrEqual(6);
  expect([missing, twice]).toEqual([0, 0]);
  // People act through the API.
  expect(output).toContain('acknowledge');
});
