import { Fault } from '#kit/fault.ts';
import type { Account, Role } from '../ledger/accounts.ts';
import type { ApiContext } from './context.ts';
import { hashPassword, isPassword } from './password.ts';

export interface NewUser {
  readonly name: string;
  readonly role: Role;
  readonly password: string;
}

/** Adds, changes and removes accounts, one at a time: between looking whether a name is free and taking it nobody else may. */
export class Register {
  readonly #context: Pick<ApiContext, 'accounts' | 'clock'>;
  #last: Promise<unknown> = Promise.resolve();

  constructor(context: Pick<ApiContext, 'accounts' | 'clock'>) {
    this.#context = context;
  }

  add(user: NewUser): Promise<void> {
    return this.#inTurn(async () => {
      await this.#mustBeFree(user.name);
      const passwordHash = await hashPassword(user.password);
      await this.#put({ name: user.name, role: user.role, passwordHash });
    });
  }

  /** Takes a one-time invitation with the account it stands for. It stays good when the name is taken. */
  accept(invitation: string, now: () => number, user: Omit<NewUser, 'role'>): Promise<Role> {
    return this.#inTurn(async () => {
      const { accounts } = this.#context;
      if ((await accounts.findInvitation(invitation, now())) === undefined) throw gone();
      await this.#mustBeFree(user.name);
      const passwordHash = await hashPassword(user.password);
      const role = await accounts.takeInvitation(invitation, now());
      if (role === undefined) throw gone();
      await this.#put({ name: user.name, role, passwordHash });
      return role;
    });
  }

  /** Changes a password, for who knows the present one. */
  renew(name: string, current: string, next: string): Promise<Account> {
    return this.#inTurn(async () => {
      const { accounts } = this.#context;
      const account = await accounts.find(name);
      if (account === undefined || !(await isPassword(current, account.passwordHash))) {
        throw new Fault('wrong-password', 'The present password is wrong.');
      }
      const renewed = { ...account, passwordHash: await hashPassword(next) };
      await accounts.put(renewed);
      return renewed;
    });
  }

  remove(name: string): Promise<void> {
    return this.#inTurn(async () => {
      const { accounts } = this.#context;
      const all = await accounts.list();
      const found = all.find((account) => account.name === name);
      if (found === undefined) throw new Fault('no-such-user', `There is no user ${name}.`);
      if (found.role === 'admin' && all.filter(({ role }) => role === 'admin').length === 1) {
        throw new Fault('last-admin', `${name} is the only admin.`, { hint: 'Add another admin first.' });
      }
      await accounts.remove(name);
    });
  }

  #put(account: Omit<Account, 'createdAt'>): Promise<void> {
    return this.#context.accounts.put({ ...account, createdAt: this.#context.clock.now() });
  }

  async #mustBeFree(name: string): Promise<void> {
    if ((await this.#context.accounts.find(name)) !== undefined) {
      throw new Fault('name-taken', `There is a user ${name} already.`, { hint: 'Choose another name.' });
    }
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(run);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

const gone = () =>
  new Fault('invitation-gone', 'This link was used before, replaced by a newer one, or is too old.', {
    hint: 'Ask for a new one: gengfu users invite, or a restart while there is no user yet.',
  });
