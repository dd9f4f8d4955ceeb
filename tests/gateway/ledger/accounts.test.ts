import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { SESSIONS_KEPT } from '../../../gateway/ledger/account-store.ts';
import type { Account, Session } from '../../../gateway/ledger/accounts.ts';
import { batch, openTestLedger, temporaryDirectory } from './drafts.ts';

const wang: Account = { name: 'wang', role: 'admin', passwordHash: 'argon2…', createdAt: 5 };
const session = (id: string, expiresAt = 100): Session => ({ id, account: 'wang', role: 'admin', expiresAt });

test('an account is put, found, replaced, listed without its password, removed once, and outlives a start', async () => {
  await using dir = await temporaryDirectory();
  {
    const { ledger, accounts } = await openTestLedger(dir.path);
    await using _ = ledger;
    expect(await accounts.find('wang')).toBeUndefined();
    await accounts.put(wang);
    await accounts.put({ ...wang, role: 'duty' });
    await accounts.put({ ...wang, name: '李' });
  }
  const { ledger, accounts } = await openTestLedger(dir.path);
  await using _ = ledger;
  expect(await accounts.find('wang')).toEqual({ ...wang, role: 'duty' });
  expect(await accounts.list()).toEqual([
    { name: 'wang', role: 'duty', createdAt: 5 },
    { name: '李', role: 'admin', createdAt: 5 },
  ]);
  await accounts.openSession(session('s'));
  expect(await accounts.remove('wang')).toBe(true);
  expect(await accounts.remove('wang')).toBe(false);
  expect(await accounts.findSession('s', 1)).toBeUndefined();
});

test('a session is good until it expires or is closed; the newest 1000 are kept', async () => {
  await using dir = await temporaryDirectory();
  const { ledger, accounts } = await openTestLedger(dir.path);
  await using _ = ledger;
  await Promise.all(['a', 'b', 'c'].map((id) => accounts.openSession(session(id))));
  expect(await accounts.findSession('a', 99)).toEqual(session('a'));
  expect(await accounts.findSession('a', 100)).toBeUndefined();
  await accounts.closeSession('a');
  expect(await accounts.findSession('a', 1)).toBeUndefined();
  await accounts.closeSessions('wang');
  expect(await accounts.findSession('b', 1)).toBeUndefined();
  const opened = Array.from({ length: SESSIONS_KEPT + 1 }, (_, n) => accounts.openSession(session(`s${n}`, 1000 + n)));
  await Promise.all(opened);
  expect(await accounts.findSession('s0', 1)).toBeUndefined();
  expect(await accounts.findSession('s1', 1)).toBeDefined();
});

test('an invitation is taken once, before it expires, and a newer one replaces it', async () => {
  await using dir = await temporaryDirectory();
  const { ledger, accounts } = await openTestLedger(dir.path);
  await using _ = ledger;
  await accounts.putInvitation('old', 'admin', 100);
  await accounts.putInvitation('new', 'admin', 100);
  expect(await accounts.takeInvitation('old', 1)).toBeUndefined();
  expect(await accounts.findInvitation('new', 1)).toBe('admin');
  expect(await accounts.findInvitation('new', 100)).toBeUndefined();
  const taken = await Promise.all([accounts.takeInvitation('new', 1), accounts.takeInvitation('new', 1)]);
  expect(taken).toEqual(['admin', undefined]);
  await accounts.putInvitation('late', 'viewer', 100);
  expect(await accounts.takeInvitation('late', 100)).toBeUndefined();
});

test('the audit trail is chained by itself, and shares the commits of the events', async () => {
  await using dir = await temporaryDirectory();
  const { ledger, accounts } = await openTestLedger(dir.path);
  await using _ = ledger;
  await Promise.all([
    accounts.audit({ at: 1, who: 'wang', what: 'sign-in', from: '127.0.0.1' }),
    ledger.append(batch(1)),
    accounts.audit({ at: 2, who: 'wang', what: 'acknowledge', detail: { alarm: 'a-1' } }),
  ]);
  expect(ledger.status().commits).toBe(1);
  const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
  const first = {
    sequence: 1,
    at: 1,
    who: 'wang',
    what: 'sign-in',
    from: '127.0.0.1',
    detail: null,
    chain: sha256(''),
  };
  const chain = sha256(JSON.stringify(first));
  const second = { sequence: 2, at: 2, who: 'wang', what: 'acknowledge', from: null, detail: { alarm: 'a-1' }, chain };
  expect(await accounts.auditTrail(10)).toEqual([second, first]);
  expect(await accounts.auditTrail(1)).toEqual([second]);
});
