import { expect, test } from 'vitest';
import { drivers } from '../../drivers/index.ts';
import { openers } from '../../drivers/openers.ts';

test('each driver has its opener, and none is without a driver', () => {
  expect(Object.keys(openers).toSorted()).toEqual(drivers.map(({ protocol }) => protocol).toSorted());
});
