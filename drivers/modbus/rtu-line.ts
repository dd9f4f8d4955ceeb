import type { Clock } from '#kit/clock.ts';
import type { Fault } from '#kit/fault.ts';
import type { Counters } from './counters.ts';
import { babble, mute, stuck } from './faults.ts';
import { type Answer, BABBLE_BYTES, CLOSED, type Line, type LineEvents, SILENCE, SPOILT } from './line.ts';
import { answerOf, judgeReply, type Request } from './pdu.ts';
import type { BytePort } from './port.ts';
import { characterMs, encodeRtu, RtuReader, replyBytes, type Spoilt, silenceMs } from './rtu.ts';

export interface RtuLineOptions {
  readonly baud: number;
  /** Quiet beside the 3.5 characters, ms. */
  readonly gap: number;
  /** After so many requests without a byte in reply the connection is taken for dead. */
  readonly muteAfter: number;
}

/** How long the line must be silent after a time-out or anything spoilt, ms (at least four ordinary silences). */
const QUIET_MS = 20;

interface Asked {
  readonly request: Request;
  readonly timeoutMs: number;
  readonly done: (answer: Answer) => void;
  /** Waiting for silence until then; afterwards the end of the wait for the reply. */
  until: number;
  /** Undefined while the line is not silent yet. */
  sentAt: number | undefined;
  spoilt: boolean;
}

/**
 * Modbus RTU: one request at a time, each after a silence. A reply carries no number, only its unit, function and
 * length: who asks again after a time-out must ask something else first (`PollPlan.greeting`).
 */
export class RtuLine implements Line {
  readonly window = 1;
  readonly #port: BytePort;
  readonly #wire: Clock;
  readonly #counters: Counters;
  readonly #events: LineEvents;
  readonly #reader = new RtuReader();
  readonly #muteAfter: number;
  readonly #characterMs: number;
  readonly #silenceMs: number;
  readonly #quietMs: number;
  readonly #frames = new WeakMap<Request, Buffer>();
  /** Unit → when its request that timed out was sent. */
  readonly #owed = new Map<number, number>();
  #asked: Asked | undefined;
  #cancel: () => void = () => {};
  /** When the last byte went or came, on the wire's line. */
  #lastByteAt: number;
  #shaken = false;
  #idleBytes = 0;
  #unanswered = 0;
  #open = true;

  constructor(port: BytePort, options: RtuLineOptions, wire: Clock, counters: Counters, events: LineEvents) {
    this.#port = port;
    this.#wire = wire;
    this.#counters = counters;
    this.#events = events;
    this.#muteAfter = options.muteAfter;
    this.#characterMs = characterMs(options.baud);
    // One more, since the clock counts whole milliseconds.
    this.#silenceMs = Math.ceil(silenceMs(options.baud) + options.gap) + 1;
    this.#quietMs = Math.max(QUIET_MS, 4 * this.#silenceMs);
    this.#lastByteAt = wire.tick();
  }

