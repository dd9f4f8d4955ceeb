import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '#kit/clock.ts';
import type { Log } from '#kit/log.ts';
import type { Written } from '../driver.ts';
import { READING_CODES } from '../reading.ts';
import { Asker } from './asker.ts';
import type { ModbusDevice } from './check.ts';
import type { Counters } from './counters.ts';
import type { Draft } from './draft.ts';
import { closedAnswer } from './guest.ts';
import { GuestTurns } from './guest-turns.ts';
import type { Guests, Line } from './line.ts';
import type { Lender, Turn } from './loan.ts';
import { makeRequest } from './pdu.ts';
import type { Poll } from './poll.ts';
import { Probes } from './probes.ts';
import { ReadyPolls } from './ready-polls.ts';
import { SharedRows } from './rows.ts';
import { Timetable } from './timetable.ts';
import { inherit, type LinkTiming, makeUnit, type Planned, plannedOf, type Unit } from './unit.ts';
import type { Pace } from './use.ts';
import { CORRUPT } from './write.ts';
import { Writer } from './writer.ts';

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

/** A unit that is busy is left alone so long, ms of the wire. */
const BUSY_MS = 250;

/**
 * Decides who is asked next on one link. Writes go first, then probes of units that are away, then polls in the order
 * in which they fell due; each poll waits at most once.
 */
export class Poller implements Lender {
  /** As they are now. */
  readonly units: readonly Unit[];
  readonly #units: Unit[];
  /** The share of the link's time that the polls need; undefined where nobody knows. */
  get planned(): number | undefined {
    return this.#planned?.link;
  }
  readonly #context: PollerContext;
  readonly #asker: Asker;
  readonly #timetable: Timetable;
  readonly #probes: Probes;
  #planned: Planned | undefined;
  #polls: readonly Poll[];
  readonly #options: PollerOptions;
  readonly #rows = new SharedRows();
  readonly #hasNumbers: boolean;
  readonly #writer: Writer;
  readonly #ready = new ReadyPolls();
  readonly #turns: GuestTurns;
  /** Until the first try to connect has ended, polls wait for it. */
  #mayComeUp = true;

