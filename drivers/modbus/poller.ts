import type { Clock } from '#kit/clock.ts';
import type { Log } from '#kit/log.ts';
import type { Written } from '../driver.ts';
import { READING_CODES } from '../reading.ts';
import { Asker } from './asker.ts';
import type { ModbusDevice } from './check.ts';
import type { Counters } from './counters.ts';
import { type Draft, draftOf } from './draft.ts';
import { closedAnswer } from './guest.ts';
import type { Guests, Line } from './line.ts';
import type { Lender, Turn } from './loan.ts';
import type { PollPlan } from './plan.ts';
import type { Poll } from './poll.ts';
import { Probes } from './probes.ts';
import { SharedRows } from './rows.ts';
import { ProbePace } from './standing.ts';
import { Timetable } from './timetable.ts';
import { type LinkTiming, makeUnit, type Unit } from './unit.ts';
import { type Pace, shareOf } from './use.ts';
import { CORRUPT, planWrite, stepWrite, WRITE_CODES } from './write.ts';
import { WriteQueue } from './write-queue.ts';

export interface PollerOptions extends LinkTiming {
  /** Of the link's time, for all units that are away. */
  readonly share: number;
  /** What requests take; left out where nobody knows. */
  readonly pace?: Pace;
}

export interface PollerContext {
  readonly clock: Clock;
  readonly wire: Clock;
  readonly log: Log;
  readonly counters: Counters;
  /** What came of one poll: a reading of each point, in order. */
  emit(drafts: Draft[]): void;
}

/** Of a busy link's time so much may go to a job's questions. */
const GUEST_SHARE = 0.05;
/** What a question of a job takes beside its time-out: setting the line, and its bytes, ms; at first, and at least. */
const FIRST_EXTRA_MS = 60;
const LEAST_EXTRA_MS = 10;

/** A unit that is busy is left alone so long, ms of the wire. */
const BUSY_MS = 250;

/**
 * Decides who is asked next on one link. Writes go first, then probes of units that are away, then polls in the order
 * in which they fell due; each poll waits at most once.
 */
export class Poller implements Lender {
  readonly units: readonly Unit[];
  /** The share of the link's time that the polls need; undefined where nobody knows. */
  readonly planned: number | undefined;
  readonly #context: PollerContext;
  readonly #asker: Asker;
  readonly #timetable: Timetable;
  readonly #probes: Probes;
  readonly #polls: readonly Poll[];
  readonly #hasNumbers: boolean;
  readonly #writes = new WriteQueue();
  #ready: Poll[] = [];
  /** Until the first try to connect has ended, polls wait for it. */
  #mayComeUp = true;
  #inFlight = 0;
  #turn: Turn | undefined;
  readonly #guestPace = new ProbePace(GUEST_SHARE);
  #guestExtraMs = FIRST_EXTRA_MS;

  constructor(devices: readonly ModbusDevice[], options: PollerOptions, context: PollerContext) {
    this.#context = context;
    this.#hasNumbers = options.hasNumbers;
    const rows = new SharedRows();
    this.units = devices.map((device) => makeUnit(device, options, rows));
    this.#probes = new Probes(this.units, options.share);
    this.#asker = new Asker(context, (unit, tookMs) => this.#probes.lost(unit, context.wire.tick(), tookMs));
    this.#polls = this.units.flatMap((unit) => unit.polls);
    this.#timetable = new Timetable(this.#polls.map((poll) => poll.plan.everyMs));
    this.planned = options.pace === undefined ? undefined : plannedShare(this.units, options.pace);
  }

  /** The share of its time that the link was used, over the last minute. */
  get measured(): number {
    return this.#asker.meter.share(this.#context.wire.tick()) / (this.#asker.line?.window ?? 1);
  }

  /** More is asked for than the link can do. */
  get isOverbooked(): boolean {
    return (this.planned ?? 0) > 1 || this.#asker.meter.isBehind(this.#context.wire.tick());
  }

