import type { Clock } from '#kit/clock.ts';
import type { Log } from '#kit/log.ts';
import type { Qualified } from '../point.ts';
import { READING_CODES } from '../reading.ts';
import type { ModbusDevice } from './check.ts';
import type { Counters } from './counters.ts';
import { type Answer, CLOSED, type Line } from './line.ts';
import type { Request } from './pdu.ts';
import type { ModbusPoint, PollPlan } from './plan.ts';
import { ProbePace, Standing } from './standing.ts';
import { Timetable } from './timetable.ts';
import { makeUnit, type Poll, type Unit } from './unit.ts';
import { badValue, exceptionCode, readValues } from './values.ts';

/** What came of one poll: a value for each point in order, or why there is none of any. */
export interface Outcome {
  readonly points: readonly ModbusPoint[];
  readonly values: readonly Qualified[] | string;
}

export interface PollerOptions {
  readonly timeoutMs: number;
  /** Of the link's time, for all units that are away. */
  readonly share: number;
  /** The line tells replies apart by transaction numbers. */
  readonly hasNumbers: boolean;
}

export interface PollerContext {
  readonly clock: Clock;
  readonly wire: Clock;
  readonly log: Log;
  readonly counters: Counters;
  emit(outcome: Outcome): void;
}

/** Code of readings whose answer came spoilt. */
const CORRUPT = 'corrupt';
/** The gateway did not reach the unit (Application Protocol V1.1b3, section 7): as good as no answer. */
const isUnreached = (code: number): boolean => code === 10 || code === 11;

/** Decides who is asked next on one link, and what is said of those that do not answer. Each poll waits at most once. */
export class Poller {
  readonly units: readonly Unit[];
  readonly #context: PollerContext;
  readonly #timetable: Timetable;
  readonly #pace: ProbePace;
  readonly #polls: readonly Poll[];
  readonly #hasNumbers: boolean;
  #ready: Poll[] = [];
  #line: Line | undefined;
  /** Until the first try to connect has ended, polls wait for it. */
  #mayComeUp = true;
  #inFlight = 0;
  #probing = false;
  /** What a request without an answer takes on the site's clock. */
  #silenceClockMs = Number.POSITIVE_INFINITY;

  constructor(devices: readonly ModbusDevice[], options: PollerOptions, context: PollerContext) {
    this.#context = context;
    this.#hasNumbers = options.hasNumbers;
    this.#pace = new ProbePace(options.share);
    this.units = devices.map((device) => makeUnit(device, new Standing(options.timeoutMs, !options.hasNumbers)));
    this.#polls = this.units.flatMap((unit) => unit.polls);
    this.#timetable = new Timetable(this.#polls.map((poll) => poll.plan.everyMs));
  }

  /** The line is up. */
  attach(line: Line): void {
    this.#line = line;
    this.#mayComeUp = false;
    this.#pace.reset();
    this.#pump();
  }

  /** The line is down: what waits or runs ends as `link-down`. */
  detach(): void {
    const line = this.#line;
    this.#line = undefined;
    this.#mayComeUp = false;
    line?.close();
    for (const unit of this.units) {
      unit.cancelRest();
      unit.busy = false;
    }
    for (const poll of this.#ready.splice(0)) this.#finish(poll, READING_CODES.linkDown);
  }

  /** Looks what is due; gives the milliseconds of the site's clock until it wants to be called again. */
  wake(): number {
    const { clock, counters } = this.#context;
    for (const { everyMs, skipped } of this.#timetable.take(clock.now(), clock.tick())) {
      for (const poll of this.#polls) {
        if (poll.plan.everyMs !== everyMs) continue;
        counters.missed += skipped;
        this.#due(poll);
      }
    }
    this.#pump();
    return this.#timetable.untilNext(clock.now());
  }

  /** A reply came after its time-out. */
  late(address: number, afterMs: number): void {
    const unit = this.units.find(({ device }) => device.options.address === address);
    if (unit === undefined) return;
    unit.standing.late(afterMs);
    const { log } = this.#context;
    log.debug({ device: unit.device.id, afterMs, timeoutMs: unit.standing.timeoutMs }, 'answered late');
  }

  #due(poll: Poll): void {
    const { unit } = poll;
    if (this.#line === undefined && !(this.#mayComeUp && poll.state === 'resting')) {
      this.#ready = this.#ready.filter((other) => other !== poll);
      this.#finish(poll, READING_CODES.linkDown);
    } else if (poll.state !== 'resting') {
      this.#context.counters.missed++;
    } else if (this.#isOff(unit)) {
      this.#putOff(poll);
    } else {
      this.#wait(poll);
    }
  }

  #isOff({ standing }: Unit): boolean {
    return standing.isAway || !standing.mayAsk(this.#context.wire.tick());
  }

