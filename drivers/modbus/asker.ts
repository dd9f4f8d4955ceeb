import type { Clock } from '#kit/clock.ts';
import type { Log } from '#kit/log.ts';
import { READING_CODES } from '../reading.ts';
import { type Answer, CLOSED, type Line } from './line.ts';
import type { Request } from './pdu.ts';
import type { Unit } from './unit.ts';
import { UseMeter } from './use.ts';
import { exceptionCode, isUnreached } from './values.ts';
import { CORRUPT } from './write.ts';

/** What came of a request: `code` says why its unit did not answer; without one the answer is of the unit itself. */
export type Heard = (answer: Answer, code: string | undefined, tookMs: number) => void;

/** Asks the units of one link, and keeps how each stands. */
export class Asker {
  readonly meter: UseMeter;
  line: Line | undefined;
  /** What a request without an answer takes on the site's clock. */
  silenceClockMs = Number.POSITIVE_INFINITY;
  readonly #beganAt: { readonly wire: number; readonly clock: number };
  /** A unit went away, after a request that took so long. */
  readonly #lost: (unit: Unit, tookMs: number) => void;
  readonly #clock: Clock;
  readonly #wire: Clock;
  readonly #log: Log;

  constructor(
    context: { readonly clock: Clock; readonly wire: Clock; readonly log: Log },
    lost: (unit: Unit, tookMs: number) => void,
  ) {
    this.#clock = context.clock;
    this.#wire = context.wire;
    this.#log = context.log;
    this.#lost = lost;
    this.#beganAt = { wire: context.wire.tick(), clock: context.clock.tick() };
    this.meter = new UseMeter(this.#beganAt.wire);
  }

  ask(unit: Unit, request: Request, heard: Heard): void {
    if (this.line === undefined) {
      heard(CLOSED, READING_CODES.linkDown, 0);
      return;
    }
    const askedAt = this.#wire.tick();
    unit.standing.asked(askedAt);
    this.line.ask(request, unit.standing.timeoutMs, (answer) => {
      const now = this.#wire.tick();
      if (answer.kind === 'silence') this.silenceClockMs = (now - askedAt) * this.clockRate(now);
      this.meter.used(now, now - askedAt);
      heard(answer, this.#judge(unit, answer, now - askedAt), now - askedAt);
    });
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
      standing.answered(tookMs);
      unit.code = undefined;
      if (wasAway) this.#cameBack(unit);
      return undefined;
    }
    standing.failed();
    unit.code = codeOf(answer);
    if (standing.isAway && !wasAway) {
      this.#log.warn({ device: unit.device.id, code: unit.code }, 'does not answer; probed from now on');
      this.#lost(unit, tookMs);
    }
    return unit.code;
  }

  #cameBack(unit: Unit): void {
    this.#log.info({ device: unit.device.id }, 'answers again');
    unit.own?.scale.doubt();
    if (unit.warmUpMs > 0) unit.warmUntil = this.#clock.tick() + unit.warmUpMs;
  }
}

function codeOf(answer: Answer): string {
  if (answer.kind === 'exception') return exceptionCode(answer.code);
  return answer.kind === 'spoilt' ? CORRUPT : READING_CODES.noAnswer;
}