  /** How jobs ask on the line as it is now; undefined while it is down. */
  get guests(): Guests | undefined {
    return this.#asker.line?.guests;
  }

  lend(turn: Turn): void {
    if (this.guests === undefined && !this.#mayComeUp) {
      turn.done(closedAnswer('the link is down'));
      return;
    }
    this.#turn = turn;
    this.#pump();
  }

  recall(turn: Turn): boolean {
    if (this.#turn !== turn) return false;
    this.#turn = undefined;
    return true;
  }

  /** The line is up. */
  attach(line: Line): void {
    this.#asker.line = line;
    this.#mayComeUp = false;
    this.#probes.reset();
    for (const { own } of this.units) own?.scale.doubt();
    this.#pump();
  }

  /** The line is down: what waits or runs ends as `link-down`. */
  detach(): void {
    const { line } = this.#asker;
    this.#asker.line = undefined;
    this.#mayComeUp = false;
    line?.close();
    for (const unit of this.units) {
      unit.cancelRest();
      unit.busy = false;
    }
    this.#writes.endAll(READING_CODES.linkDown);
    const turn = this.#turn;
    this.#turn = undefined;
    turn?.done(closedAnswer('the link is down'));
    for (const poll of this.#ready.splice(0)) this.#end(poll, READING_CODES.linkDown);
  }

  /** Looks what is due; gives the milliseconds of the site's clock until it wants to be called again. */
  wake(): number {
    const { clock, wire, counters } = this.#context;
    const missedBefore = counters.missed;
    let due = 0;
    for (const { everyMs, skipped } of this.#timetable.take(clock.now(), clock.tick())) {
      for (const poll of this.#polls) {
        if (poll.plan.everyMs !== everyMs) continue;
        due += 1 + skipped;
        counters.missed += skipped;
        this.#due(poll);
      }
    }
    if (due > 0) this.#asker.meter.due(wire.tick(), due, counters.missed - missedBefore);
    this.#pump();
    return this.#timetable.untilNext(clock.now());
  }

  /** A reply came after its time-out. */
  late(address: number, afterMs: number): void {
    const unit = this.units.find(({ device }) => device.options.address === address);
    if (unit !== undefined) this.#asker.late(unit, afterMs);
  }

  /** Writes a value and reads it back, before what waits to be polled. While the line is down it is refused at once. */
  async write(key: string, value: number | string, signal?: AbortSignal): Promise<Written> {
    const { counters } = this.#context;
    const unit = this.units.find(({ device }) => device.points.some((point) => point.key === key));
    const point = unit?.device.points.find((each) => each.key === key);
    if (unit === undefined || point === undefined) return { done: false, code: WRITE_CODES.notWritable };
    const plan = planWrite(unit.device.options.address, point, value, unit.own?.scale);
    if (typeof plan === 'string') return { done: false, code: plan };
    if (this.#asker.line === undefined) return { done: false, code: READING_CODES.linkDown };
    const written = this.#writes.add(unit, plan, signal);
    this.#pump();
    counters.writes++;
    const end = await written;
    if (!end.done) counters.writesFailed++;
    return end;
  }

  #due(poll: Poll): void {
    const { unit } = poll;
    if (this.#asker.line === undefined && !(this.#mayComeUp && poll.state === 'resting')) {
      this.#ready = this.#ready.filter((other) => other !== poll);
      this.#end(poll, READING_CODES.linkDown);
    } else if (poll.state !== 'resting') {
      this.#context.counters.missed++;
    } else if (this.#isOff(unit)) {
      this.#putOff(poll);
    } else {
      this.#wait(poll);
    }
  }

  #isOff({ standing }: Unit): boolean {
    return standing.isSuspect && (standing.isAway || !standing.mayAsk(this.#context.wire.tick()));
  }

  #putOff(poll: Poll): void {
    this.#probes.want(poll.unit);
    this.#end(poll, poll.unit.code ?? READING_CODES.noAnswer);
    poll.owed = true;
  }

  #pump(): void {
    while (this.#asker.line !== undefined && this.#inFlight < this.#asker.line.window) {
      if (!this.#writes.isEmpty && this.#writeNext()) continue;
      const probe = this.#probes.areWanted ? this.#probes.pick(this.#context.wire.tick(), this.#isIdle) : undefined;
      if (probe !== undefined) {
        this.#probe(probe);
        continue;
      }
      if (this.#turn !== undefined && this.#lendTo(this.#turn)) continue;
      const poll = this.#takeReady();
      if (poll === undefined) return;
      if (!poll.isRetry && this.#isOff(poll.unit)) this.#putOff(poll);
      else if (poll.unit.standing.isSuspect && !this.#hasNumbers) this.#greetFor(poll);
      else this.#run(poll);
    }
  }

  /** The first poll whose unit can be asked. */
  #takeReady(): Poll | undefined {
    const ready = this.#ready;
    for (let at = 0; at < ready.length; at++) {
      const poll = ready[at];
      if (poll === undefined || poll.unit.busy) continue;
      if (at === 0) ready.shift();
      else ready.splice(at, 1);
      return poll;
    }
    return undefined;
  }

  /** False when nothing can be written now. */
  #writeNext(): boolean {
    const job = this.#writes.take();
    if (job === undefined) return false;
    const { unit, plan, state } = job;
    this.#occupy(unit);
    this.#asker.ask(unit, state.ask === 'order' ? plan.order : plan.look, (answer) => {
      const next = stepWrite(plan, state, answer, unit.own?.scale);
      if ('end' in next) {
        if (next.read !== undefined) this.#context.emit([draftOf(plan.point.key, next.read)]);
        job.end(next.end);
      } else {
        job.state = next;
        this.#writes.putBack(job);
      }
      this.#release(unit, Math.max(unit.turnaroundMs, 'end' in next ? 0 : next.waitMs));
    });
    return true;
  }

  /** Nobody else needs the line before a request without an answer would have ended. */
  readonly #isIdle = (): boolean => this.#isIdleFor(this.#asker.silenceClockMs);

  #isIdleFor(clockMs: number): boolean {
    if (this.#ready.length > 0) return false;
    const lives = (everyMs: number) =>
      this.#polls.some(({ plan, unit }) => plan.everyMs === everyMs && !unit.standing.isAway);
    return this.#timetable.untilNext(this.#context.clock.now(), lives) > clockMs * 1.1;
  }

  /** False while the link's own devices need the line: where they always do, a small share of its time is given. */
  #lendTo(turn: Turn): boolean {
    const { wire } = this.#context;
    const { guests } = this;
    const longestMs = turn.question.timeoutMs + this.#guestExtraMs;
    const isFree = this.#isIdleFor(longestMs * this.#asker.clockRate(wire.tick()));
    if (guests === undefined || !(isFree || this.#guestPace.mayProbe(wire.tick()))) return false;
    this.#turn = undefined;
    this.#inFlight++;
    const askedAt = wire.tick();
    guests.ask(turn.question, (answer) => {
      const now = wire.tick();
      this.#inFlight--;
      this.#asker.meter.used(now, now - askedAt);
      const extraMs = now - askedAt - turn.question.timeoutMs;
      this.#guestExtraMs = Math.max(extraMs, this.#guestExtraMs * 0.9, LEAST_EXTRA_MS);
      if (!isFree) this.#guestPace.cost(now, now - askedAt);
      turn.done(answer);
      this.#pump();
    });
    return true;
  }

  #probe(unit: Unit): void {
    const [first] = unit.polls;
    if (first === undefined) return;
    this.#context.counters.probes++;
    const isPaced = !this.#isIdle();
    this.#probes.begin(unit);
    this.#greet(unit, first.plan, (code, tookMs) => {
      const isCost = isPaced && code !== undefined && code !== READING_CODES.linkDown;
      this.#probes.end(this.#context.wire.tick(), isCost ? tookMs : 0);
      if (code !== undefined) return;
      for (const poll of unit.polls) if (poll.owed && poll.state === 'resting') this.#wait(poll);
    });
  }

  /**
   * Asks only to hear that the unit lives, and that it answers this question and not one before. Where the greeting
   * cannot be told from other questions by its length, the unit rests for a time-out: what is owed comes meanwhile.
   */
  #greet(unit: Unit, plan: PollPlan, done: (code: string | undefined, tookMs: number) => void): void {
    this.#occupy(unit);
    this.#asker.ask(unit, plan.greeting, (_, code, tookMs) => {
      done(code, tookMs);
      const mustRest = code === undefined && !this.#hasNumbers && plan.greeting === plan.blocks[0]?.request;
      this.#release(unit, mustRest ? unit.standing.timeoutMs : unit.turnaroundMs);
    });
  }

  #greetFor(poll: Poll): void {
    this.#greet(poll.unit, poll.plan, (code) => {
      poll.isRetry = false;
      if (code === undefined) this.#goOn(poll);
      else this.#retryOrEnd(poll, code);
    });
  }

  #run(poll: Poll): void {
    const { unit } = poll;
    const { own } = unit;
    const { wire } = this.#context;
    if (own !== undefined && own.poll !== poll && own.scale.isStale(wire.tick())) {
      this.#goOn(poll);
      this.#run(own.poll);
      return;
    }
    poll.isRetry = false;
    const block = poll.nextBlock(wire);
    if (block === undefined) {
      this.#end(poll, READING_CODES.noValue);
      return;
    }
    poll.state = 'running';
    this.#occupy(unit);
    this.#asker.ask(unit, block.request, (answer, code) => {
      let restMs = unit.turnaroundMs;
      if (code !== undefined || !(answer.kind === 'data' || answer.kind === 'exception')) {
        this.#retryOrEnd(poll, code ?? READING_CODES.noAnswer);
      } else {
        const { counters } = this.#context;
        const said = poll.take(block, answer, wire);
        if (said !== 'read') counters[said]++;
        if (said === 'busy') restMs = Math.max(restMs, BUSY_MS);
        if (poll.nextBlock(wire) === undefined) this.#end(poll, READING_CODES.noValue);
        else this.#goOn(poll);
      }
      this.#release(unit, restMs);
    });
  }

  #retryOrEnd(poll: Poll, code: string): void {
    if ((code === READING_CODES.noAnswer || code === CORRUPT) && poll.mayRetry()) {
      this.#context.counters.retries++;
      this.#goOn(poll);
    } else {
      this.#end(poll, code);
    }
  }

  #wait(poll: Poll): void {
    poll.state = 'waiting';
    this.#ready.push(poll);
  }

  /** It goes on as soon as its unit can be asked, before all others. */
  #goOn(poll: Poll): void {
    poll.state = 'waiting';
    this.#ready.unshift(poll);
  }

  #occupy(unit: Unit): void {
    unit.busy = true;
    this.#inFlight++;
  }

  #release(unit: Unit, restMs: number): void {
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

  /** What was not read of a poll has that code. */
  #end(poll: Poll, code: string): void {
    const { unit, points } = poll;
    if (poll.state !== 'resting') poll.owed = false;
    const drafts = poll.end(code);
    const { clock, wire, emit } = this.#context;
    if (unit.own?.poll === poll) unit.own.scale.take(points, drafts, wire.tick());
    else emit(unit.warmUpMs > 0 && clock.tick() < unit.warmUntil ? drafts.map(warmingUp) : drafts);
  }
}

function plannedShare(units: readonly Unit[], pace: Pace): number {
  const plans = units.map(({ polls, turnaroundMs }) => ({ plans: polls.map(({ plan }) => plan), turnaroundMs }));
  return plans.reduce((sum, { plans, turnaroundMs }) => sum + shareOf(plans, pace, turnaroundMs), 0);
}

/** A device that has only just come back may not measure rightly yet. */
const warmingUp = (draft: Draft): Draft =>
  draft.quality === 'good' ? { ...draft, quality: 'uncertain', code: 'warm-up' } : draft;
