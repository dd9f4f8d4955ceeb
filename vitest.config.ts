import { defineConfig } from 'vitest/config';
import { LongestFirst } from './tests/tools/longest-first.ts';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // Bounds of what never ends, not of how fast a machine is: `until` gives up before, and says what did not come.
    testTimeout: 420_000,
    hookTimeout: 420_000,
    // Two cores in CI, of which what plays in real time leaves a good part idle: a third file keeps both busy.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
  },
});
