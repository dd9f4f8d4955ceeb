import { expect, test } from 'vitest';
import { soakCalls } from './calls.ts';

test('kill -9 while alarms escalate: each step is called once or marked as repeated, and none is missed', async () => {
  const { faults, wanted } = await soakCalls(10);
  expect(faults).toEqual([]);
  expect(wanted).toBeGreaterThan(30);
});

test('the same while nearly all of them are told by incidents, which go from tier to tier as well', async () => {
  const { faults, incidents } = await soakCalls(2, () => {}, true);
  expect(faults).toEqual([]);
  expect(incidents).toBeGreaterThan(0);
});
