import type { Duplex } from 'node:stream';
import type { Clock } from '#kit/clock.ts';
import { textOf } from '#kit/fault.ts';
import { AtLines, CALL_ENDS, finalOf, hasPdu, isReset, isUnasked } from './at-lines.ts';

export interface AtCommand {
  readonly text: string;
  /** A line that must come before `OK`: without it the `OK` is of an earlier command. */
  readonly wanted?: RegExp;
  /** Of a list, which may have none. */
  readonly mayBeNone?: boolean;
  readonly timeoutMs: number;
  /** A message that is given when the modem asks for it with `>`. */
  readonly pdu?: string;
  /** Dials: then it is also ended by what ends a call. */
  readonly dials?: boolean;
  readonly isUrgent?: boolean;
}

export type AtAnswer =
  | { readonly kind: 'ok'; readonly lines: readonly string[] }
  /** `error`, `cms-38`, `cme-10`, or what ended a call in lower case. */
  | { readonly kind: 'refused'; readonly code: string }
  /** `wasSent`: the message, or the whole command where there is none, went to the modem. */
  | { readonly kind: 'lost'; readonly why: AtEnd; readonly wasSent: boolean };

/** Why a session ended. */
export type AtEnd = 'closed' | 'reset' | 'timeout';

interface Exchange {
  readonly command: AtCommand;
  readonly lines: string[];
  wasSent: boolean;
  /** On the tick line; null: it waits. */
  since: number | null;
  readonly done: (answer: AtAnswer) => void;
}

/** A dial that the modem has not answered gives way to an urgent message that waits, after so long. */
const DIALS_ALONE_MS = 20_000;
const ESCAPE = '\u001b';
const END_OF_MESSAGE = '\u001a';
const MOST_LINES = 600;
const MOST_WAITING = 100;

/**
 * One modem on an open line, which whoever opened it closes afterwards: one command at a time, the urgent first. What it says unasked goes to `said`, a message in hex
 * beside its head. A command that is not answered in time ends the session, since nobody knows what the next answer is of.
 */
export class AtSession {
  readonly #line: Duplex;
  readonly #wire: Clock;
  readonly #said: (line: string, pdu: string | null) => void;
  readonly #lines = new AtLines();
  readonly #ended = Promise.withResolvers<AtEnd>();
  #end: AtEnd | undefined;
  #waiting: Exchange[] = [];
  #current: Exchange | undefined;
  #cancelTimer: (() => void) | undefined;
  #cancelDial: (() => void) | undefined;
  /** The head of a message whose hex is the next line. */
  #head: string | undefined;
  /** For a person. */
  error: string | undefined;

