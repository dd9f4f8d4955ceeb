import { expect, test } from 'vitest';
import { ProbePace, Standing } from '../../../drivers/modbus/standing.ts';

test('a unit that never answered is away at once, one that did has a second chance', () => {
  const never = new Standing(1000, true);
  never.failed();
  expect(never.isAway).toBe(true);
  const once = new Standing(1000, true);
  once.answered(20);
  once.failed();
  expect([once.isSuspect, once.isAway]).toEqual([true, false]);
  once.failed();
  expect(once.isAway).toBe(true);
  once.answered(20);
  expect([once.isSuspect, once.isAway, once.answers]).toEqual([false, false, true]);
});

test('after one answer that did not come it rests for half a time-out, after more it is left alone for four, but only where replies have no numbers', () => {
  const patient = new Standing(1000, true);
  const numbered = new Standing(1000, false);
  for (const standing of [patient, numbered]) {
    standing.answered(20);
    standing.asked(0);
    standing.failed();
  }
  expect([patient.mayAsk(1500), patient.pauseMs, numbered.pauseMs]).toEqual([true, 500, 0]);
  for (const standing of [patient, numbered]) {
    standing.answered(20);
    standing.asked(5000);
    standing.failed();
  }
  expect([patient.mayAsk(8999), patient.mayAsk(9000), patient.pauseMs]).toEqual([false, true, 0]);
  expect(numbered.mayAsk(6000)).toBe(true);
});

test('a unit seen to be late is waited for longer, up to five time-outs, and this fades', () => {
  const standing = new Standing(1000, true);
  standing.asked(0);
  standing.failed();
  standing.late(1400);
  expect(standing.timeoutMs).toBe(2100);
  expect([standing.isAway, standing.isSuspect, standing.mayAsk(1400)]).toEqual([false, true, true]);
  standing.answered(1400);
  expect(standing.timeoutMs).toBe(2100);
  standing.late(30_000);
  expect(standing.timeoutMs).toBe(5000);
  for (let i = 0; i < 40; i++) standing.answered(10);
  expect(standing.timeoutMs).toBe(1000);
});

test('one that is later than it will ever be waited for stays away', () => {
  const standing = new Standing(1000, true);
  standing.failed();
  standing.late(6000);
  expect(standing.isAway).toBe(true);
});

test('probes cost no more than their share, however many units are away', () => {
  const pace = new ProbePace(0.04);
  let spent = 0;
  for (let now = 0; now < 1_000_000; now += 100) {
    if (!pace.mayProbe(now)) continue;
    spent += 1000;
    now += 1000;
    pace.cost(now, 1000);
  }
  expect(spent / 1_000_000).toBeLessThanOrEqual(0.04);
  expect(spent / 1_000_000).toBeGreaterThan(0.03);
});

test('a new connection ends the pause', () => {
  const pace = new ProbePace(0.01);
  pace.cost(1000, 1000);
  expect(pace.mayProbe(2000)).toBe(false);
  pace.reset();
  expect(pace.mayProbe(2000)).toBe(true);
});
