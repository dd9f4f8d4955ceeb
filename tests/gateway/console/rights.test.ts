import { describe, expect, test } from 'vitest';
import { INSTALLERS, SWITCHERS } from '../../../gateway/api/access.ts';
import { ACTION_RIGHTS } from '../../../gateway/api/action-rights.ts';
import { NO_RIGHTS, rightsOf } from '../../../gateway/console/rights.ts';
import { ROLES, type Role } from '../../../gateway/ledger/accounts.ts';

const onDevices = ['out-of-service', 'in-service', 'work-order', 'end-work-order'];

describe.each(ROLES)('what the page offers to %s', (role: Role) => {
  const rights = rightsOf(role);

  test('is what the gateway lets him do about alarms', () => {
    const may = Object.entries(ACTION_RIGHTS)
      .filter(([kind]) => !onDevices.includes(kind))
      .map(([kind, { may }]) => [kind, (may as readonly Role[]).includes(role)]);
    expect(rights).toMatchObject(Object.fromEntries(may));
  });

  test('is what its routes let him do about outputs, drills and jobs', () => {
    expect([rights.outputs, rights.drill, rights.duty]).toEqual(Array(3).fill(SWITCHERS.includes(role)));
    expect(rights.jobs).toBe(INSTALLERS.includes(role));
    expect(rights['test-channel']).toBe(role === 'admin');
  });
});

test('one who may only look, or whose role is not known, is offered nothing', () => {
  for (const rights of [NO_RIGHTS, rightsOf('janitor')]) expect(Object.values(rights)).not.toContain(true);
});
