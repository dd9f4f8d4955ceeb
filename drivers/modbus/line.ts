import type { Fault } from '#kit/fault.ts';
import type { LineAnswer, LineQuestion } from '../driver.ts';
import type { Reply, Request } from './pdu.ts';

/** What became of a request. */
export type Answer =
  /** Its data is a view that holds until the call returns. */
  | Reply
  /** Nothing came within the time-out. */
  | { readonly kind: 'silence' }
  /** Something came that could not be an answer. */
  | { readonly kind: 'spoilt' }
  /** The line was closed meanwhile. */
  | { readonly kind: 'closed' };

export const SILENCE: Answer = { kind: 'silence' };
export const SPOILT: Answer = { kind: 'spoilt' };
export const CLOSED: Answer = { kind: 'closed' };

/** What a line tells its link, beside answers. */
export interface LineEvents {
  /** A reply to a request of `unit` that had timed out came after all, `afterMs` of the wire after it was sent. */
  late(unit: number, afterMs: number): void;
  /** The connection is of no use any more; the link closes it and makes a new one. */
  broken(fault: Fault): void;
}

/** Requests out and answers in over one open port. Pure of connecting; all its time is the wire's. */
export interface Line {
  /** How many requests may be in flight. The link keeps to it, and to one a unit. */
  readonly window: number;
  /**
   * Sends a request. `done` is called exactly once, never before `ask` returns; `timeoutMs` counts from when the
   * request is on the wire.
   */
  ask(request: Request, timeoutMs: number, done: (answer: Answer) => void): void;
  /** How a job asks on it, while no request of the link's own is in flight on a line that has one at a time. */
  readonly guests?: Guests;
  /** Bytes came in. */
  receive(chunk: Uint8Array): void;
  /** Answers everything in flight with `closed`. */
  close(): void;
}

/** What a job may do on a line. One question at a time. */
export interface Guests {
  /** `done` is called exactly once, never before `ask` returns. */
  ask(question: LineQuestion, done: (answer: LineAnswer) => void): void;
  /** The line is set as the link says, if it is not. */
  restore(): void;
}

/** So many bytes in a row that answer nothing are a fault of the connection. */
export const BABBLE_BYTES = 65_536;

/**
 * A timer that comes so late was held up by a process that stood still, ms: what came meanwhile has not been read yet, so
 * no request is given up before as much time again has passed.
 */
export const STALL_MS = 50;
