import { encodeDuration } from '#kit/duration.ts';
import type { Zone } from '#kit/zone.ts';
import type { ClockOff, LinkContext } from '../driver.ts';
import type { DeviceClock } from '../network-time.ts';
import { timeRequest } from './answers.ts';
import type { Edition, Frame } from './frame.ts';
import type { Instrument } from './instrument.ts';
import { encodeQn } from './local-time.ts';
import { stepTimeSet, type TimeSetInput, type TimeSetOutcome } from './time-set.ts';
import { REAL_TIME } from './values.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** An instrument that dials in again and again is asked no more often. */
const BETWEEN_TIME_SETS_MS = MINUTE_MS;
/** A DataTime has whole seconds, and is on its way for some (unverified). */
const DATA_TIME_ACCURACY_MS = 5000;

export const noClockCounts = () => ({
  clocksOff: 0,
  timeSets: 0,
  timeSetsRefused: 0,
  timeSetsFailed: 0,
  timeSetsUnanswered: 0,
});

export type ClockCounts = ReturnType<typeof noClockCounts>;

const OUTCOME_COUNTS = {
  done: 'timeSets',
  refused: 'timeSetsRefused',
  failed: 'timeSetsFailed',
  unanswered: 'timeSetsUnanswered',
} as const satisfies Record<TimeSetOutcome, keyof ClockCounts>;

export interface ClocksOptions {
  readonly edition: Edition;
  /** Whether the gateway sets them. */
  readonly timeSet: boolean;
}

/** The instruments' own clocks: what they say, which of them are off, and setting them. `send` has a request go out. */
export class Clocks {
  readonly #options: ClocksOptions;
  readonly #context: Pick<LinkContext, 'clock' | 'wire' | 'log'>;
  readonly #zone: Zone;
  readonly #counts: ClockCounts;
  readonly #send: (instrument: Instrument, frame: Frame) => void;

  constructor(
    options: ClocksOptions,
    context: Pick<LinkContext, 'clock' | 'wire' | 'log'>,
    zone: Zone,
    counts: ClockCounts,
    send: (instrument: Instrument, frame: Frame) => void,
  ) {
    this.#options = options;
    this.#context = context;
    this.#zone = zone;
    this.#counts = counts;
    this.#send = send;
  }

  /** New data of that command came, with the time that it has. */
  hear(instrument: Instrument, command: number, said: number): void {
    const { timed, clock, watch, device } = instrument;
    if (command === REAL_TIME) clock.hear(said, this.#context.wire.tick());
    const source = timed.findIndex((each) => each.command === command);
    const data = timed[source];
    if (data === undefined) return;
    const site = this.#context.clock;
    // Who does not know the time himself tells nobody that he is wrong.
    if (site.trust() === 'unknown') {
      watch.forget();
      return;
    }
    const news = watch.hear(said + data.periodMs, data.everyMs, source, site.now(), site.tick());
    if (news === 'off') this.#isOff(instrument);
    if (news !== 'right' || !instrument.isOffTold) return;
    instrument.isOffTold = false;
    this.#context.log.info({ device: device.id }, "hj212: an instrument's clock is right again");
  }

  /** A frame came; `isNew`: the first by its connection. */
  attend(instrument: Instrument, isNew: boolean): void {
    const since = this.#context.wire.tick() - instrument.timeSetAt;
    if (isNew || since >= (instrument.watch.offMs === undefined ? DAY_MS : HOUR_MS)) this.set(instrument);
  }

  /** Begins to set its clock, unless that runs already or the gateway does not know the time itself. */
  set(instrument: Instrument): void {
    const { clock, wire } = this.#context;
    const tick = wire.tick();
    if (!this.#options.timeSet || clock.trust() === 'unknown' || instrument.timeSet !== undefined) return;
    if (tick - instrument.timeSetAt < BETWEEN_TIME_SETS_MS) return;
    instrument.timeSetAt = tick;
    this.step(instrument, { kind: 'begin', qn: this.#qn() });
  }

  /** What was due may be. */
  due(instrument: Instrument): void {
    this.step(instrument, { kind: 'due', qn: this.#qn() });
  }

  step(instrument: Instrument, input: TimeSetInput): void {
    const { state, ask, outcome } = stepTimeSet(instrument.timeSet, input, this.#context.wire.tick());
    instrument.timeSet = state;
    if (outcome !== undefined) {
      this.#counts[OUTCOME_COUNTS[outcome]]++;
      instrument.timeSetCame = outcome;
      if (outcome !== 'done' && instrument.watch.offMs !== undefined) this.#tellUnset(instrument, outcome);
    }
    if (ask === undefined) return;
    const { st, pw, device } = instrument;
    this.#send(instrument, timeRequest({ st, pw, mn: device.options.mn, edition: this.#options.edition }, ask));
  }

  /** How far its clock is off, and what came of setting it; undefined where it is not, or nobody knows. */
  offOf({ watch: { offMs }, timeSetCame }: Instrument): ClockOff | undefined {
    if (offMs === undefined) return undefined;
    if (!this.#options.timeSet) return { offMs, set: 'not-set' };
    return { offMs, ...(timeSetCame === undefined ? {} : { set: timeSetCame }) };
  }

  /** What they said last. None where the gateway sets them: it would be told its own time. */
  told(instruments: Iterable<Instrument>): readonly DeviceClock[] {
    if (this.#options.timeSet) return [];
    const tick = this.#context.wire.tick();
    return [...instruments].flatMap(({ device, clock: { told } }) => {
      if (told === undefined) return [];
      return [{ device: device.id, at: told.at, agoMs: tick - told.tick, accuracyMs: DATA_TIME_ACCURACY_MS }];
    });
  }

  #isOff(instrument: Instrument): void {
    this.#counts.clocksOff++;
    this.#tellOff(instrument);
    this.set(instrument);
  }

  /** Not each time for one that is off now and then. */
  #tellOff(instrument: Instrument): void {
    const tick = this.#context.wire.tick();
    if (tick - instrument.offToldAt < HOUR_MS) return;
    const { offMs = 0, set } = this.offOf(instrument) ?? {};
    instrument.offToldAt = tick;
    instrument.isOffTold = true;
    instrument.isUnsetTold = set !== undefined && set !== 'done';
    const what =
      offMs < 0
        ? `${roughly(-offMs)} behind: its values come too late for the rules`
        : `${roughly(offMs)} ahead of the gateway's`;
    this.#context.log.warn(
      { device: instrument.device.id, offMs, timeSet: set },
      `hj212: an instrument's clock is ${what}`,
    );
  }

  /** Once for each time that it was told to be off. */
  #tellUnset(instrument: Instrument, timeSet: TimeSetOutcome): void {
    if (instrument.isUnsetTold) return;
    instrument.isUnsetTold = true;
    this.#context.log.warn(
      { device: instrument.device.id, timeSet },
      'hj212: an instrument whose clock is off cannot be set',
    );
  }

  #qn(): string {
    return encodeQn(this.#context.clock.now(), this.#zone);
  }
}

/** `8h`, `75min`, `40s`: without what nobody asks for. */
function roughly(ms: number): string {
  const step = ms >= 2 * DAY_MS ? HOUR_MS : ms >= HOUR_MS ? MINUTE_MS : 1000;
  return encodeDuration(Math.round(ms / step) * step);
}