  ask(request: Request, timeoutMs: number, done: (answer: Answer) => void): void {
    if (this.#asked !== undefined) throw new Error('one request at a time on a serial line');
    const until = this.#wire.tick() + timeoutMs;
    this.#asked = { request, timeoutMs, done, until, sentAt: undefined, spoilt: false };
    this.#awaitSilence(this.#asked);
  }

  receive(chunk: Uint8Array): void {
    const now = this.#wire.tick();
    this.#unanswered = 0;
    if (this.#asked?.sentAt === undefined && now - this.#lastByteAt >= this.#quietMs) this.#reader.reset();
    this.#lastByteAt = Math.max(now, this.#lastByteAt);
    this.#idleBytes += chunk.length;
    this.#reader.push(chunk, this.#readerEvents);
    if (this.#idleBytes > BABBLE_BYTES) this.#break(babble(this.#idleBytes));
  }

  close(): void {
    this.#open = false;
    this.#finish(CLOSED);
  }

  readonly #readerEvents = {
    frame: (unit: number, pdu: Uint8Array, rest: number) => this.#frame(unit, pdu, rest),
    spoilt: (how: Spoilt) => {
      this.#counters[how]++;
      this.#spoil();
    },
  };

  #awaitSilence(asked: Asked): void {
    if (this.#asked !== asked) return;
    const now = this.#wire.tick();
    const missing = this.#lastByteAt + (this.#shaken ? this.#quietMs : this.#silenceMs) - now;
    if (missing > 0) {
      // A line that never falls silent is not spoken into.
      if (now >= asked.until) this.#finish(SPOILT);
      else this.#cancel = this.#wire.after(missing, () => this.#awaitSilence(asked));
      return;
    }
    const before = this.#lastByteAt;
    this.#port.flush(() => {
      if (this.#asked !== asked) return;
      if (this.#lastByteAt === before) this.#send(asked);
      else this.#awaitSilence(asked);
    });
  }

  #send(asked: Asked): void {
    const { request, timeoutMs } = asked;
    const frame = this.#frames.get(request) ?? encodeRtu(request);
    this.#frames.set(request, frame);
    this.#reader.reset();
    this.#shaken = false;
    asked.sentAt = this.#wire.tick();
    this.#lastByteAt = asked.sentAt + Math.ceil(frame.length * this.#characterMs);
    asked.until = this.#lastByteAt + timeoutMs + Math.ceil(replyBytes(request) * this.#characterMs);
    this.#counters.requests++;
    this.#cancel = this.#wire.after(asked.until - asked.sentAt, () => this.#expire(asked));
    if (!this.#port.write(frame)) this.#break(stuck());
  }

  #frame(unit: number, pdu: Uint8Array, rest: number): void {
    const asked = this.#asked;
    const request = asked?.sentAt === undefined || asked.spoilt ? undefined : asked.request;
    const verdict = request === undefined ? 'foreign' : judgeReply(request, unit, pdu);
    if (verdict === 'data' || verdict === 'exception') {
      // An answer ends in silence; what has more bytes glued to it is no frame (2.5.1.1).
      if (rest > 0) {
        this.#counters.overlong++;
        this.#spoil();
        return;
      }
      this.#owed.delete(unit);
      this.#idleBytes = 0;
      this.#counters.answers++;
      if (verdict === 'exception') this.#counters.exceptions++;
      this.#finish(answerOf(verdict, pdu));
      return;
    }
    const owedSince = this.#owed.get(unit);
    if (owedSince !== undefined) {
      this.#owed.delete(unit);
      this.#counters.late++;
      this.#events.late(unit, this.#wire.tick() - owedSince);
      return;
    }
    this.#counters[verdict]++;
    // Another unit's reply leaves the own one to come (2.4.1); a wrong one of the unit itself was it.
    if (verdict !== 'foreign') this.#spoil();
  }

  /** The reply in hand is lost: once the line is quiet there is nothing more to wait for. */
  #spoil(): void {
    this.#shaken = true;
    const asked = this.#asked;
    if (asked?.sentAt === undefined || asked.spoilt) return;
    asked.spoilt = true;
    this.#cancel();
    this.#cancel = this.#wire.after(this.#quietMs, () => this.#expire(asked));
  }

  #expire(asked: Asked): void {
    if (this.#asked !== asked || asked.sentAt === undefined) return;
    const now = this.#wire.tick();
    const end = asked.spoilt ? Math.min(asked.until, this.#lastByteAt + this.#quietMs) : asked.until;
    if (now < end) {
      this.#cancel = this.#wire.after(end - now, () => this.#expire(asked));
      return;
    }
    this.#shaken = true;
    // From here on the line must be heard to be quiet, for a reply that is only just late.
    this.#lastByteAt = asked.spoilt ? this.#lastByteAt : now;
    this.#owed.set(asked.request.unit, asked.sentAt);
    if (!asked.spoilt && this.#reader.unfinished > 0) {
      this.#counters.short++;
      asked.spoilt = true;
    }
    if (asked.spoilt) {
      this.#finish(SPOILT);
      return;
    }
    this.#counters.timeouts++;
    this.#unanswered++;
    this.#finish(SILENCE);
    if (this.#unanswered >= this.#muteAfter) this.#break(mute(this.#unanswered));
  }

  #finish(answer: Answer): void {
    const asked = this.#asked;
    this.#cancel();
    this.#asked = undefined;
    asked?.done(answer);
  }

  #break(fault: Fault): void {
    if (!this.#open) return;
    this.#open = false;
    // Later, so that neither `ask` nor `receive` finds its link closed under its feet.
    queueMicrotask(() => this.#events.broken(fault));
  }
}
