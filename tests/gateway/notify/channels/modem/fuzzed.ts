import { AtReply } from '../../../../../drivers/cabinet/at-reply.ts';
import { CCLK, networkTimeOf } from '../../../../../drivers/cabinet/cclk.ts';
import { AtLines, finalOf, hasPdu, isReset, isUnasked } from '../../../../../gateway/notify/channels/modem/at-lines.ts';
import { parseIncoming } from '../../../../../gateway/notify/channels/modem/incoming-pdu.ts';

const LONGEST_LINE = 1024;

/** What modems say: answers, refusals, what they say unasked, and messages in hex. */
export const seeds: readonly Buffer[] = [
  'AT+CSQ\r\r\n+CSQ: 21,99\r\n\r\nOK\r\n',
  '\r\n+CME ERROR: 10\r\n',
  '\r\n+CMS ERROR: 500\r\n\r\nERROR\r\n',
  '\r\n+CDS: 25\r\n0006D60B911326880736F4111011719551401110117195714000\r\n',
  '\r\n+CMT: ,26\r\n07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37\r\n',
  '07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37',
  '0006D60B911326880736F4111011719551401110117195714000',
  '\r\n+CCLK: "26/11/22,12:17:05+32"\r\nOK\r\n',
  '\r\n> ',
  '\r\nRING\r\n\r\n+CLIP: "+8613800000001",145\r\n^SYSSTART\r\nRDY\r\nNO CARRIER\r\n',
].map((text) => Buffer.from(text, 'latin1'));

const fail = (what: string): never => {
  throw new Error(what);
};

/** Lines as they stand in the input, read another way. */
const linesIn = (input: Buffer): string[] => {
  const whole = input
    .toString('latin1')
    .split(/[\r\n]/)
    .slice(0, -1);
  return whole.map((line) => line.slice(0, LONGEST_LINE).trim()).filter((line) => line !== '');
};

/** The input in pieces whose sizes it names itself. */
function* pieces(input: Buffer): Generator<Buffer> {
  for (let at = 0; at < input.length; ) {
    const size = 1 + ((input[at] ?? 0) % 19);
    yield input.subarray(at, at + size);
    at += size;
  }
}

function readLines(input: Buffer): void {
  const reader = new AtLines();
  const lines = [...pieces(input)].flatMap((piece) => reader.push(piece));
  if (lines.join('\n') !== linesIn(input).join('\n')) fail('lines that do not stand there');
  for (const line of lines) {
    const final = finalOf(line);
    if (final?.isOk && line !== 'OK') fail('an OK that is none');
    if (final !== undefined && final.code.length > 64) fail('a code without a bound');
    if (hasPdu(line) && !isUnasked(line)) fail('a message that was asked for');
    isReset(line);
    readPdu(Buffer.from(line, 'latin1'));
  }
  reader.dropPrompt();
  if (reader.hasPrompt) fail('a prompt that was dropped');
}

function readPdu(input: Buffer): void {
  for (const text of [input.toString('latin1'), input.toString('hex')]) {
    const read = parseIncoming(text);
    if (read === undefined) continue;
    if (!/^([0-9A-F]{2})+$/i.test(text)) fail('a message that is no hex');
    if (read.kind === 'report') {
      if (!(read.reference >= 0 && read.reference <= 255 && read.status >= 0 && read.status <= 255))
        fail('a report of no octets');
      // Service centre, type, reference, address, two times, status.
      if (text.length / 2 < 19) fail('a report that is cut short');
    } else {
      if (read.text.length > 400 || read.from.length > 24) fail('longer than a message can be');
      if (!read.text.isWellFormed()) fail('half a character');
    }
  }
}

/** An answer only where its line stands in the input, whole, before an OK that is whole. */
function readReply(input: Buffer): void {
  const wanted = /\+CSQ: ?(\d+),(\d+)$/;
  for (const each of [wanted, CCLK, null]) {
    const reply = new AtReply(each);
    const results = [...pieces(input)].flatMap((piece) => reply.push(piece) ?? []);
    const [result] = results;
    if (result === undefined) continue;
    const lines = input
      .toString('latin1')
      .split(/[\r\n]/)
      .slice(0, -1)
      .map((line) => line.slice(0, 512).trim());
    if ('refused' in result) {
      if (!lines.some((line) => line.includes('ERROR'))) fail('a refusal that does not stand there');
      continue;
    }
    const at = each === null ? 0 : lines.findIndex((line) => each.test(line));
    if (at < 0 || !lines.slice(at).includes('OK')) fail('an answer that does not stand there');
    if (each !== CCLK || result.info === null) continue;
    for (const as of ['local', 'utc'] as const) {
      const time = networkTimeOf(result.info, as);
      if ('at' in time && !Number.isFinite(time.at)) fail('no time');
    }
  }
}

/** Every parser of what a modem says, by its name; each throws where it does what it must not. */
export const parsers: Readonly<Record<string, (input: Buffer) => void>> = {
  'lines of a modem': readLines,
  'messages of the network': readPdu,
  "answers of the cabinet's modem": readReply,
};
