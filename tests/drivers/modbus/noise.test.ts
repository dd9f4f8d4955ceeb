import { expect, test } from 'vitest';
import { testWith } from '../../tools/program.ts';
import { runNoise } from './noisy-line.ts';
import { runNoisyPty } from './noisy-pty.ts';

// In full length: tests/bench/noise-modbus.ts.
test.each([
  // A third of all frames of up to 105 bytes comes through whole.
  ['rtu', 0.35],
  ['tcp', 0.2],
] as const)('%s: no wrong value that can be told, no hang, no growth', async (kind, least) => {
  const result = await runNoise(kind, 20_000);
  expect(result.wrong).toBe(0);
  expect(result.good).toBeGreaterThan(20_000 * least);
  expect(result.mostTimers).toBeLessThan(64);
  // One of 65,536 spoilt frames has a right CRC again.
  if (kind === 'rtu') expect(result.undetectable).toBeLessThan(5);
});

testWith('socat')('the same on a real tty', async () => {
  const result = await runNoisyPty(150, 31);
  expect(result).toMatchObject({ wrong: 0, broken: 0 });
  expect(result.good).toBeGreaterThan(30);
});
