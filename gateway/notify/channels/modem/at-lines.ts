/** The longest that is a line of a modem: a message of 176 octets in hex. Of longer ones the beginning is kept. */
const LONGEST_LINE = 1024;
const CR = 0x0d;
const LF = 0x0a;

/** What a modem sends (ITU-T V.250, section 5.7), cut into lines; empty ones are left out. */
export class AtLines {
  #line = '';

  push(chunk: Uint8Array): string[] {
    const lines: string[] = [];
    for (const byte of chunk) {
      if (byte === CR || byte === LF) {
        const line = this.#line.trim();
        this.#line = '';
        if (line !== '') lines.push(line);
      } else if (this.#line.length < LONGEST_LINE) this.#line += String.fromCharCode(byte);
    }
    return lines;
  }

  /** Whether it waits for the text of a message: `> ` without an end of line (3GPP TS 27.005, section 3.5.1). */
  get hasPrompt(): boolean {
    return this.#line.trim() === '>';
  }

  dropPrompt(): void {
    if (this.hasPrompt) this.#line = '';
  }
}

/** How a command ended; undefined for a line that ends none. */
export function finalOf(line: string): { readonly isOk: boolean; readonly code: string } | undefined {
  if (line === 'OK') return { isOk: true, code: 'ok' };
  if (line === 'ERROR') return { isOk: false, code: 'error' };
  const [, kind, code] = /^\+(CME|CMS) ERROR: ?(.{1,40})$/.exec(line) ?? [];
  return kind === undefined ? undefined : { isOk: false, code: `${kind.toLowerCase()}-${code}` };
}

/** What ends an attempt to call, or a call (V.250, section 6.3.1). */
export const CALL_ENDS: readonly string[] = ['NO CARRIER', 'BUSY', 'NO ANSWER', 'NO DIALTONE', 'NO DIAL TONE'];

/** What a modem says of itself, whatever it was asked. */
const UNASKED =
  /^(\+CMTI|\+CMT|\+CDSI|\+CDS|\+CUSD|\+CLIP|\+CRING|\+CCWA|\+CIEV|\+RXDTMF|\+DTMF|\+QTONEDET|\+CTTS: ?0|\+QTTS: ?0|\^\w+|RING|VOICE CALL|MISSED_CALL|NO CARRIER|BUSY|NO ANSWER|NO DIAL ?TONE)/;
export const isUnasked = (line: string): boolean => UNASKED.test(line);

/** It began anew: what was under way will not be answered. */
export const isReset = (line: string): boolean => /^(RDY|START|\^SYSSTART)$/.test(line);

/** After these one more line belongs to it, the message in hex. */
export const hasPdu = (line: string): boolean => /^(\+CMT|\+CDS):/.test(line);
