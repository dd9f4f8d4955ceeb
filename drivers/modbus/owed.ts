import type { Answer } from './line.ts';
import type { Request } from './pdu.ts';

/**
 * The answers that one unit still owes, on a line on which replies carry no numbers: any of them may come late, and is like
 * the one to a request of the same function and length. An exception has one length for all.
 */
export class Owed {
  /** Function → lengths. Bounded by what the unit is asked at all. */
  readonly #lengths = new Map<number, Set<number>>();

  add({ code, dataBytes }: Pick<Request, 'code' | 'dataBytes'>): void {
    const known = this.#lengths.get(code);
    if (known === undefined) this.#lengths.set(code, new Set([dataBytes]));
    else known.add(dataBytes);
  }

  /** What came of a request. True when it may have been another one's answer: then its own is still to come. */
  settle(request: Request, { kind }: Answer): boolean {
    if (kind === 'closed') return false;
    if (kind === 'silence' || kind === 'spoilt') {
      // The reply to a write repeats what was written: it is known for what it is.
      if (request.order === undefined) this.add(request);
      return false;
    }
    if (this.#lengths.size === 0) return false;
    const lengths = this.#lengths.get(request.code);
    this.#lengths.clear();
    return lengths !== undefined && (kind === 'exception' || lengths.has(request.dataBytes));
  }

  /** What another one of the same address owes. */
  takeOver(other: Owed): void {
    for (const [code, lengths] of other.#lengths) for (const dataBytes of lengths) this.add({ code, dataBytes });
  }
}
