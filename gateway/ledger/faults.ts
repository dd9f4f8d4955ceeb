import { Fault, textOf } from '#kit/fault.ts';

/** Every code that the ledger's Faults carry. */
export const LEDGER_FAULTS = {
  /** More events wait for a disk that does not take them than are kept in memory. */
  fullQueue: 'ledger-full-queue',
  closed: 'ledger-closed',
  otherGateway: 'ledger-other-gateway',
  newer: 'ledger-newer',
  missing: 'ledger-missing',
  /** The file is not the one that was written to before. */
  replaced: 'ledger-replaced',
  diskFull: 'ledger-disk-full',
  readOnly: 'ledger-read-only',
  io: 'ledger-io',
  corrupt: 'ledger-corrupt',
  unopenable: 'ledger-unopenable',
  busy: 'ledger-busy',
  database: 'ledger-database',
  noCursor: 'ledger-no-cursor',
  /** A change of accounts was asked for while nothing can be stored. */
  notDurable: 'ledger-not-durable',
  dataInUse: 'data-in-use',
  dataUnwritable: 'data-unwritable',
} as const;

/** SQLite's primary result codes that a person can do something about (https://sqlite.org/rescode.html). */
const RESULTS: Readonly<Record<number, readonly [code: string, message: string, hint: string]>> = {
  5: [LEDGER_FAULTS.busy, 'another program holds the database', 'end the program that has ledger.db open'],
  8: [LEDGER_FAULTS.readOnly, 'the disk or the file is read-only', 'a failing card turns read-only: replace the card'],
  10: [LEDGER_FAULTS.io, 'the disk reports an input/output error', 'look at dmesg; a failing card has to be replaced'],
  11: [LEDGER_FAULTS.corrupt, 'the database is damaged', 'copy the directory, then see gengfu ledger verify'],
  13: [LEDGER_FAULTS.diskFull, 'the disk is full, or the ledger has reached its bound', 'free space on its disk'],
  14: [LEDGER_FAULTS.unopenable, 'the database cannot be opened', 'look at the rights of the data directory'],
  26: [LEDGER_FAULTS.corrupt, 'the file is not a database', 'put ledger.db back from a copy'],
};

/** The primary result code of an error that SQLite threw, or undefined. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}

/** An error of the database as a Fault that says what is wrong with which file and what can be done. */
export function databaseFault(error: unknown, path: string): Fault {
  if (error instanceof Fault) return error;
  const [code, message, hint] = RESULTS[sqliteCode(error) ?? -1] ?? [LEDGER_FAULTS.database, 'the database failed'];
  const text = `${path}: ${message} (${textOf(error)})`;
  return new Fault(code, text, hint === undefined ? { cause: error } : { cause: error, hint });
}
