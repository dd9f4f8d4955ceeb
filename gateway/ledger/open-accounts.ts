import { Fault } from '#kit/fault.ts';
import type { AccountReads, AccountWrites } from './account-store.ts';
import type { Accounts } from './accounts.ts';
import { LEDGER_FAULTS } from './faults.ts';

export interface AccountsOptions {
  /** Puts a change in the ledger's next group; resolves with its result when it is durable. */
  change(name: keyof AccountWrites, args: readonly unknown[]): Promise<unknown>;
  ask(name: keyof AccountReads, args: readonly unknown[]): Promise<unknown>;
  /** Why nothing can be stored at present. */
  fault(): Fault | undefined;
}

/**
 * Accounts over the ledger's thread. While nothing can be stored, a change rejects with the Fault
 * `ledger-not-durable` rather than keep a person waiting; lines of the audit trail wait with the events.
 */
export function openAccounts(options: AccountsOptions): Accounts {
  // The thread carries out the function of that name, so what comes back is of its type.
  const write = <K extends keyof AccountWrites>(name: K, ...args: Parameters<AccountWrites[K]>) =>
    options.change(name, args) as Promise<ReturnType<AccountWrites[K]>>;
  const change: typeof write = async (name, ...args) => {
    const fault = options.fault();
    if (fault === undefined) return write(name, ...args);
    const hint = fault.hint === undefined ? {} : { hint: fault.hint };
    throw new Fault(LEDGER_FAULTS.notDurable, `nothing can be stored at present: ${fault.message}`, hint);
  };
  const ask = <K extends keyof AccountReads>(name: K, ...args: Parameters<AccountReads[K]>) =>
    options.ask(name, args) as Promise<ReturnType<AccountReads[K]>>;

  return {
    list: () => ask('list'),
    find: (name) => ask('find', name),
    put: (account) => change('put', account),
    remove: (name) => change('remove', name),
    openSession: (session) => change('openSession', session),
    findSession: (id, now) => ask('findSession', id, now),
    closeSession: (id) => change('closeSession', id),
    closeSessions: (account) => change('closeSessions', account),
    putInvitation: (id, role, expiresAt) => change('putInvitation', id, role, expiresAt),
    findInvitation: (id, now) => ask('findInvitation', id, now),
    takeInvitation: async (id, now) => (await change('takeInvitation', id, now)) ?? undefined,
    audit: (line) => write('audit', line),
    // Stored by `audit` from an object.
    auditTrail: async (limit) => (await ask('auditTrail', limit)).map((json) => JSON.parse(json) as object),
  };
}
