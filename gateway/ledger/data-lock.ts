import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { codeOf, Fault, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { LEDGER_FAULTS, sqliteCode } from './faults.ts';

const LOCK = 'gateway.lock';
/** Who holds the lock, for people and for signals. */
const PID = 'gateway.pid';

/**
 * Holds a data directory for this process, and makes it (mode 0700) when it is not there. The lock is the system's
 * lock on `gateway.lock`, taken by an SQLite transaction that writes nothing: it ends with the process however that
 * ends, and two that come at one instant cannot both have it. `gateway.pid` beside it names the holder.
 *
 * Throws the Fault `data-in-use` naming the holder, or `data-unwritable`. On a disk that has turned read-only
 * nobody can write, so it goes on without a lock and says so.
 */
export function openDataLock(dir: string, log: Log): Disposable {
  const unlocked = { [Symbol.dispose]() {} };
  let lock: DatabaseSync | undefined;
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    // Never opened but by SQLite once it is there: closing a file lets go of all locks that the process has on it (fcntl(2)).
    if (!existsSync(join(dir, LOCK))) writeFileSync(join(dir, LOCK), '', { flag: 'a', mode: 0o600 });
    lock = new DatabaseSync(join(dir, LOCK), { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
    writeFileSync(join(dir, PID), `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    if (sqliteCode(error) === 5) {
      lock?.close();
      throw inUse(dir);
    }
    if (codeOf(error) === 'EROFS') {
      log.error({ dir }, 'the data directory is read-only: it is used without a lock, and nothing can be stored');
      return unlocked;
    }
    // A full disk has no room for the holder's name; the lock itself takes none.
    if (codeOf(error) !== 'ENOSPC' || lock === undefined) {
      lock?.close();
      throw new Fault(LEDGER_FAULTS.dataUnwritable, `cannot write to the data directory ${dir}: ${textOf(error)}`, {
        cause: error,
        hint: 'give the directory to the user that runs the gateway, or name another one with --data',
      });
    }
  }
  const held = lock;
  return {
    [Symbol.dispose]() {
      try {
        rmSync(join(dir, PID), { force: true });
      } catch {
        // The disk takes nothing any more. The name that stays says nothing without the lock.
      }
      held.close();
    },
  };
}

function inUse(dir: string): Fault {
  let who = 'another process';
  try {
    const pid = Number.parseInt(readFileSync(join(dir, PID), 'utf8'), 10);
    if (Number.isInteger(pid)) who = `process ${pid}`;
  } catch {
    // The holder has not written its name yet, or had no room to.
  }
  return new Fault(LEDGER_FAULTS.dataInUse, `the data directory ${dir} is in use by ${who}`, {
    hint: 'stop that gateway, or name another directory with --data',
  });
}
