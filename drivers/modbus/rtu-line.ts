import type { Clock } from '#kit/clock.ts';
import type { Fault } from '#kit/fault.ts';
import type { Counters } from './counters.ts';
import { EchoFilter } from './echo-filter.ts';
import { babble, mute, stuck } from './faults.ts';
import { type Answer, BABBLE_BYTES, CLOSED, type Line, type LineEvents, SILENCE, SPOILT, STALL_MS } from './line.ts';
import { answerOf, judgeReply, type Request } from './pdu.ts';
import type { BytePort } from './port.ts';
import {
  characterMs,
  encodeRtu,
  type FrameReader,
  RtuReader,
  replyBytes,
  type Shape,
  type Spoilt,
  silenceMs,
} from './rtu.ts';

export interface RtuLineOptions {
  readonly baud: number;
  /** Quiet beside the 3.5 characters, ms. */
  readonly gap: number;
  /** The longest silence within a frame, ms; at least 20. */
  readonly byteGap?: number;
  /** After so many requests without a byte in reply the connection is taken for dead. */
  readonly muteAfter: number;
  /** After a time-out in which not one byte was heard the next request need wait only for 3.5 characters. */
  readonly isHasty?: boolean;
  /** Cuts what comes into frames; left out: the one of a plain line. */
  readonly reader?: FrameReader;
}

/** How long a slave may take to answer another master before it is spoken to by us, ms. */
const OTHERS_TURN_MS = 100;
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

/** Another master's request, whose reply is still to come. */
interface OthersTurn {
  readonly unit: number;
  readonly heardAt: number;
}

/**
 * Modbus RTU: one request at a time, each after a silence. A reply carries no number, only its unit, function and
 * length: who asks again after a time-out must ask something else first (`PollPlan.greeting`). Requests of other
 * masters are heard, so that the replies to them are not taken for ours; so is our own echo on a two-wire adapter.
 */
export class RtuLine implements Line {
  readonly window = 1;
  readonly #port: BytePort;
  readonly #wire: Clock;
  readonly #counters: Counters;
  readonly #events: LineEvents;
  readonly #reader: FrameReader;
  readonly #echo = new EchoFilter();
  readonly #muteAfter: number;
  readonly #characterMs: number;
  readonly #silenceMs: number;
  readonly #quietMs: number;
  readonly #frames = new WeakMap<Request, Buffer>();
  /** Unit → when its request that timed out was sent. */
  readonly #owed = new Map<number, number>();
  #asked: Asked | undefined;
  #othersTurn: OthersTurn | undefined;
  #cancel: () => void = () => {};
  /** When the last byte went or came, on the wire's line. */
  #lastByteAt: number;
  #shaken = false;
  readonly #isHasty: boolean;
  #idleBytes = 0;
  #unanswered = 0;
  #open = true;

  constructor(port: BytePort, options: RtuLineOptions, wire: Clock, counters: Counters, events: LineEvents) {
    this.#port = port;
    this.#wire = wire;
    this.#counters = counters;
    this.#events = events;
    this.#muteAfter = options.muteAfter;
    this.#reader = options.reader ?? new RtuReader();
    this.#characterMs = characterMs(options.baud);
    this.#silenceMs = silenceMs(options.baud) + options.gap;
    this.#quietMs = Math.max(QUIET_MS, 4 * this.#silenceMs, options.byteGap ?? 0);
    this.#isHasty = options.isHasty ?? false;
    this.#lastByteAt = this.#now();
  }

  /** Somebody else spoke on the line till now; `isOver`: and nothing more of it is to come. */
  yieldTo(isOver: boolean): void {
    this.#lastByteAt = this.#now();
    this.#shaken ||= !isOver;
  }

