import type { Clock } from '#kit/clock.ts';
import type { Log } from '#kit/log.ts';
import type { LineAnswer, LineQuestion } from '../driver.ts';
import { READING_CODES } from '../reading.ts';
import { type Answer, CLOSED, type Line } from './line.ts';
import type { Request } from './pdu.ts';
import type { PollPlan } from './plan.ts';
import { inherit, type Unit } from './unit.ts';
import { UseMeter } from './use.ts';
import { exceptionCode, isUnreached } from './values.ts';
import { CORRUPT } from './write.ts';

/**
 * What came of a request: `code` says why its unit did not answer; without one the answer is of the unit itself. Gives how
 * long the unit rests, ms of the wire.
 */
export type Heard = (answer: Answer, code: string | undefined, tookMs: number) => number;

export interface AskerEvents {
  /** A unit went away, after a request that took so long. */
  lost(unit: Unit, tookMs: number): void;
  /** A job's question was not answered. */
  inVain(question: LineQuestion): void;
  /** A request has ended, or a unit has rested: somebody else may be asked. */
  freed(): void;
}

/** Asks the units of one link, never two questions to one at a time, and keeps how each stands. */
export class Asker {
  readonly meter: UseMeter;
  line: Line | undefined;
  /** What a request without an answer takes on the site's clock. */
  silenceClockMs = Number.POSITIVE_INFINITY;
  readonly #beganAt: { readonly wire: number; readonly clock: number };
  #inFlight = 0;
  readonly #events: AskerEvents;
  readonly #hasNumbers: boolean;
  readonly #clock: Clock;
  readonly #wire: Clock;
  readonly #log: Log;

  /** `hasNumbers`: the line tells replies apart by transaction numbers. */
  constructor(
    context: { readonly clock: Clock; readonly wire: Clock; readonly log: Log },
    hasNumbers: boolean,
    events: AskerEvents,
  ) {
    this.#hasNumbers = hasNumbers;
    this.#events = events;
    this.#clock = context.clock;
    this.#wire = context.wire;
    this.#log = context.log;
    this.#beganAt = { wire: context.wire.tick(), clock: context.clock.tick() };
    this.meter = new UseMeter(this.#beganAt.wire);
  }

  /** The line is down, or has as many requests in flight as it takes. */
  get isFull(): boolean {
    return this.line === undefined || this.#inFlight >= this.line.window;
  }

  ask(unit: Unit, request: Request, heard: Heard): void {
    unit.busy = true;
    this.#inFlight++;
    if (this.line === undefined) {
      this.#release(unit, heard(CLOSED, READING_CODES.linkDown, 0));
      return;
    }
    const askedAt = this.#wire.tick();
    unit.standing.asked(askedAt);
    const { timeoutMs } = unit.standing;
    this.line.ask(request, timeoutMs, (answer) => {
      const now = this.#wire.tick();
      const tookMs = now - askedAt;
      if (answer.kind === 'silence') this.silenceClockMs = tookMs * this.clockRate(now);
      this.meter.used(now, tookMs);
      const code = this.#judge(unit, answer, tookMs);
      const leastMs = this.#hasNumbers
        ? 0
        : restOf(unit, answer, unit.owed.settle(request, answer, now, askedAt + timeoutMs));
      if (unit.heir !== undefined) inherit(unit.heir, unit);
      this.#release(unit, Math.max(heard(answer, code, tookMs), leastMs));
    });
  }

  /** Asks only to hear that the unit lives. */
  greet(unit: Unit, plan: PollPlan, done: (code: string | undefined, tookMs: number) => void): void {
    this.ask(unit, plan.greeting, (_, code, tookMs) => {
      done(code, tookMs);
      return unit.turnaroundMs;
    });
  }

  /** Asks for a job; only where the line has `guests`. */
  askGuest(question: LineQuestion, heard: (answer: LineAnswer, tookMs: number) => void): void {
    this.#inFlight++;
    const askedAt = this.#wire.tick();
    this.line?.guests?.ask(question, (answer) => {
      const now = this.#wire.tick();
      this.#inFlight--;
      this.meter.used(now, now - askedAt);
      if (answer.kind === 'none') this.#events.inVain(question);
      heard(answer, now - askedAt);
      this.#events.freed();
    });
  }

  #release(unit: Unit, restMs: number): void {
    this.#inFlight--;
    if (restMs === 0) {
      free(unit);
    } else {
      unit.cancelRest = this.#wire.after(restMs, () => {
        free(unit);
        this.#events.freed();
      });
      if (unit.heir !== undefined) unit.heir.cancelRest = unit.cancelRest;
    }
    this.#events.freed();
  }

  /** What a millisecond of the wire is on the site's clock. */
  clockRate(now: number): number {
    const { wire, clock } = this.#beganAt;
    return now > wire ? (this.#clock.tick() - clock) / (now - wire) : 1;
  }

  /** A reply came after its time-out. */
  late(unit: Unit, afterMs: number): void {
    unit.standing.late(afterMs);
    const { timeoutMs } = unit.standing;
    this.#log.debug({ device: unit.device.id, afterMs, timeoutMs }, 'answered late');
  }

  #judge(unit: Unit, answer: Answer, tookMs: number): string | undefined {
    if (answer.kind === 'closed') return READING_CODES.linkDown;
    const { standing } = unit;
    const wasAway = standing.isAway;
    if (answer.kind === 'data' || (answer.kind === 'exception' && !isUnreached(answer.code))) {
      // Of a process that stood still nothing is learned.
      standing.answered(Math.min(tookMs, standing.timeoutMs));
      unit.code = undefined;
      if (wasAway) this.#cameBack(unit);
      return undefined;
    }
    standing.failed();
    unit.code = codeOf(answer);
    if (standing.isAway && !wasAway) {
      this.#log.warn({ device: unit.device.id, code: unit.code }, 'does not answer; probed from now on');
      this.#events.lost(unit, tookMs);
    }
    return unit.code;
  }

  #cameBack(unit: Unit): void {
    this.#log.info({ device: unit.device.id }, 'answers again');
    unit.own?.scale.doubt();
    if (unit.warmUpMs > 0) unit.warmUntil = this.#clock.tick() + unit.warmUpMs;
  }
}

/**
 * How long a unit rests at least. `isUnsure`: what came cannot be told from an answer that is owed, and may have been that
 * one; its own comes meanwhile.
 */
function restOf({ standing, hasOneQuestion }: Unit, { kind }: Answer, isUnsure: boolean): number {
  if (kind === 'silence') return standing.pauseMs;
  if (!isUnsure) return 0;
  return hasOneQuestion ? standing.answerMs : standing.timeoutMs;
}

function free(unit: Unit): void {
  unit.busy = false;
  if (unit.heir !== undefined) unit.heir.busy = false;
}

function codeOf(answer: Answer): string {
  if (answer.kind === 'exception') return exceptionCode(answer.code);
  return answer.kind === 'spoilt' ? CORRUPT : READING_CODES.noAnswer;
}
