/** The answer to one AT command: its line of information, or how it was refused (`error`, `cme-10`). */
export type AtResult = { readonly info: RegExpExecArray | null } | { readonly refused: string };

/** Longer lines are no answers; so long a garbage is kept at most. */
const LONGEST_LINE = 512;

/**
 * Reads the answer to one command out of what a modem sends (ITU-T V.250, section 5.7; 3GPP TS 27.007, section 9.2).
 *
 * Echo, unsolicited lines, empty lines and garbage are passed over. An `OK` without the line that was asked for is of an
 * earlier command that was given up, so it is not taken for the answer: the caller's time-out ends that.
 */
export class AtReply {
  readonly #wanted: RegExp | null;
  #line = '';
  #info: RegExpExecArray | null = null;

  /** `wanted`: what the line of information ends with, such as `/\+CSQ: ?(\d+),(\d+)$/`; null for a command that has none. */
  constructor(wanted: RegExp | null) {
    this.#wanted = wanted;
  }

  /** Takes what came; the answer, once it is whole. */
  push(chunk: Uint8Array): AtResult | undefined {
    for (const byte of chunk) {
      if (byte !== 0x0d && byte !== 0x0a) {
        if (this.#line.length < LONGEST_LINE) this.#line += String.fromCharCode(byte);
        continue;
      }
      const line = this.#line.trim();
      this.#line = '';
      const result = this.#take(line);
      if (result !== undefined) return result;
    }
    return undefined;
  }

  #take(line: string): AtResult | undefined {
    this.#info ??= this.#wanted?.exec(line) ?? null;
    if (line === 'OK') return this.#wanted === null || this.#info !== null ? { info: this.#info } : undefined;
    const [, kind, code] = /^\+(CME|CMS) ERROR: ?(.+)$/.exec(line) ?? [];
    if (kind !== undefined) return { refused: `${kind.toLowerCase()}-${code}` };
    return line === 'ERROR' ? { refused: 'error' } : undefined;
  }
}
