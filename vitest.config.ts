import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './tests/tools/longest-first.ts';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // Bounds of what never ends, not of how fast a machine is: `until` gives up before, and says what did not come.
    testTimeout: 420_000,
    hookTimeout: 420_000,
    // Two cores in CI, a third of which idles while two files play in real time.
    maxWorkers: 3,
    // Gateways that tests start take what was compiled before.
    env: { NODE_COMPILE_CACHE: join(tmpdir(), 'gengfu-compiled') },
    sequence: { sequencer: LongestFirst },
  },
});