  constructor(devices: readonly ModbusDevice[], options: PollerOptions, context: PollerContext) {
    this.#context = context;
    this.#hasNumbers = options.hasNumbers;
    this.#options = options;
    this.#units = devices.map((device) => makeUnit(device, options, this.#rows));
    this.units = this.#units;
    this.#probes = new Probes(this.units, options.share);
    this.#asker = new Asker(context, options.hasNumbers, {
      lost: (unit, tookMs) => this.#probes.lost(unit, context.wire.tick(), tookMs),
      inVain: ({ unit: address, table, address: at, count }) => {
        const unit = this.#unitAt(address);
        unit?.standing.doubt();
        unit?.owed.add(makeRequest(address, table, at, count));
      },
      freed: () => this.#pump(),
    });
    this.#writer = new Writer(this.units, this.#asker, context);
    this.#turns = new GuestTurns(this.#asker, context.wire);
    this.#polls = this.units.flatMap((unit) => unit.polls);
    this.#timetable = new Timetable(this.#polls.map((poll) => poll.plan.everyMs));
    this.#planned = this.#plan();
  }

  /** Makes ready that the link has these devices: those that are gone or otherwise then, and what exchanges them. */
  prepare(devices: readonly ModbusDevice[]): { readonly gone: readonly ModbusDevice[]; exchange(): void } {
    const known = new Map(this.units.map((unit) => [unit.device.id, unit]));
    const next = devices.map((device) => {
      const unit = known.get(device.id);
      const isSame = unit !== undefined && (unit.device === device || isDeepStrictEqual(unit.device, device));
      return isSame ? unit : makeUnit(device, this.#options, this.#rows);
    });
    const after = new Set(next);
    const gone = this.units.filter((unit) => !after.has(unit)).map(({ device }) => device);
    return { gone, exchange: () => this.#exchange(next) };
  }

  /** The share of its time that the link was used, over the last minute. */
  get measured(): number {
    return this.#asker.meter.share(this.#context.wire.tick()) / (this.#asker.line?.window ?? 1);
  }

  /** More is asked for than the link can do, or one of its units. */
  get isOverbooked(): boolean {
    const { link, unit } = this.#planned ?? { link: 0, unit: 0 };
    return Math.max(link, unit) > 1 || this.#asker.meter.isBehind(this.#context.wire.tick());
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
    this.#turns.want(turn);
    this.#pump();
  }

  recall(turn: Turn): boolean {
    return this.#turns.recall(turn);
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
    this.#writer.endAll(READING_CODES.linkDown);
    this.#turns.end();
    for (const poll of this.#ready.takeAll()) this.#end(poll, READING_CODES.linkDown);
  }

  /** Looks what is due; gives the milliseconds of the site's clock until it wants to be called again. */
  wake(): number {
    const { clock, wire, counters } = this.#context;
    const missedBefore = counters.missed;
    let due = 0;
    let unseen = 0;
    for (const { everyMs, skipped } of this.#timetable.take(clock.now(), clock.tick())) {
      for (const poll of this.#polls) {
        if (poll.plan.everyMs !== everyMs) continue;
        due += 1 + skipped;
        unseen += skipped;
        this.#due(poll);
      }
    }
    if (due > 0) this.#asker.meter.due(wire.tick(), due, counters.missed - missedBefore);
    // While the process stood still: no matter of the link's.
    counters.missed += unseen;
    this.#pump();
    return this.#timetable.untilNext(clock.now());
  }

  /** A reply came after its time-out. */
  late(address: number, afterMs: number): void {
    const unit = this.#unitAt(address);
    if (unit !== undefined) this.#asker.late(unit, afterMs);
  }

  /** Writes a value and reads it back, before what waits to be polled. While the line is down it is refused at once. */
  write(key: string, value: number | string, signal?: AbortSignal): Promise<Written> {
    return this.#writer.write(key, value, () => this.#pump(), signal);
  }

  #unitAt(address: number): Unit | undefined {
    return this.units.find(({ device }) => device.options.address === address);
  }

  #plan(): Planned | undefined {
    const { pace } = this.#options;
    return pace === undefined ? undefined : plannedOf(this.units, pace);
  }

  /** What is the same goes on as if nothing had happened; what is new is asked at once. */
  #exchange(next: readonly Unit[]): void {
    const { clock } = this.#context;
    const [before, after] = [new Set(this.units), new Set(next)];
    const fresh = next.filter((unit) => !before.has(unit));
    for (const unit of this.units) {
      if (after.has(unit)) continue;
      unit.isGone = true;
      const { address } = unit.device.options;
      const heir = fresh.find(({ device }) => device.options.address === address);
      if (heir === undefined) continue;
      inherit(heir, unit);
      if (!unit.busy) continue;
      unit.heir = heir;
      heir.busy = true;
      heir.cancelRest = unit.cancelRest;
    }
    this.#units.splice(0, this.#units.length, ...next);
    this.#writer.endGone(READING_CODES.linkDown);
    this.#ready.removeGone();
    this.#polls = next.flatMap(({ polls }) => polls);
    const periods = this.#polls.map(({ plan }) => plan.everyMs);
    this.#timetable.change(periods, clock.now(), clock.tick());
    this.#planned = this.#plan();
    for (const { polls } of fresh) for (const poll of polls) this.#due(poll);
    this.#pump();
  }

  #due(poll: Poll): void {
    const { unit } = poll;
    if (this.#asker.line === undefined && !(this.#mayComeUp && poll.state === 'resting')) {
      this.#ready.remove(poll);
      this.#end(poll, READING_CODES.linkDown);
    } else if (poll.state !== 'resting') {
      this.#context.counters.missed++;
      poll.isDueAgain = true;
    } else if (this.#isOff(unit)) {
      this.#putOff(poll);
    } else {
      this.#ready.add(poll);
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
    while (!this.#asker.isFull) {
      if (!this.#writer.isIdle && this.#writer.next()) continue;
      const probe = this.#probes.areWanted ? this.#probes.pick(this.#context.wire.tick(), this.#isIdle) : undefined;
      if (probe !== undefined) {
        this.#probe(probe);
        continue;
      }
      if (this.#turns.isWanted && this.#turns.begin(this.#isIdleFor)) continue;
      const poll = this.#ready.take();
      if (poll === undefined) return;
      if (!poll.isRetry && this.#isOff(poll.unit)) this.#putOff(poll);
      else if (poll.unit.standing.isSuspect && !this.#hasNumbers) this.#greetFor(poll);
      else this.#run(poll);
    }
  }

  /** Nobody else needs the line before a request without an answer would have ended. */
  readonly #isIdle = (): boolean => this.#isIdleFor(this.#asker.silenceClockMs);

  readonly #isIdleFor = (clockMs: number): boolean => {
    if (!this.#ready.isEmpty) return false;
    const lives = (everyMs: number) =>
      this.#polls.some(({ plan, unit }) => plan.everyMs === everyMs && !unit.standing.isAway);
    return this.#timetable.untilNext(this.#context.clock.now(), lives) > clockMs * 1.1;
  };

  #probe(unit: Unit): void {
    const [first] = unit.polls;
    if (first === undefined) return;
    this.#context.counters.probes++;
    const isPaced = !this.#isIdle();
    this.#probes.begin(unit);
    this.#asker.greet(unit, first.plan, (code, tookMs) => {
      const isCost = isPaced && code !== undefined && code !== READING_CODES.linkDown;
      this.#probes.end(this.#context.wire.tick(), isCost ? tookMs : 0);
      if (code !== undefined || unit.isGone) return;
      for (const poll of unit.polls) if (poll.owed && poll.state === 'resting') this.#ready.add(poll);
    });
  }

  #greetFor(poll: Poll): void {
    this.#asker.greet(poll.unit, poll.plan, (code) => {
      if (poll.unit.isGone) return;
      poll.isRetry = false;
      if (code === undefined) this.#ready.addFirst(poll);
      else this.#retryOrEnd(poll, code);
    });
  }

  #run(poll: Poll): void {
    const { unit } = poll;
    const { own } = unit;
    const { wire } = this.#context;
    if (own !== undefined && own.poll !== poll && own.scale.isStale(wire.tick())) {
      this.#ready.addFirst(poll);
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
    this.#asker.ask(unit, block.request, (answer, code) => {
      let restMs = unit.turnaroundMs;
      if (unit.isGone) return restMs;
      if (code !== undefined || !(answer.kind === 'data' || answer.kind === 'exception')) {
        this.#retryOrEnd(poll, code ?? READING_CODES.noAnswer);
      } else {
        const { counters } = this.#context;
        const said = poll.take(block, answer, wire);
        if (said !== 'read') counters[said]++;
        if (said === 'busy') restMs = Math.max(restMs, BUSY_MS);
        if (poll.nextBlock(wire) === undefined) this.#end(poll, READING_CODES.noValue);
        else this.#ready.addFirst(poll);
      }
      return restMs;
    });
  }

  #retryOrEnd(poll: Poll, code: string): void {
    if ((code === READING_CODES.noAnswer || code === CORRUPT) && poll.mayRetry()) {
      this.#context.counters.retries++;
      this.#ready.addFirst(poll);
      return;
    }
    const { isDueAgain } = poll;
    this.#end(poll, code);
    // What was lost by waiting in vain is made up for: one answer that is lost makes no gap.
    if (isDueAgain && code !== READING_CODES.linkDown && !poll.unit.standing.isAway) this.#ready.add(poll);
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

/** A device that has only just come back may not measure rightly yet. */
const warmingUp = (draft: Draft): Draft =>
  draft.quality === 'good' ? { ...draft, quality: 'uncertain', code: 'warm-up' } : draft;
