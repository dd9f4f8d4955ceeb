import { expect, test } from 'vitest';
import { playNight } from './live.ts';

/** A minute and a half of the ten: to the third change of the noise on the site that filed nothing. */
test('the demo plays the night live: devices on real sockets, the gateway, a city platform that misses nothing', async () => {
  const { faults, expected, missing, twice, output } = await playNight(80, 180);
  // Time-outs on the wire are real time, 45 times as long on the night's: on a starved machine a unit may seem silent.
  const real = faults.filter((fault) => !fault.includes('/noise-silent'));
  expect(real, output).toEqual([]);
  expect(expected).toBeGreaterThanOrEqual(6);
  expect([missing, twice]).toEqual([0, 0]);
  // People act through the API.
  expect(output).toContain('acknowledge');
});
