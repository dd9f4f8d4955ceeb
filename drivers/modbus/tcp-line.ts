import type { Clock } from '#kit/clock.ts';
import type { Counters } from './counters.ts';
import { babble, mute, notModbus, stuck } from './faults.ts';
import { guestAnswer, NO_SETTINGS } from './guest.ts';
import {
  type Answer,
  BABBLE_BYTES,
  CLOSED,
  type Guests,
  type Line,
  type LineEvents,
  SILENCE,
  SPOILT,
  STALL_MS,
} from './line.ts';
import { encodeTcp, MbapReader } from './mbap.ts';
import { answerOf, judgeReply, makeRequest, type Request } from './pdu.ts';
import type { BytePort } from './port.ts';

interface InFlight {
  readonly request: Request;
  readonly sentAt: number;
  readonly until: number;
  /** Of a job: that it is not answered says nothing of the connection. */
  readonly isGuest: boolean;
  readonly done: (answer: Answer) => void;
}

/** Transactions that timed out, remembered so that a late reply is known for one and its number is not used again. */
const MOST_OWED = 256;

export interface TcpLineOptions {
  readonly window: number;
  /** After so many requests without a byte in reply the connection is taken for dead. */
  readonly muteAfter: number;
}

/** Modbus TCP: requests are told apart by a transaction number of 16 bits. */
export class TcpLine implements Line {
  readonly window: number;
  readonly #port: BytePort;
  readonly #wire: Clock;
  readonly #counters: Counters;
  readonly #events: LineEvents;
  readonly #muteAfter: number;
  readonly #reader = new MbapReader();
  readonly #inFlight = new Map<number, InFlight>();
  readonly #owed = new Map<number, { readonly unit: number; readonly sentAt: number }>();
  readonly #take = (id: number, unit: number, pdu: Uint8Array) => this.#frame(id, unit, pdu);
  /** While a chunk is read what is asked waits, and then goes out at one time: the other side wakes up once for it. */
  #outbox: Uint8Array[] | undefined;
  #last = 0xffff;
  /** One timer for all in flight: set for the first that may run out, and looked at anew then. */
  #cancel: () => void = () => {};
  #wakesAt = Number.POSITIVE_INFINITY;
  #unanswered = 0;
  #idleBytes = 0;
  #open = true;

  constructor(port: BytePort, options: TcpLineOptions, wire: Clock, counters: Counters, events: LineEvents) {
    this.window = options.window;
    this.#muteAfter = options.muteAfter;
    this.#port = port;
    this.#wire = wire;
    this.#counters = counters;
    this.#events = events;
  }

