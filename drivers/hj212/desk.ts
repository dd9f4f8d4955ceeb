import { openZone, type Zone } from '#kit/zone.ts';
import type { LinkContext, Overheard } from '../driver.ts';
import { Ears } from '../ears.ts';
import type { DeviceClock } from '../network-time.ts';
import type { UntimedReading } from '../reading.ts';
import { UnknownDevices } from '../unknown-devices.ts';
import { answerTo, COMMANDS, timeRequest } from './answers.ts';
import { type Edition, encodeFrame, type Field, type Frame, fieldOf, type Mode, wantsAnswer } from './frame.ts';
import { type Instrument, type Line, openInstrument } from './instrument.ts';
import type { Hj212Device } from './kind.ts';
import { encodeQn, parseLocalTime } from './local-time.ts';
import { stepTimeSet, type TimeSetInput } from './time-set.ts';
import type { Gathered } from './uploads.ts';
import { DATA_COMMANDS, REAL_TIME, readFrame } from './values.ts';

const DAY_MS = 86_400_000;
/** An instrument that dials in again and again is asked no more often. */
const BETWEEN_TIME_SETS_MS = 60_000;
/** A DataTime has whole seconds, and is on its way for some (unverified). */
const DATA_TIME_ACCURACY_MS = 5000;
/** How one is shown that has no MN. */
const NO_MN = '(no MN)';

export interface DeskOptions {
  readonly mode: Mode;
  readonly edition: Edition;
  readonly extensions: boolean;
  readonly timeSet: boolean;
  readonly timeZone: string;
}

const noCounts = () => ({
  frames: 0,
  answers: 0,
  repeats: 0,
  unknownMn: 0,
  wrongPassword: 0,
  wrongSt: 0,
  otherCommands: 0,
  badNumbers: 0,
  badTimes: 0,
  incompleteUploads: 0,
  timeSets: 0,
  timeSetsRefused: 0,
  timeSetsFailed: 0,
  timeSetsUnanswered: 0,
});

const OUTCOME_COUNTS = {
  done: 'timeSets',
  refused: 'timeSetsRefused',
  failed: 'timeSetsFailed',
  unanswered: 'timeSetsUnanswered',
} as const;

/**
 * Takes every frame of a link, whatever connection it came by: whose it is, what it says, what answers it. `give` is called
 * with the readings of one upload at a time.
 */
export class Desk implements Disposable {
  /** Who listens to its frames. */
  readonly ears = new Ears();
  readonly counts = noCounts();
  readonly unknown = new UnknownDevices();
  readonly #byMn: ReadonlyMap<string, Instrument>;
  readonly #options: DeskOptions;
  readonly #context: Pick<LinkContext, 'clock' | 'wire' | 'log'>;
  readonly #zone: Zone;
  readonly #give: (device: string, readings: readonly UntimedReading[]) => void;

  constructor(
    devices: readonly Hj212Device[],
    options: DeskOptions,
    context: Pick<LinkContext, 'clock' | 'wire' | 'log'>,
    give: (device: string, readings: readonly UntimedReading[]) => void,
  ) {
    this.#options = options;
    this.#context = context;
    this.#zone = openZone(options.timeZone);
    this.#give = give;
    this.#byMn = new Map(devices.map((device) => [this.#keyOf(device.options.mn), openInstrument(device)]));
  }

