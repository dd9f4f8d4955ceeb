import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '#kit/clock.ts';
import type { Account, Accounts, Session } from '../ledger/accounts.ts';
import { idOf, newSecret } from './secret.ts';

export const SESSION_MS = 12 * 3_600_000;

/** Told when sessions end by a person's doing, so that their live streams end with them. */
export type SessionEnd = { readonly id: string } | { readonly account: string };

export interface SessionsOptions {
  readonly secure: boolean;
  onEnd(end: SessionEnd): void;
}

/** Who is signed in, by a cookie whose secret only the browser has. Fixed at 12 h: no request prolongs it. */
export class Sessions {
  readonly #accounts: Accounts;
  readonly #wire: Clock;
  readonly #options: SessionsOptions;
  readonly #cookie: string;

  constructor(accounts: Accounts, wire: Clock, options: SessionsOptions) {
    this.#accounts = accounts;
    this.#wire = wire;
    this.#options = options;
    // The prefix has browsers refuse it unless it is Secure, host-only and for `/` (RFC 6265bis, 4.1.3.2).
    this.#cookie = options.secure ? '__Host-gengfu' : 'gengfu';
  }

  async find(request: FastifyRequest): Promise<Session | undefined> {
    const secret = request.cookies[this.#cookie];
    return secret ? this.#accounts.findSession(idOf(secret), this.#wire.now()) : undefined;
  }

  /** Whether a session found before is still good. */
  async isOpen(session: Session): Promise<boolean> {
    return (await this.#accounts.findSession(session.id, this.#wire.now())) !== undefined;
  }

  async open(account: Pick<Account, 'name' | 'role'>, reply: FastifyReply): Promise<void> {
    const secret = newSecret();
    const expiresAt = this.#wire.now() + SESSION_MS;
    await this.#accounts.openSession({ id: idOf(secret), account: account.name, role: account.role, expiresAt });
    reply.setCookie(this.#cookie, secret, {
      path: '/',
      httpOnly: true,
      sameSite: 'strict',
      secure: this.#options.secure,
      maxAge: SESSION_MS / 1000,
    });
  }

  async close(session: Session, reply: FastifyReply): Promise<void> {
    await this.#accounts.closeSession(session.id);
    reply.clearCookie(this.#cookie, { path: '/', secure: this.#options.secure, sameSite: 'strict', httpOnly: true });
    this.#options.onEnd({ id: session.id });
  }

  async closeAll(account: string): Promise<void> {
    await this.#accounts.closeSessions(account);
    this.#options.onEnd({ account });
  }
}
