import type { Problem } from './site.ts';

/** Where something stands in a site's files; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Shorter ones would blot out parts of ordinary words. */
const SHORTEST_REDACTED = 4;

const byPlace = (a: Problem, b: Problem): number =>
  (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) ||
  a.line - b.line ||
  a.column - b.column ||
  (a.message < b.message ? -1 : a.message > b.message ? 1 : 0);

/** Gathers every problem of one load. */
export class Report {
  readonly #problems = new Map<string, Problem>();
  readonly #secrets = new Set<string>();
  #incomplete = false;

  error(place: Place, message: string): void {
    this.#add(place, message, 'error');
  }

  warn(place: Place, message: string): void {
    this.#add(place, message, 'warning');
  }

  /** A file could not be understood: what it would have defined is unknown, so missing references mean nothing. */
  markIncomplete(): void {
    this.#incomplete = true;
  }

  get isIncomplete(): boolean {
    return this.#incomplete;
  }

  get hasErrors(): boolean {
    return [...this.#problems.values()].some((problem) => problem.severity === 'error');
  }

  /** From now on this text appears in no message. */
  hide(secret: string): void {
    if (secret !== '') this.#secrets.add(secret);
  }

  /** A value as a message may show it. */
  show(value: unknown): string {
    if (typeof value === 'string') {
      if ([...this.#secrets].some((secret) => value.includes(secret))) return 'a secret';
      return `text "${value.length > 60 ? `${value.slice(0, 60)}…` : value}"`;
    }
    if (value === null || value === undefined) return 'nothing';
    if (Array.isArray(value)) return 'a list';
    return typeof value === 'object' ? 'a map' : `${typeof value} ${String(value)}`;
  }

  /** In the order of files, lines and columns; each once. */
  problems(): Problem[] {
    return [...this.#problems.values()]
      .map((problem) => ({ ...problem, message: this.#redact(problem.message) }))
      .sort(byPlace);
  }

  #add({ file, line, column }: Place, message: string, severity: Problem['severity']): void {
    this.#problems.set(`${file}:${line}:${column}:${message}`, { file, line, column, message, severity });
  }

  #redact(message: string): string {
    let text = message;
    for (const secret of this.#secrets) if (secret.length >= SHORTEST_REDACTED) text = text.replaceAll(secret, '***');
    return text;
  }
}
