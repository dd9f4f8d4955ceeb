import { describe, expect, test } from 'vitest';
import { INSTALLERS, PERMIT_KEEPERS, SWITCHERS } from '../../../gateway/api/access.ts';
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

  test('is what the gateway lets him do about devices', () => {
    const may = onDevices.map((kind) => Object.entries(ACTION_RIGHTS).find(([each]) => each === kind)?.[1].may ?? []);
    for (const roles of may) expect(rights.service).toBe((roles as readonly Role[]).includes(role));
  });

  test('is what its routes let him do about outputs, drills, jobs, filings and the site', () => {
    expect([rights.outputs, rights.drill, rights.duty]).toEqual(Array(3).fill(SWITCHERS.includes(role)));
    expect([rights.jobs, rights.site]).toEqual(Array(2).fill(INSTALLERS.includes(role)));
    expect(rights.permits).toBe(PERMIT_KEEPERS.includes(role));
    expect(rights['test-channel']).toBe(role === 'admin');
  });
});

test('one who may only look, or whose role is not known, is offered nothing', () => {
  for (const rights of [NO_RIGHTS, rightsOf('janitor')]) expect(Object.values(rights)).not.toContain(true);
});