  readonly guests: Guests = {
    ask: (question, done) => {
      if (question.settings !== undefined) {
        queueMicrotask(() => done(NO_SETTINGS));
        return;
      }
      const { unit, table, address, count, timeoutMs } = question;
      const sentAt = this.#wire.tick();
      const take = (answer: Answer) => done(guestAnswer(answer, this.#wire.tick() - sentAt));
      this.#ask(makeRequest(unit, table, address, count), timeoutMs, take, true);
    },
    restore: () => {},
  };

  ask(request: Request, timeoutMs: number, done: (answer: Answer) => void): void {
    this.#ask(request, timeoutMs, done, false);
  }

  #ask(request: Request, timeoutMs: number, done: (answer: Answer) => void, isGuest: boolean): void {
    const id = this.#nextId();
    const sentAt = this.#wire.tick();
    const until = sentAt + timeoutMs;
    this.#inFlight.set(id, { request, sentAt, until, done, isGuest });
    if (until < this.#wakesAt) this.#wakeAt(until, sentAt);
    this.#counters.requests++;
    const frame = encodeTcp(id, request);
    if (this.#outbox === undefined) this.#send(frame);
    else this.#outbox.push(frame);
  }

  /** Each frame by itself: several in one segment are advised against (Messaging on TCP/IP V1.0b, 4.4.2). */
  #send(frame: Uint8Array): void {
    if (!this.#port.write(frame)) this.#break(stuck());
  }

  receive(chunk: Uint8Array): void {
    this.#unanswered = 0;
    this.#idleBytes += chunk.length;
    const outbox: Uint8Array[] = [];
    this.#outbox = outbox;
    const right = this.#reader.push(chunk, this.#take);
    this.#outbox = undefined;
    if (!this.#open) return;
    if (right) for (const frame of outbox) this.#send(frame);
    if (!right) {
      this.#counters.nonsense++;
      this.#break(notModbus());
    } else if (this.#idleBytes > BABBLE_BYTES) {
      this.#break(babble(this.#idleBytes));
    }
  }

  close(): void {
    this.#open = false;
    this.#cancel();
    const pending = [...this.#inFlight.values()];
    this.#inFlight.clear();
    for (const { done } of pending) done(CLOSED);
  }

  #wakeAt(until: number, now: number): void {
    this.#cancel();
    this.#wakesAt = until;
    this.#cancel = this.#wire.after(until - now, () => this.#wake());
  }

  #wake(): void {
    const now = this.#wire.tick();
    if (now - this.#wakesAt > STALL_MS) {
      this.#wakeAt(now + STALL_MS, now);
      return;
    }
    this.#wakesAt = Number.POSITIVE_INFINITY;
    for (const [id, { until }] of [...this.#inFlight]) if (until <= now) this.#giveUp(id);
    let next = Number.POSITIVE_INFINITY;
    for (const { until } of this.#inFlight.values()) next = Math.min(next, until);
    if (next < this.#wakesAt) this.#wakeAt(next, now);
  }

  #nextId(): number {
    do this.#last = (this.#last + 1) & 0xffff;
    while (this.#inFlight.has(this.#last) || this.#owed.has(this.#last));
    return this.#last;
  }

  #frame(id: number, unit: number, pdu: Uint8Array): void {
    if (!this.#open) return;
    const asked = this.#inFlight.get(id);
    if (asked === undefined) {
      this.#stray(id, unit);
      return;
    }
    const verdict = judgeReply(asked.request, unit, pdu);
    switch (verdict) {
      case 'data':
      case 'exception':
        this.#idleBytes = 0;
        this.#counters.answers++;
        if (verdict === 'exception') this.#counters.exceptions++;
        this.#settle(id, asked, answerOf(verdict, pdu));
        break;
      case 'foreign':
        this.#counters.foreign++;
        break;
      case 'short':
      case 'overlong':
        this.#counters[verdict]++;
        this.#settle(id, asked, SPOILT);
        break;
      default:
        verdict satisfies never;
    }
  }

  #stray(id: number, unit: number): void {
    const owed = this.#owed.get(id);
    if (owed?.unit !== unit) {
      this.#counters.foreign++;
      return;
    }
    this.#owed.delete(id);
    this.#counters.late++;
    this.#events.late(unit, this.#wire.tick() - owed.sentAt);
  }

  #giveUp(id: number): void {
    const asked = this.#inFlight.get(id);
    if (asked === undefined) return;
    this.#counters.timeouts++;
    if (!asked.isGuest) this.#unanswered++;
    if (this.#owed.size >= MOST_OWED) {
      const [oldest] = this.#owed.keys();
      if (oldest !== undefined) this.#owed.delete(oldest);
    }
    this.#owed.set(id, { unit: asked.request.unit, sentAt: asked.sentAt });
    this.#settle(id, asked, SILENCE);
    if (this.#open && this.#unanswered >= this.#muteAfter) this.#break(mute(this.#unanswered));
  }

  #settle(id: number, asked: InFlight, answer: Answer): void {
    this.#inFlight.delete(id);
    asked.done(answer);
  }

  #break(fault: Parameters<LineEvents['broken']>[0]): void {
    if (!this.#open) return;
    this.#open = false;
    // Later, so that neither `ask` nor `receive` finds its link closed under its feet.
    queueMicrotask(() => this.#events.broken(fault));
  }
}
