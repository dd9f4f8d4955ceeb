import type { Duplex } from 'node:stream';
import { crc16, encodeReply } from './rtu.ts';
import type { TtySettings } from './tty-settings.ts';
import type { Unit } from './unit.ts';
import { overWire, type WireEnd } from './wave.ts';

/** A unit that hears and answers at its own settings alone. */
export interface TunedUnit {
  readonly unit: Unit;
  readonly at: Pick<TtySettings, 'baud' | 'parity'>;
  /** It answers although the line is set otherwise, and what comes of that is heard: its vice. */
  readonly blunders?: WireEnd;
  /** It begins to answer so many characters after the silence that ends the request. */
  readonly lateChars?: number;
}

export interface TunedCounters {
  requests: number;
  replies: number;
  /** Requests that came before the reply before them had ended, 3.5 characters of silence included. */
  collisions: number;
}

const REQUEST = 8;
/** Bytes that a UART hands on at a time. */
const PIECE = 8;
/** What timers cannot tell is waited out turn by turn. */
const FINE_MS = 1.5;
/** A request that came in pieces is given up after so much silence. */
const SILENCE_MS = 20;

/**
 * Serves units with settings of their own on one line, as long as a wire would take: a request is heard when its characters
 * have passed, the answer begins 3.5 characters later and comes piece by piece. Two that answer at once spoil each other.
 */
export function serveTuned(
  line: Duplex,
  units: readonly TunedUnit[],
  settings: () => Promise<TtySettings>,
  counters: TunedCounters = { requests: 0, replies: 0, collisions: 0 },
): TunedCounters {
  let pending: Buffer = Buffer.alloc(0);
  let heardAt = performance.now();
  let busyUntil = 0;

  const answer = async (request: Buffer, cameAt: number) => {
    const asked = units.filter(({ unit }) => unit.unit === request[0]);
    if (asked.length === 0) return;
    const set = await settings();
    const bits = set.parity === 'none' ? 10 : 11;
    const charMs = (bits * 1000) / set.baud;
    const silenceMs = set.baud > 19_200 ? 1.75 : 3.5 * charMs;
    const voices = asked.flatMap(({ unit, at, blunders, lateChars = 0 }) => {
      const isTuned = at.baud === set.baud && at.parity === set.parity;
      if (!isTuned && blunders === undefined) return [];
      const reply = unit.reply(Buffer.from(request.subarray(1, -2)));
      const bytes = encodeReply(reply);
      if (bytes === null) return [];
      const heard = blunders === undefined ? bytes : overWire(bytes, blunders, set);
      return [{ bytes: heard, lateChars, afterMs: reply.kind === 'pdu' ? reply.afterMs : 0 }];
    });
    if (voices.length === 0) return;
    counters.replies++;
    const mixed = mix(voices);
    const beginAt = cameAt + request.length * charMs + silenceMs + Math.max(...voices.map(({ afterMs }) => afterMs));
    busyUntil = beginAt + mixed.length * charMs + silenceMs;
    for (let from = 0; from < mixed.length; from += PIECE) {
      const piece = mixed.subarray(from, from + PIECE);
      at(beginAt + (from + piece.length) * charMs, () => line.destroyed || line.write(piece));
    }
  };

  line.on('data', (chunk: Buffer) => {
    const now = performance.now();
    if (now - heardAt > SILENCE_MS) pending = Buffer.alloc(0);
    heardAt = now;
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= REQUEST) {
      const request = pending.subarray(0, REQUEST);
      if (crc16(request.subarray(0, -2)) !== request.readUInt16LE(REQUEST - 2)) {
        pending = pending.subarray(1);
        continue;
      }
      pending = pending.subarray(REQUEST);
      counters.requests++;
      if (now < busyUntil) counters.collisions++;
      // A tty that is gone has nobody to answer.
      answer(request, now).catch(() => {});
    }
  });
  return counters;
}

/** What a two-wire line makes of several at once: a low bit of one wins. */
function mix(voices: readonly { readonly bytes: Buffer; readonly lateChars: number }[]): Buffer {
  const length = Math.max(...voices.map(({ bytes, lateChars }) => bytes.length + lateChars));
  const mixed = Buffer.alloc(length, 0xff);
  for (const { bytes, lateChars } of voices) {
    bytes.forEach((byte, index) => {
      mixed[lateChars + index] = (mixed[lateChars + index] ?? 0xff) & byte;
    });
  }
  return mixed;
}

function at(time: number, run: () => void): void {
  const left = time - performance.now();
  if (left <= 0) run();
  else if (left > FINE_MS) setTimeout(() => at(time, run), left - FINE_MS);
  else setImmediate(() => at(time, run));
}
