import { readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import { codeOf, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { replaceFile } from '#kit/replace-file.ts';
import { Slices } from '#kit/slices.ts';
import type { Overlap, PermitAuthor } from '../rules/permit.ts';
import { type RowProblem, readPermits } from './permit-csv.ts';
import type { PermitRegister } from './permit-register.ts';

/** What became of a file: with one problem or more nothing of it was taken. */
export interface PermitImport {
  readonly rows: number;
  readonly changed: readonly string[];
  readonly unchanged: number;
  readonly problems: readonly RowProblem[];
  readonly overlaps: readonly Overlap[];
}

/** Rows that are taken at once: few, for the main loop stands still meanwhile. */
const ROWS = 20;
/** Lots that may be on their way to the disk. */
const LOTS = 16;

const begun = z.strictObject({
  text: z.string(),
  by: z.string(),
  source: z.literal('csv'),
  from: z.string().optional(),
  note: z.string().optional(),
});

/**
 * Takes the permits of CSV files, each all or none, in lots. A file that was found right is put down whole before its first
 * lot is taken: what a power cut leaves of it is taken at the next start.
 */
export class PermitImports {
  readonly #register: PermitRegister;
  readonly #path: string;
  #last: Promise<unknown> = Promise.resolve();

  /** `path`: where a file is put down. */
  constructor(register: PermitRegister, path: string) {
    this.#register = register;
    this.#path = path;
  }

  /** `isTrial`: only says what is wrong. One at a time. Throws what `change` throws. */
  import(text: string, author: PermitAuthor, isTrial: boolean): Promise<PermitImport> {
    const imported = this.#last.then(() => this.#import(text, author, isTrial));
    this.#last = imported.catch(() => {});
    return imported;
  }

  /** Brings to its end what was begun before a start. */
  async resume(log: Log): Promise<void> {
    const found = await readFile(this.#path, 'utf8').catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') log.error({ code: codeOf(error) }, `an import of permits: ${textOf(error)}`);
    });
    if (found === undefined) return;
    try {
      const { text, ...author } = begun.parse(JSON.parse(found));
      const { rows, problems } = await this.import(text, author, false);
      if (problems.length === 0) log.warn({ rows }, 'permits whose import was cut off are taken');
      else log.error({ problems: problems.slice(0, 10) }, 'permits whose import was cut off cannot be taken any more');
    } catch (error) {
      log.error({ code: codeOf(error) }, `permits whose import was cut off are not taken: ${textOf(error)}`);
    }
  }

  async #import(text: string, author: PermitAuthor, isTrial: boolean): Promise<PermitImport> {
    const register = this.#register;
    const slices = new Slices();
    const { rows, problems } = await readPermits(text, register.zone, slices);
    const all = [...problems];
    for (const { row, permit } of rows) {
      const message = register.flawOf(permit);
      if (message !== null) all.push({ row, column: null, message });
      if (slices.isOver) await slices.next();
    }
    const nothing = { rows: rows.length, changed: [], unchanged: 0, overlaps: [] };
    if (all.length > 0 || isTrial) return { ...nothing, problems: all.sort((a, b) => a.row - b.row) };
    const permits = rows.map(({ permit }) => permit);
    const overlaps = await register.look(permits, slices);
    await replaceFile(this.#path, JSON.stringify({ text, ...author }), 0o600);
    const changed: string[] = [];
    let unchanged = 0;
    const taking: ReturnType<PermitRegister['take']>[] = [];
    for (let from = 0; from < permits.length; from += ROWS) {
      const taken = register.take(permits.slice(from, from + ROWS), author);
      // Who waits for it is told of its failure.
      taken.catch(() => {});
      taking.push(taken);
      if (taking.length >= LOTS) await taking[taking.length - LOTS];
      if (slices.isOver) await slices.next();
    }
    for (const receipt of await Promise.all(taking)) {
      changed.push(...receipt.changed);
      unchanged += receipt.unchanged.length;
    }
    await rm(this.#path, { force: true });
    return { rows: rows.length, changed, unchanged, problems: [], overlaps };
  }
}
