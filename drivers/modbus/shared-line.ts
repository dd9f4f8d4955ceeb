import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '#kit/clock.ts';
import type { LineAnswer, LineQuestion, SerialSettings } from '../driver.ts';
import { type Counters, makeCounters } from './counters.ts';
import { closedAnswer, guestAnswer, NO_SETTINGS, refusedAnswer } from './guest.ts';
import { type Answer, CLOSED, type Guests, type Line, type LineEvents } from './line.ts';
import { makeRequest, type Request } from './pdu.ts';
import type { BytePort } from './port.ts';
import { characterMs, type FrameReader, replyBytes } from './rtu.ts';
import { RtuLine, type RtuLineOptions } from './rtu-line.ts';
import { diagnose } from './symptom.ts';

/** Of what is heard in place of an answer so much is looked at. */
const MOST_HEARD = 512;

interface GuestTurn {
  readonly request: Request;
  readonly settings: SerialSettings;
  readonly heard: Buffer;
  length: number;
  /** When the request's last byte had gone, on the wire's line. */
  sentAt: number;
}

export interface SharedLineOptions extends Omit<RtuLineOptions, 'reader'> {
  /** What cuts what comes into frames, one for each who asks; left out: that of a plain line. */
  readonly makeReader?: () => FrameReader;
}

/**
 * A serial line that the link's own requests and a job's questions share, each at its own settings: before any request
 * goes out the line is set as that one wants it. What comes is for whoever asked last.
 */
export class SharedLine implements Line {
  readonly window = 1;
  readonly guests: Guests;
  readonly #port: BytePort;
  readonly #options: RtuLineOptions;
  readonly #makeReader: SharedLineOptions['makeReader'];
  readonly #wire: Clock;
  readonly #events: LineEvents;
  readonly #own: RtuLine;
  readonly #settings: SerialSettings;
  readonly #guestCounters = makeCounters();
  #guest: { readonly line: RtuLine; readonly settings: SerialSettings } | undefined;
  #turn: GuestTurn | undefined;
  /** What was late between two questions is told with the next answer. */
  #late: LineAnswer['late'];
  #active: RtuLine;
  /** As it is set now, if that was ever changed. */
  #present: { readonly settings: SerialSettings; readonly isStrict: boolean } | undefined;
  /** Who waits for the line to be set, or to be set anew after that; undefined while nothing is being set. */
  #setting: ((isOpen: boolean) => void)[] | undefined;
  #isOpen = true;

  /** `settings`: the link's own. */
  constructor(
    port: BytePort,
    settings: SerialSettings,
    { makeReader, ...options }: SharedLineOptions,
    wire: Clock,
    counters: Counters,
    events: LineEvents,
  ) {
    this.#port = port;
    this.#options = options;
    this.#makeReader = makeReader;
    this.#wire = wire;
    this.#events = events;
    this.#settings = settings;
    this.#own = new RtuLine(port, this.#withReader(options), wire, counters, events);
    this.#active = this.#own;
    this.guests = {
      ask: (question, done) => this.#askFor(question, done),
      restore: () => this.#turn === undefined && this.#setAs(this.#settings, false, () => {}),
    };
  }

