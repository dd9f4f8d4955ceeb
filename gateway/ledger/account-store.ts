import type { DatabaseSync } from 'node:sqlite';
import type { Account, AuditLine, Role, Session } from './accounts.ts';
import { hashOf } from './entry.ts';

/** Sessions that may stand at once; the one that expires first goes. */
export const SESSIONS_KEPT = 1000;
/** Lines of the audit trail; the oldest go. */
export const AUDIT_KEPT = 100_000;

export type AccountWrites = ReturnType<typeof accountWrites>;
export type AccountReads = ReturnType<typeof accountReads>;

/** Changes of accounts, each carried out within a group's transaction. */
export function accountWrites(db: DatabaseSync) {
  const run = (sql: string, ...values: (string | number)[]) => db.prepare(sql).run(...values).changes;
  return {
    put: (account: Account) =>
      void run(
        'INSERT OR REPLACE INTO accounts (name, role, password_hash, created_at) VALUES (?, ?, ?, ?)',
        account.name,
        account.role,
        account.passwordHash,
        account.createdAt,
      ),
    remove: (name: string): boolean => {
      run('DELETE FROM sessions WHERE account = ?', name);
      return run('DELETE FROM accounts WHERE name = ?', name) !== 0;
    },
    openSession: (session: Session) => {
      const { id, account, role, expiresAt } = session;
      run(
        'INSERT OR REPLACE INTO sessions (id, account, role, expires_at) VALUES (?, ?, ?, ?)',
        id,
        account,
        role,
        expiresAt,
      );
      run(
        'DELETE FROM sessions WHERE id NOT IN (SELECT id FROM sessions ORDER BY expires_at DESC LIMIT ?)',
        SESSIONS_KEPT,
      );
    },
    closeSession: (id: string) => void run('DELETE FROM sessions WHERE id = ?', id),
    closeSessions: (account: string) => void run('DELETE FROM sessions WHERE account = ?', account),
    putInvitation: (id: string, role: Role, expiresAt: number) => {
      run('DELETE FROM invitations');
      run('INSERT INTO invitations (id, role, expires_at) VALUES (?, ?, ?)', id, role, expiresAt);
    },
    takeInvitation: (id: string, now: number): Role | null => {
      const found = db.prepare('SELECT role FROM invitations WHERE id = ? AND expires_at > ?').get(id, now);
      run('DELETE FROM invitations WHERE id = ?', id);
      // Only roles are ever put there.
      return (found?.role as Role | undefined) ?? null;
    },
    audit: (line: AuditLine) => storeAudit(db, [line]),
  };
}

/** Adds lines to the audit trail, each chained to the one before it; the oldest beyond the bound go. */
export function storeAudit(db: DatabaseSync, lines: readonly AuditLine[]): void {
  if (lines.length === 0) return;
  const last = db.prepare('SELECT sequence, json FROM audit ORDER BY sequence DESC LIMIT 1').get();
  const insert = db.prepare('INSERT INTO audit (sequence, json) VALUES (?, ?)');
  let sequence = Number(last?.sequence ?? 0);
  let before = String(last?.json ?? '');
  for (const { at, who, what, from = null, detail = null } of lines) {
    sequence++;
    before = JSON.stringify({ sequence, at, who, what, from, detail, chain: `sha256:${hashOf(before)}` });
    insert.run(sequence, before);
  }
  db.prepare('DELETE FROM audit WHERE sequence <= ?').run(sequence - AUDIT_KEPT);
}

/** Questions about accounts. */
export function accountReads(db: DatabaseSync) {
  return {
    list: (): Omit<Account, 'passwordHash'>[] =>
      // The table's own columns, written by `put`.
      db
        .prepare('SELECT name, role, created_at AS createdAt FROM accounts ORDER BY name')
        .all() as unknown as Account[],
    find: (name: string): Account | undefined =>
      // As above.
      db
        .prepare(
          'SELECT name, role, password_hash AS passwordHash, created_at AS createdAt FROM accounts WHERE name = ?',
        )
        .get(name) as unknown as Account | undefined,
    findSession: (id: string, now: number): Session | undefined =>
      // As above, by `openSession`.
      db
        .prepare('SELECT id, account, role, expires_at AS expiresAt FROM sessions WHERE id = ? AND expires_at > ?')
        .get(id, now) as unknown as Session | undefined,
    findInvitation: (id: string, now: number): Role | undefined =>
      // Only roles are ever put there.
      db.prepare('SELECT role FROM invitations WHERE id = ? AND expires_at > ?').get(id, now)?.role as Role | undefined,
    auditTrail: (limit: number): string[] =>
      db
        .prepare('SELECT json FROM audit ORDER BY sequence DESC LIMIT ?')
        .all(limit)
        .map((row) => String(row.json)),
  };
}
