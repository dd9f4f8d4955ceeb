import type { Answer } from './line.ts';
import type { Request } from './pdu.ts';

/**
 * The answers that one unit still owes, on a line on which replies carry no numbers: any of them may come late, and is like
 * the one to a request of the same function and length. An exception has one length for all.
 */
export class Owed {
  /** Function → length → the tick until which it may come. Bounded by what the unit is asked at all. */
  readonly #lengths = new Map<number, Map<number, number>>();

  add({ code, dataBytes }: Pick<Request, 'code' | 'dataBytes'>, until = Number.POSITIVE_INFINITY): void {
    const known = this.#lengths.get(code) ?? new Map<number, number>();
    this.#lengths.set(code, known.set(dataBytes, Math.max(until, known.get(dataBytes) ?? until)));
  }

  /**
   * What came by `now` of a request that was waited for until `until`. True when it may have been another one's answer: then
   * its own is still to come.
   */
  settle(request: Request, { kind }: Answer, now: number, until: number): boolean {
    if (kind === 'closed') return false;
    if (kind === 'silence' || kind === 'spoilt') {
      // The reply to a write repeats what was written: it is known for what it is. What was spoilt was most likely all of it.
      if (request.order === undefined) this.add(request, kind === 'spoilt' ? until : undefined);
      return false;
    }
    if (this.#lengths.size === 0) return false;
    const lengths = this.#lengths.get(request.code) ?? new Map<number, number>();
    this.#lengths.clear();
    const mayCome = (at: number | undefined) => at !== undefined && at > now;
    return kind === 'exception' ? [...lengths.values()].some(mayCome) : mayCome(lengths.get(request.dataBytes));
  }

  /** What another one of the same address owes. */
  takeOver(other: Owed): void {
    for (const [code, lengths] of other.#lengths) {
      for (const [dataBytes, until] of lengths) this.add({ code, dataBytes }, until);
    }
  }
}