  /** Whether the frame is of an instrument of the site, with its password. */
  take(frame: Frame, line: Line): boolean {
    this.#overhear('in', frame.mn, saidIn(frame));
    const instrument = this.#byMn.get(this.#keyOf(frame.mn));
    this.counts.frames++;
    if (instrument === undefined) {
      this.counts.unknownMn++;
      this.unknown.hear(frame.mn === '' ? NO_MN : frame.mn, this.#context.clock.now(), {
        from: line.from,
        sample: sampleOf(frame),
      });
      return false;
    }
    if (!this.#isAdmitted(instrument, frame, line)) return false;
    const isNew = instrument.line !== line;
    instrument.line = line;
    instrument.pw = frame.pw;
    this.#handle(instrument, frame, line);
    if (isNew || this.#context.wire.tick() - instrument.timeSetAt >= DAY_MS) this.#setTime(instrument);
    return true;
  }

  /** Whether an instrument has a connection, and whether its password was wrong when it was last heard. */
  standingOf(device: Hj212Device): { readonly isConnected: boolean; readonly isRefused: boolean } {
    const found = this.#byMn.get(this.#keyOf(device.options.mn));
    return { isConnected: found?.line?.isOpen ?? false, isRefused: found?.isRefused ?? false };
  }

  /** None where the gateway sets them: it would be told its own time. */
  clocks(): readonly DeviceClock[] {
    if (this.#options.timeSet) return [];
    const tick = this.#context.wire.tick();
    return [...this.#byMn.values()].flatMap(({ device, clock: { told } }) => {
      if (told === undefined) return [];
      return [{ device: device.id, at: told.at, agoMs: tick - told.tick, accuracyMs: DATA_TIME_ACCURACY_MS }];
    });
  }

  [Symbol.dispose](): void {
    for (const { cancelDue } of this.#byMn.values()) cancelDue();
  }

  #keyOf(mn: string): string {
    return this.#options.mode === 'lenient' ? mn.toUpperCase() : mn;
  }

  #isAdmitted(instrument: Instrument, frame: Frame, line: Line): boolean {
    const { id, options } = instrument.device;
    const isWrong = options.password !== undefined && options.password !== frame.pw;
    if (isWrong) {
      this.counts.wrongPassword++;
      if (!instrument.isRefused) {
        this.#context.log.warn(
          { device: id, from: line.from },
          'hj212: an instrument sends another PW than its device has',
        );
      }
    }
    instrument.isRefused = isWrong;
    return !isWrong;
  }

  #handle(instrument: Instrument, frame: Frame, line: Line): void {
    if (DATA_COMMANDS.includes(Number(frame.cn))) {
      this.#takeData(instrument, frame, line);
      return;
    }
    switch (frame.cn) {
      case COMMANDS.requestReply:
      case COMMANDS.result:
        this.#stepTimeSet(instrument, { kind: 'answer', frame });
        break;
      case COMMANDS.noticeReply:
      case COMMANDS.dataReply:
        break;
      case COMMANDS.askTime:
        this.#answer(frame, line, COMMANDS.noticeReply);
        this.#setTime(instrument);
        break;
      case COMMANDS.login:
        if (this.#options.extensions) this.#answer(frame, line, COMMANDS.loginReply, [['Logon', '1']]);
        break;
      case COMMANDS.heartbeat:
        if (this.#options.extensions) this.#answer(frame, line, COMMANDS.dataReply);
        break;
      case COMMANDS.started:
        this.#answer(frame, line, COMMANDS.dataReply);
        break;
      default:
        this.counts.otherCommands++;
        // An upload of a kind that nothing is read from has come all the same; it need not be sent again.
        if (frame.cn > '2000' && frame.cn < '9000') this.#answer(frame, line, COMMANDS.dataReply);
    }
  }

  #takeData(instrument: Instrument, frame: Frame, line: Line): void {
    const { device, repeats, uploads } = instrument;
    const { st = frame.st } = device.options;
    if (frame.st !== st) {
      this.counts.wrongSt++;
      return;
    }
    instrument.st = st;
    const { badNumbers } = readFrame(device.points, frame, this.#zone).flaws;
    if (this.#options.mode === 'strict' && badNumbers > 0) {
      this.counts.badNumbers += badNumbers;
      return;
    }
    if (repeats.isRepeat(frame)) this.counts.repeats++;
    else {
      const tick = this.#context.wire.tick();
      const said =
        Number(frame.cn) === REAL_TIME ? parseLocalTime(fieldOf(frame, 'DataTime') ?? '', this.#zone) : undefined;
      if (said !== undefined) instrument.clock.hear(said, tick);
      for (const gathered of uploads.take(frame, tick)) this.#read(device, gathered);
    }
    this.#answer(frame, line, COMMANDS.dataReply);
    this.#awaitDue(instrument);
  }

  #read(device: Hj212Device, { frame, isWhole }: Gathered): void {
    if (!isWhole) this.counts.incompleteUploads++;
    const { readings, flaws } = readFrame(device.points, frame, this.#zone);
    this.counts.badTimes += flaws.badTimes;
    this.counts.badNumbers += flaws.badNumbers;
    if (readings.length > 0) this.#give(device.id, readings);
  }

  #answer(frame: Frame, line: Line, cn: string, cp: readonly Field[] = []): void {
    if (!wantsAnswer(frame)) return;
    this.counts.answers++;
    this.#overhear('out', frame.mn, `CN=${cn}`);
    line.send(encodeFrame(answerTo(frame, cn, cp)));
  }

  #overhear(way: Overheard['way'], mn: string, what: string): void {
    this.ears.tell(() => ({ at: this.#context.clock.now(), way, who: mn === '' ? null : mn, what, isRight: true }));
  }

  /** Begins to set its clock, unless that runs already or the gateway does not know the time itself. */
  #setTime(instrument: Instrument): void {
    const { clock, wire } = this.#context;
    const tick = wire.tick();
    if (!this.#options.timeSet || clock.trust() === 'unknown' || instrument.timeSet !== undefined) return;
    if (tick - instrument.timeSetAt < BETWEEN_TIME_SETS_MS) return;
    instrument.timeSetAt = tick;
    this.#stepTimeSet(instrument, { kind: 'begin', qn: encodeQn(clock.now(), this.#zone) });
  }

  #stepTimeSet(instrument: Instrument, input: TimeSetInput): void {
    const { device, line } = instrument;
    const { state, ask, outcome } = stepTimeSet(instrument.timeSet, input, this.#context.wire.tick());
    instrument.timeSet = state;
    if (outcome !== undefined) this.counts[OUTCOME_COUNTS[outcome]]++;
    if (ask !== undefined && line?.isOpen) {
      const to = { st: instrument.st, pw: instrument.pw, mn: device.options.mn, edition: this.#options.edition };
      line.send(encodeFrame(timeRequest(to, ask)));
    }
    this.#awaitDue(instrument);
  }

  /** One timer an instrument, for what of it is due first. */
  #awaitDue(instrument: Instrument): void {
    instrument.cancelDue();
    const { uploads, timeSet, device } = instrument;
    const next = Math.min(uploads.nextAt() ?? Number.POSITIVE_INFINITY, timeSet?.dueAt ?? Number.POSITIVE_INFINITY);
    if (next === Number.POSITIVE_INFINITY) return;
    const { wire, clock } = this.#context;
    instrument.cancelDue = wire.after(Math.max(next - wire.tick(), 1), () => {
      for (const gathered of uploads.takeDue(wire.tick())) this.#read(device, gathered);
      this.#stepTimeSet(instrument, { kind: 'due', qn: encodeQn(clock.now(), this.#zone) });
    });
  }
}

/** All of a frame but the password. */
const saidIn = ({ st, cn, cp }: Frame): string =>
  [`ST=${st} CN=${cn}`, ...cp.flat().map(([name, value]) => `${name}=${value}`)].join(' ');

/** The command and the names of its fields: no value, and never the password. */
const sampleOf = ({ st, cn, cp }: Frame): string => [`ST=${st} CN=${cn}`, ...cp.flat().map(([name]) => name)].join(' ');
