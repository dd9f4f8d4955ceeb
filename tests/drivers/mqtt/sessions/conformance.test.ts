import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

/** Writes of a thousand in a row: there is nothing in them to take up again. */
const LONG = 'in order|many outgoing';

test.each([
  ['as it runs', { REOPENED: '0' }, []],
  ['closed and opened again before each look-up', { REOPENED: '1' }, [`--test-skip-pattern=${LONG}`]],
])('aedes-persistence’s own suite passes: %s', async (_, env, options) => {
  const file = join(import.meta.dirname, 'conformance.ts');
  const child = spawn(process.execPath, ['--test', '--test-reporter=tap', ...options, file], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(errors).toBe('');
  expect(output.match(/^not ok .*/gm)).toBeNull();
  expect(Number(/^# pass (\d+)$/m.exec(output)?.[1])).toBeGreaterThan(40);
});