  ask(request: Request, timeoutMs: number, done: (answer: Answer) => void): void {
    this.#setAs(this.#settings, false, (isSet) => {
      this.#active = this.#own;
      if (isSet) this.#own.ask(request, timeoutMs, done);
      else done(CLOSED);
    });
  }

  receive(chunk: Uint8Array): void {
    const turn = this.#turn;
    if (turn !== undefined) {
      turn.heard.set(chunk.subarray(0, MOST_HEARD - turn.length), turn.length);
      turn.length = Math.min(turn.length + chunk.length, MOST_HEARD);
    }
    this.#active.receive(chunk);
  }

  close(): void {
    this.#isOpen = false;
    const waiting = this.#setting ?? [];
    this.#setting = undefined;
    for (const each of waiting) each(false);
    this.#own.close();
    this.#guest?.line.close();
  }

  #askFor(question: LineQuestion, done: (answer: LineAnswer) => void): void {
    const settings = question.settings ?? this.#settings;
    const isOwn = isDeepStrictEqual(settings, this.#settings);
    if (!isOwn && this.#port.set === undefined) {
      queueMicrotask(() => done(NO_SETTINGS));
      return;
    }
    this.#setAs(settings, !isOwn, (isSet, isRefused) => {
      if (isSet) this.#askAt(settings, question, done);
      else if (isRefused) done(refusedAnswer('the line does not take these settings'));
      else done(closedAnswer('the link went down'));
    });
  }

  #askAt(settings: SerialSettings, question: LineQuestion, done: (answer: LineAnswer) => void): void {
    const { unit, table, address, count, timeoutMs } = question;
    const request = makeRequest(unit, table, address, count);
    const turn: GuestTurn = {
      ...{ request, settings, heard: Buffer.alloc(MOST_HEARD), length: 0 },
      sentAt: this.#now(),
    };
    this.#turn = turn;
    const line = this.#guestLine(settings);
    this.#active = line;
    const echoes = this.#guestCounters.echo;
    // A line waits for an answer's bytes beyond its time-out.
    const beyondMs = Math.max(timeoutMs - replyBytes(request) * characterMs(settings.baud), 1);
    line.ask(request, beyondMs, (answer) => {
      const isEcho = this.#guestCounters.echo > echoes;
      this.#turn = undefined;
      this.#own.yieldTo(answer.kind === 'data' || answer.kind === 'exception');
      const heard = turn.heard.subarray(isEcho ? Math.min(8, turn.length) : 0, turn.length);
      const symptom = answer.kind === 'spoilt' ? diagnose(request, heard) : undefined;
      const said = guestAnswer(answer, this.#now() - turn.sentAt, isEcho, symptom);
      const late = this.#late;
      this.#late = undefined;
      done(late === undefined ? said : { ...said, late });
    });
  }

  /** One is kept for a run of questions at the same settings: it knows what is owed to the last of them. */
  #guestLine(settings: SerialSettings): RtuLine {
    if (this.#guest !== undefined && isDeepStrictEqual(this.#guest.settings, settings)) return this.#guest.line;
    this.#guest?.line.close();
    const { baud } = settings;
    const port: BytePort = {
      ...this.#port,
      // What waits to be read may be an answer that is only late: it is heard, not dropped.
      flush: (flushed) => void setImmediate(flushed),
      write: (bytes) => {
        if (this.#turn !== undefined) this.#turn.sentAt = this.#now() + bytes.length * characterMs(baud);
        return this.#port.write(bytes);
      },
    };
    const events: LineEvents = {
      late: (unit, afterMs) => {
        this.#late = { unit, afterMs };
      },
      // Babble is what the job came to see; a port that takes no bytes is of no use to the link either.
      broken: (fault) => {
        this.#guest = undefined;
        if (fault.code === 'modbus-stuck') this.#events.broken(fault);
      },
    };
    const options = { ...this.#options, baud, gap: 0, isHasty: true, muteAfter: Number.POSITIVE_INFINITY };
    const line = new RtuLine(port, this.#withReader(options), this.#wire, this.#guestCounters, events);
    this.#guest = { line, settings };
    return line;
  }

  /**
   * `done` at once where nothing is to be changed, and false where it cannot be: then the link opens the port anew. One
   * at a time: a poll may want the line while it is still being put back after a job.
   */
  #setAs(settings: SerialSettings, isStrict: boolean, done: (isSet: boolean, isRefused: boolean) => void): void {
    if (this.#setting !== undefined) {
      this.#setting.push((isOpen) => (isOpen ? this.#setAs(settings, isStrict, done) : done(false, false)));
      return;
    }
    const present = this.#present ?? { settings: this.#settings, isStrict: false };
    if (this.#port.set === undefined || isDeepStrictEqual(present, { settings, isStrict })) {
      done(true, false);
      return;
    }
    this.#setting = [(isOpen) => !isOpen && done(false, false)];
    this.#port.set(settings, isStrict, (fault) => {
      if (!this.#isOpen) return;
      // The first is this one's own, for a line that is closed meanwhile.
      const [, ...waiting] = this.#setting ?? [];
      this.#setting = undefined;
      this.#present = { settings, isStrict };
      if (fault !== undefined) this.#events.broken(fault);
      done(fault === undefined, fault !== undefined);
      for (const next of waiting) next(this.#isOpen);
    });
  }

  #withReader(options: RtuLineOptions): RtuLineOptions {
    return this.#makeReader === undefined ? options : { ...options, reader: this.#makeReader() };
  }

  #now(): number {
    return this.#wire.fine?.() ?? this.#wire.tick();
  }
}