  constructor(line: Duplex, wire: Clock, said: (line: string, pdu: string | null) => void) {
    this.#line = line;
    this.#wire = wire;
    this.#said = said;
    line.on('data', (chunk: Uint8Array) => this.#take(chunk));
    line.on('error', (error) => this.end('closed', textOf(error)));
    line.on('close', () => this.end('closed', 'the port was closed'));
  }

  /** Settled when the session has ended, by itself or by `end`. */
  get ended(): Promise<AtEnd> {
    return this.#ended.promise;
  }

  ask(command: AtCommand): Promise<AtAnswer> {
    if (this.#end !== undefined || this.#waiting.length >= MOST_WAITING) {
      return Promise.resolve({ kind: 'lost', why: this.#end ?? 'timeout', wasSent: false });
    }
    const { promise, resolve } = Promise.withResolvers<AtAnswer>();
    const exchange: Exchange = { command, lines: [], wasSent: false, since: null, done: resolve };
    const place = command.isUrgent ? this.#waiting.findIndex((each) => !each.command.isUrgent) : -1;
    this.#waiting.splice(place === -1 ? this.#waiting.length : place, 0, exchange);
    this.#next();
    this.#giveWay();
    return promise;
  }

  end(why: AtEnd, error?: string): void {
    if (this.#end !== undefined) return;
    this.#end = why;
    this.error = error;
    this.#cancelTimer?.();
    this.#cancelDial?.();
    const all = [...(this.#current === undefined ? [] : [this.#current]), ...this.#waiting.splice(0)];
    this.#current = undefined;
    for (const { done, wasSent } of all) done({ kind: 'lost', why, wasSent });
    this.#ended.resolve(why);
  }

  #next(): void {
    if (this.#current !== undefined || this.#end !== undefined) return;
    const exchange = this.#waiting.shift();
    if (exchange === undefined) return;
    this.#current = exchange;
    exchange.since = this.#wire.tick();
    const { text, timeoutMs, pdu } = exchange.command;
    exchange.wasSent = pdu === undefined;
    this.#cancelTimer = this.#wire.after(timeoutMs, () => {
      // A modem that waits for a message is told that none comes.
      if (pdu !== undefined && !exchange.wasSent) this.#line.write(ESCAPE);
      this.end('timeout', `no answer to ${shown(text)} within ${timeoutMs} ms`);
    });
    this.#line.write(`${text}\r`);
    this.#giveWay();
  }

  /** Any character ends a dial that was not answered (ITU-T V.250, section 5.6.1); else it would hold up all until it has rung. */
  #giveWay(): void {
    const current = this.#current;
    const isWaited = this.#waiting.some(({ command }) => command.isUrgent === true && command.pdu !== undefined);
    if (current?.command.dials !== true || current.since === null || !isWaited || this.#cancelDial !== undefined)
      return;
    const leftMs = Math.max(0, current.since + DIALS_ALONE_MS - this.#wire.tick());
    this.#cancelDial = this.#wire.after(leftMs, () => this.#line.write('\r'));
  }

  #take(chunk: Uint8Array): void {
    if (this.#end !== undefined) return;
    for (const line of this.#lines.push(chunk)) this.#takeLine(line);
    if (this.#lines.hasPrompt) this.#giveMessage();
  }

  #giveMessage(): void {
    const current = this.#current;
    if (current?.command.pdu === undefined || current.wasSent) return;
    current.wasSent = true;
    this.#lines.dropPrompt();
    this.#line.write(current.command.pdu + END_OF_MESSAGE);
  }

  #takeLine(line: string): void {
    if (this.#end !== undefined) return;
    if (this.#head !== undefined) {
      const head = this.#head;
      this.#head = undefined;
      // Else the modem began anew in between, or the head was garbage.
      if (/^[0-9A-F]+$/i.test(line)) {
        this.#said(head, line);
        return;
      }
    }
    // It says something unasked right after it has asked for the message.
    if (line === '>') {
      this.#giveMessage();
      return;
    }
    if (isReset(line)) {
      this.end('reset', 'the modem began anew');
      return;
    }
    const current = this.#current;
    const final = finalOf(line);
    if (current?.command.dials && CALL_ENDS.includes(line)) {
      this.#finish({ kind: 'refused', code: line.toLowerCase().replaceAll(' ', '-') });
    } else if (final !== undefined) this.#takeFinal(final);
    else if (hasPdu(line)) this.#head = line;
    else if (current?.command.wanted?.test(line)) current.lines.push(line);
    else if (isUnasked(line)) this.#said(line, null);
    else if (current !== undefined && current.lines.length > 0 && current.lines.length < MOST_LINES) {
      current.lines.push(line);
    }
  }

  #takeFinal({ isOk, code }: { readonly isOk: boolean; readonly code: string }): void {
    const current = this.#current;
    if (current === undefined) return;
    if (!isOk) {
      this.#finish({ kind: 'refused', code });
      return;
    }
    // Before the message was given, or the wanted line came, it is of an earlier command.
    const { wanted, mayBeNone = wanted === undefined } = current.command;
    if ((mayBeNone || current.lines.length > 0) && current.wasSent) {
      this.#finish({ kind: 'ok', lines: current.lines });
    }
  }

  #finish(answer: AtAnswer): void {
    this.#cancelTimer?.();
    this.#cancelDial?.();
    this.#cancelDial = undefined;
    const current = this.#current;
    this.#current = undefined;
    current?.done(answer);
    this.#next();
  }
}

/** A command without what is personal in it: numbers. */
const shown = (text: string): string => text.replace(/^ATD.*/, 'ATD').slice(0, 20);
