import type { Symptom } from '../driver.ts';
import { crc16 } from './crc.ts';
import type { Request } from './pdu.ts';
import { replyBytes } from './rtu.ts';

const EXCEPTION_FLAG = 0x80;
/** Bytes of an exception, the shortest answer. */
const SHORTEST = 5;
/** An answer is longer than it can be by this much: there is more than one. */
const LONGER = 1.25;

/**
 * What spoilt an answer, by the bytes that were heard in its place (the echo taken out). Of garbage nobody can tell from
 * its bytes whether it is of another baud, another parity or lines taken for each other: adapters differ in what they do
 * with a broken character.
 */
export function diagnose(request: Request, heard: Uint8Array): Symptom {
  if (heard.length === 0) return 'silence';
  const frames = framesIn(heard);
  const isOwn = (frame: Uint8Array) => isHead(request, frame);
  if (frames.filter(isOwn).length > 1) return 'double';
  if (frames.length > 0 && !frames.some(isOwn)) return 'foreign';
  const isLong = heard.length > Math.max(replyBytes(request) * LONGER, SHORTEST + 1);
  if (frames.some(isOwn) || (isLong && heard[0] === request.unit && heard[1] === request.code)) {
    return 'double';
  }
  if (isHead(request, heard)) return 'crc';
  return 'garbage';
}

/** Begins as a right answer does. */
const isHead = ({ unit, code, dataBytes }: Request, [first, second, third]: Uint8Array): boolean =>
  first === unit && (second === (code | EXCEPTION_FLAG) || (second === code && third === dataBytes));

/** Whole frames with a right CRC, one after the other. */
function framesIn(heard: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = 0; at + SHORTEST <= heard.length; ) {
    const length = ((heard[at + 1] ?? 0) & EXCEPTION_FLAG) === 0 ? SHORTEST + (heard[at + 2] ?? 0) : SHORTEST;
    const frame = heard.subarray(at, at + length);
    const [low = 0, high = 0] = frame.subarray(-2);
    if (frame.length < length || crc16(frame, 0, length - 2) !== ((high << 8) | low)) break;
    frames.push(frame);
    at += length;
  }
  return frames;
}
