import type { Duplex } from 'node:stream';
import type { Modem } from './modem.ts';

/**
 * What is wrong with a modem: it says unasked things before and between the lines of an answer; sends garbage before each
 * answer; never answers; misses its first command; sends bytes one by one; says twice how the command before it ended.
 */
export const MODEM_VICES = ['works', 'unasked', 'garbage', 'silent', 'sleepy', 'halting', 'stale'] as const;
export type ModemVice = (typeof MODEM_VICES)[number];

/** Longer command lines are cut: ITU-T V.250 asks for 40 characters at least. */
const LONGEST = 512;
/** `~` in UTF-8 continuation bytes, zero, half an answer: nothing of it is a line that was asked for. */
const GARBAGE = Buffer.from([0x00, 0xff, 0x80, 0x2b, 0x43, 0x53, 0x51, 0x3a, 0x20, 0x37, 0x0d, 0x0a, 0xfe, 0x1b]);
const UNASKED = '\r\n+CREG: 2\r\n\r\n^RSSI: 14\r\n\r\n+CMTI: "SM",3\r\n\r\nRING\r\n';

/** Answers on one line until it is closed. */
export function serveModem(line: Duplex, modem: Modem, vice: ModemVice): void {
  let typed = '';
  let isFirst = true;
  let before = '';
  line.on('data', (chunk: Buffer) => {
    for (const character of chunk.toString('latin1')) {
      if (character !== '\r') {
        if (character !== '\n' && typed.length < LONGEST) typed += character;
        continue;
      }
      const command = typed;
      typed = '';
      if (command === '') continue;
      const answer = modem.answer(command);
      if (!(vice === 'sleepy' && isFirst)) send(line, answer, vice, before);
      isFirst = false;
      before = answer;
    }
  });
}

function send(line: Duplex, answer: string, vice: ModemVice, before: string): void {
  switch (vice) {
    case 'works':
    case 'sleepy':
      line.write(answer);
      return;
    case 'silent':
      return;
    case 'unasked':
      // Between the information and the result too.
      line.write(UNASKED + answer.replace(/\r\nOK\r\n$/, `${UNASKED}\r\nOK\r\n`));
      return;
    case 'garbage':
      line.write(GARBAGE);
      line.write(answer);
      return;
    case 'halting':
      for (const byte of Buffer.from(answer, 'latin1')) line.write(Buffer.from([byte]));
      return;
    case 'stale':
      line.write((before.endsWith('\r\nOK\r\n') ? '\r\nOK\r\n' : '') + answer);
      return;
    default:
      vice satisfies never;
  }
}
