export const ROLES = ['viewer', 'duty', 'responder', 'installer', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export interface Account {
  readonly name: string;
  readonly role: Role;
  /** As the API's password step encodes it; never in a log. */
  readonly passwordHash: string;
  readonly createdAt: number;
}

export interface Session {
  /** sha256 of the cookie's secret, hex: the secret itself is not kept. */
  readonly id: string;
  readonly account: string;
  readonly role: Role;
  readonly expiresAt: number;
}

/** A line of the audit trail: who did what, when, from which address. */
export interface AuditLine {
  readonly at: number;
  readonly who: string;
  readonly what: string;
  readonly from?: string;
  readonly detail?: object;
}

/** Who may sign in, who is signed in, and who did what. Kept in the ledger's database, by its worker. */
export interface Accounts {
  list(): Promise<readonly Omit<Account, 'passwordHash'>[]>;
  find(name: string): Promise<Account | undefined>;
  put(account: Account): Promise<void>;
  remove(name: string): Promise<boolean>;
  openSession(session: Session): Promise<void>;
  findSession(id: string, now: number): Promise<Session | undefined>;
  closeSession(id: string): Promise<void>;
  /** Closes every session of an account: after a changed password. */
  closeSessions(account: string): Promise<void>;
  /** A one-time sign-in: `id` is the hash of the link's secret. A newer one replaces those before it. */
  putInvitation(id: string, role: Role, expiresAt: number): Promise<void>;
  /** The role of one that is still good, which stays good. */
  findInvitation(id: string, now: number): Promise<Role | undefined>;
  /** Takes it: the role on the first call before it expires, undefined on every other. */
  takeInvitation(id: string, now: number): Promise<Role | undefined>;
  /** Adds a line to the audit trail, chained apart from the ledger. */
  audit(line: AuditLine): Promise<void>;
  auditTrail(limit: number): Promise<readonly object[]>;
}
