import { expect } from 'vitest';
import { testWith } from '../tools/program.ts';
import { soakKills } from './kills.ts';
import { soakOutage } from './outage.ts';

const test = testWith('mosquitto', 'mosquitto_sub');

test('kill -9 at random instants under a storm: nothing acknowledged is lost, nothing raised twice, the upstream has every number', async () => {
  const { faults, events, acknowledged } = await soakKills(10);
  expect(faults).toEqual([]);
  expect(events).toBeGreaterThan(50);
  expect(acknowledged).toBeGreaterThan(5);
});

test('the upstream away while events occur, and the gateway killed in the midst: all arrive, in order', async () => {
  const { faults, events } = await soakOutage(3, 200);
  expect(faults).toEqual([]);
  expect(events).toBeGreaterThanOrEqual(200);
});
