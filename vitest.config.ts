import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Two cores at a street cabinet and in CI: tests that start real programs must not starve each other.
    maxWorkers: 2,
  },
});
