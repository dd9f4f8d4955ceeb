import { type Entry, isMapping } from './document.ts';
import { suggest } from './nearest.ts';
import type { Place, Report } from './report.ts';

/** The ids of one kind of thing, also of things that are wrong otherwise, so that nothing is called unknown for that. */
export class Declared {
  readonly #places = new Map<string, Place>();
  readonly #kind: string;
  readonly #report: Report;

  constructor(kind: string, report: Report) {
    this.#kind = kind;
    this.#report = report;
  }

  get ids(): string[] {
    return [...this.#places.keys()];
  }

  has(id: string): boolean {
    return this.#places.has(id);
  }

  /** Takes the id of an entry; false, and a problem, when something of that kind has it already. */
  add(entry: Entry, field = 'id'): boolean {
    const id = isMapping(entry.value) ? entry.value[field] : undefined;
    if (typeof id !== 'string') return true;
    const first = this.#places.get(id);
    const place = entry.at([field]);
    if (first === undefined) {
      this.#places.set(id, place);
      return true;
    }
    const where = `${first.file}:${first.line}:${first.column}`;
    this.#report.error(
      place,
      `${entry.prefix}${field}: there is a ${this.#kind} "${id}" already, at ${where}: give one of them another id`,
    );
    return false;
  }

  /** Whether that id leads somewhere; a problem if not, unless some file could not be understood. */
  refer(id: string, entry: Entry, path: readonly (string | number)[], others: readonly string[] = []): boolean {
    if (this.#places.has(id) || others.includes(id)) return true;
    if (!this.#report.isIncomplete) {
      const hint = suggest(id, [...this.#places.keys(), ...others]);
      this.#report.error(
        entry.at(path),
        `${entry.prefix}${path.filter((step) => typeof step === 'string').join('.')}: there is no ${this.#kind} "${id}"; ${hint}`,
      );
    }
    return false;
  }
}