  #putOff(poll: Poll): void {
    poll.unit.wanted = true;
    poll.owed = true;
    this.#finish(poll, poll.unit.code ?? READING_CODES.noAnswer);
  }

  #pump(): void {
    while (this.#line !== undefined && this.#inFlight < this.#line.window) {
      const probe = this.#pickProbe();
      if (probe !== undefined) {
        this.#probe(probe);
        continue;
      }
      const at = this.#ready.findIndex((poll) => !poll.unit.busy);
      const [poll] = at < 0 ? [] : this.#ready.splice(at, 1);
      if (poll === undefined) return;
      if (this.#isOff(poll.unit)) this.#putOff(poll);
      else if (poll.unit.standing.isSuspect && !this.#hasNumbers) this.#greetFor(poll);
      else this.#run(poll);
    }
  }

  /** The unit that was away longest without a probe, when one may be made now. */
  #pickProbe(): Unit | undefined {
    if (this.#probing) return undefined;
    const now = this.#context.wire.tick();
    let found: Unit | undefined;
    for (const unit of this.units) {
      const { standing, busy, wanted } = unit;
      if (!wanted || busy || !standing.isAway || !standing.mayAsk(now)) continue;
      if (found === undefined || standing.askedAt < found.standing.askedAt) found = unit;
    }
    return found !== undefined && (this.#pace.mayProbe(now) || this.#isIdle()) ? found : undefined;
  }

  /** Nobody else needs the line before a request without an answer would have ended. */
  #isIdle(): boolean {
    if (this.#ready.length > 0) return false;
    const lives = (everyMs: number) =>
      this.#polls.some(({ plan, unit }) => plan.everyMs === everyMs && !unit.standing.isAway);
    return this.#timetable.untilNext(this.#context.clock.now(), lives) > this.#silenceClockMs * 1.1;
  }

  #probe(unit: Unit): void {
    const [first] = unit.polls;
    if (first === undefined) return;
    this.#context.counters.probes++;
    this.#probing = true;
    unit.wanted = false;
    const paced = !this.#isIdle();
    this.#greet(unit, first.plan, (code, tookMs) => {
      this.#probing = false;
      if (code === undefined) {
        for (const poll of unit.polls) if (poll.owed && poll.state === 'resting') this.#wait(poll);
      } else if (paced && code !== READING_CODES.linkDown) {
        this.#pace.cost(this.#context.wire.tick(), tookMs);
      }
    });
  }

  /**
   * Asks only to hear that the unit lives, and that it answers this question and not one before. Where the greeting
   * cannot be told from other questions by its length, the unit rests for a time-out: what is owed comes meanwhile.
   */
  #greet(unit: Unit, plan: PollPlan, done: (code: string | undefined, tookMs: number) => void): void {
    this.#occupy(unit);
    this.#ask(unit, plan.greeting, (answer, tookMs) => {
      const code = this.#judge(unit, answer, tookMs);
      done(code, tookMs);
      const mustRest = code === undefined && !this.#hasNumbers && plan.greeting === plan.blocks[0]?.request;
      this.#release(unit, mustRest ? unit.standing.timeoutMs : 0);
    });
  }

  #greetFor(poll: Poll): void {
    this.#greet(poll.unit, poll.plan, (code) => {
      if (code === undefined) this.#wait(poll);
      else this.#finish(poll, code);
    });
  }

  #run(poll: Poll): void {
    const { unit } = poll;
    poll.state = 'running';
    this.#occupy(unit);
    const values: Qualified[] = [];
    const end = (code: string | undefined) => {
      while (code !== undefined && values.length < poll.points.length) values.push(badValue(code));
      this.#finish(poll, values);
      this.#release(unit);
    };
    const next = (index: number) => {
      const block = poll.plan.blocks[index];
      if (block === undefined) return end(undefined);
      this.#ask(unit, block.request, (answer, tookMs) => {
        const code = this.#judge(unit, answer, tookMs);
        if (code !== undefined) return end(code);
        if (answer.kind === 'data' || answer.kind === 'exception') readValues(block, answer, values);
        next(index + 1);
      });
    };
    next(0);
  }

  #wait(poll: Poll): void {
    poll.state = 'waiting';
    this.#ready.push(poll);
  }

  #ask(unit: Unit, request: Request, done: (answer: Answer, tookMs: number) => void): void {
    const { wire, clock } = this.#context;
    const line = this.#line;
    if (line === undefined) {
      done(CLOSED, 0);
      return;
    }
    const askedAt = wire.tick();
    const clockAskedAt = clock.tick();
    unit.standing.asked(askedAt);
    line.ask(request, unit.standing.timeoutMs, (answer) => {
      if (answer.kind === 'silence') this.#silenceClockMs = clock.tick() - clockAskedAt;
      done(answer, wire.tick() - askedAt);
    });
  }

  /** Keeps the unit's standing; gives the code of its readings unless it answered. */
  #judge(unit: Unit, answer: Answer, tookMs: number): string | undefined {
    if (answer.kind === 'closed') return READING_CODES.linkDown;
    const { standing, device } = unit;
    const { log, wire } = this.#context;
    const wasAway = standing.isAway;
    if (answer.kind === 'data' || (answer.kind === 'exception' && !isUnreached(answer.code))) {
      if (wasAway) log.info({ device: device.id }, 'answers again');
      standing.answered(tookMs);
      unit.code = undefined;
      return undefined;
    }
    const othersAway = this.units.some((other) => other !== unit && other.standing.isAway);
    standing.failed();
    unit.code =
      answer.kind === 'exception'
        ? exceptionCode(answer.code)
        : answer.kind === 'spoilt'
          ? CORRUPT
          : READING_CODES.noAnswer;
    if (standing.isAway && !wasAway) {
      log.warn({ device: device.id, code: unit.code }, 'does not answer; probed from now on');
      if (!othersAway) this.#pace.cost(wire.tick(), tookMs);
    }
    return unit.code;
  }

  #occupy(unit: Unit): void {
    unit.busy = true;
    this.#inFlight++;
  }

  #release(unit: Unit, restMs = 0): void {
    this.#inFlight--;
    const free = () => {
      unit.busy = false;
      this.#pump();
    };
    if (restMs === 0) {
      free();
      return;
    }
    unit.cancelRest = this.#context.wire.after(restMs, free);
    this.#pump();
  }

  #finish(poll: Poll, values: Outcome['values']): void {
    if (poll.state !== 'resting') poll.owed = false;
    poll.state = 'resting';
    this.#context.emit({ points: poll.points, values });
  }
}