  ask(request: Request, timeoutMs: number, done: (answer: Answer) => void): void {
    if (this.#asked !== undefined) throw new Error('one request at a time on a serial line');
    const until = this.#now() + timeoutMs;
    this.#asked = { request, timeoutMs, done, until, sentAt: undefined, spoilt: false };
    this.#awaitSilence(this.#asked);
  }

  receive(chunk: Uint8Array): void {
    const now = this.#now();
    this.#unanswered = 0;
    if (this.#asked?.sentAt === undefined && now - this.#lastByteAt >= this.#quietMs) this.#reader.reset();
    this.#lastByteAt = Math.max(now, this.#lastByteAt);
    this.#idleBytes += chunk.length;
    const doubted = this.#reader.doubt;
    const isEcho = this.#echo.take(chunk, (bytes) => this.#reader.push(bytes, this.#readerEvents));
    if (isEcho) this.#counters.echo++;
    if (this.#reader.doubt !== undefined && doubted === undefined) this.#waitForMore();
    if (this.#idleBytes > BABBLE_BYTES) this.#break(babble(this.#idleBytes));
  }

  /** In whole milliseconds a silence of 4 would take 6. */
  #now(): number {
    return this.#wire.fine?.() ?? this.#wire.tick();
  }

  close(): void {
    this.#open = false;
    this.#finish(CLOSED);
  }

  readonly #readerEvents = {
    frame: (unit: number, pdu: Uint8Array, rest: number, shape: Shape) => {
      if (shape === 'reply') this.#frame(unit, pdu, rest);
      else this.#hearOther(unit);
    },
    spoilt: (how: Spoilt) => {
      this.#counters[how]++;
      this.#spoil();
    },
  };

  #awaitSilence(asked: Asked): void {
    if (this.#asked !== asked) return;
    const now = this.#now();
    const silentAt = this.#lastByteAt + (this.#shaken ? this.#quietMs : this.#silenceMs);
    const missing = Math.max(silentAt, this.#othersUntil(asked)) - now;
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
    this.#reader.reset(request);
    this.#echo.expect(frame, request.code <= 4);
    this.#shaken = false;
    this.#othersTurn = undefined;
    asked.sentAt = this.#now();
    this.#lastByteAt = asked.sentAt + Math.ceil(frame.length * this.#characterMs);
    asked.until = this.#lastByteAt + timeoutMs + Math.ceil(replyBytes(request) * this.#characterMs);
    this.#counters.requests++;
    this.#cancel = this.#wire.after(asked.until - asked.sentAt, () => this.#expire(asked));
    if (!this.#port.write(frame)) this.#break(stuck());
  }

  /** A request that is not ours. A broadcast is not answered (Modbus over Serial Line V1.02, 2.1). */
  #hearOther(unit: number): void {
    this.#counters.foreign++;
    if (unit === 0) return;
    this.#othersTurn = { unit, heardAt: this.#now() };
    // Which of the two replies comes next nobody can tell.
    if (this.#asked?.sentAt !== undefined && this.#asked.request.unit === unit) this.#spoil();
  }

  /** Until when another master is waited for: a reply to it must not be taken for one to us. */
  #othersUntil({ request, timeoutMs }: Asked): number {
    const turn = this.#othersTurn;
    if (turn === undefined) return 0;
    return turn.heardAt + (turn.unit === request.unit ? timeoutMs : Math.min(OTHERS_TURN_MS, timeoutMs));
  }

  #frame(unit: number, pdu: Uint8Array, rest: number): void {
    if (this.#othersTurn?.unit === unit) this.#othersTurn = undefined;
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
      this.#events.late(unit, Math.round(this.#now() - owedSince));
      return;
    }
    this.#counters[verdict]++;
    // Another unit's reply leaves the own one to come (2.4.1); a wrong one of the unit itself was it.
    if (verdict !== 'foreign') this.#spoil();
  }

  /** What is there is no reply, unless it goes on soon. */
  #waitForMore(): void {
    const asked = this.#asked;
    if (asked?.sentAt === undefined || asked.spoilt) return;
    this.#cancel();
    this.#cancel = this.#wire.after(this.#quietMs, () => this.#expire(asked));
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
    const now = this.#now();
    const isOver = asked.spoilt || this.#reader.doubt !== undefined;
    const end = isOver ? Math.min(asked.until, this.#lastByteAt + this.#quietMs) : asked.until;
    if (now < end) {
      this.#cancel = this.#wire.after(end - now, () => this.#expire(asked));
      return;
    }
    if (!isOver && now - end > STALL_MS) {
      asked.until = now + STALL_MS;
      this.#cancel = this.#wire.after(STALL_MS, () => this.#expire(asked));
      return;
    }
    this.#echo.end();
    if (this.#asked !== asked) return;
    const isMute = this.#lastByteAt <= asked.until - asked.timeoutMs - replyBytes(asked.request) * this.#characterMs;
    this.#shaken = !(this.#isHasty && isMute);
    // From here on the line must be heard to be quiet, for a reply that is only just late.
    this.#lastByteAt = isOver ? this.#lastByteAt : now;
    this.#owed.set(asked.request.unit, asked.sentAt);
    if (!asked.spoilt && this.#reader.unfinished > 0) {
      this.#counters[this.#reader.doubt ?? 'short']++;
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
