import { openZone, type Zone } from '#kit/zone.ts';
import type { ClockOff, LinkContext, Overheard } from '../driver.ts';
import { Ears } from '../ears.ts';
import type { DeviceClock } from '../network-time.ts';
import type { UntimedReading } from '../reading.ts';
import { UnknownDevices } from '../unknown-devices.ts';
import { answerTo, COMMANDS } from './answers.ts';
import { Clocks, noClockCounts } from './clocks.ts';
import { type Edition, encodeFrame, type Field, type Frame, type Mode, wantsAnswer } from './frame.ts';
import type { Instrument, Line } from './instrument.ts';
import type { Hj212Device } from './kind.ts';
import { overhearFlaw, saidIn, sampleOf } from './overheard.ts';
import type { Flaw, FlawEars } from './passed-over.ts';
import { Roll } from './roll.ts';
import type { Gathered } from './uploads.ts';
import { DATA_COMMANDS, readFrame } from './values.ts';

/** How one is shown that has no MN. */
const NO_MN = '(no MN)';
/** Between two that call themselves by one MN, with right and wrong passwords in turn, the log is told so often, ms. */
const REFUSALS_TOLD_MS = 3_600_000;

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
});

/** How it stands with an instrument. */
export interface Standing {
  readonly isConnected: boolean;
  /**
   * The password was wrong when it was last heard; `elsewhere`: while it is connected by another line, as where somebody
   * who has none calls himself by its MN.
   */
  readonly refused?: 'here' | 'elsewhere';
  readonly clock?: ClockOff;
}

/**
 * Takes every frame of a link, whatever connection it came by: whose it is, what it says, what answers it. `give` is called
 * with the readings of one upload at a time.
 */
export class Desk implements Disposable {
  /** Who listens to its frames. */
  readonly ears = new Ears();
  readonly counts = { ...noCounts(), ...noClockCounts() };
  readonly unknown = new UnknownDevices();
  readonly flaws: FlawEars = {
    isHeard: () => this.ears.isHeard,
    tell: (flaw, bytes) => this.#overhearFlaw(flaw, bytes),
  };
  readonly roll: Roll;
  readonly #options: DeskOptions;
  readonly #context: Pick<LinkContext, 'clock' | 'wire' | 'log'>;
  readonly #zone: Zone;
  readonly #clocks: Clocks;
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
    this.#clocks = new Clocks(options, context, this.#zone, this.counts, (instrument, frame) => {
      if (instrument.line?.isOpen) this.#send(frame, instrument.line);
    });
    this.#give = give;
    this.roll = new Roll(options.mode);
    this.roll.change(devices);
  }

  /** These are its instruments from now on. Who was unknown and is known now is taken with its next frame, on whatever line. */
  change(devices: readonly Hj212Device[]): void {
    this.roll.change(devices);
    for (const { id } of this.unknown.list()) if (this.roll.of(id) !== undefined) this.unknown.forget(id);
  }

  take(frame: Frame, line: Line): void {
    this.#overhear('in', frame.mn, saidIn(frame));
    const instrument = this.roll.of(frame.mn);
    this.counts.frames++;
    if (instrument === undefined) {
      this.counts.unknownMn++;
      this.unknown.hear(frame.mn === '' ? NO_MN : frame.mn, this.#context.clock.now(), {
        from: line.from,
        sample: sampleOf(frame),
      });
      return;
    }
    if (!this.#isAdmitted(instrument, frame, line)) return;
    const isNew = this.roll.heard(instrument, line);
    instrument.pw = frame.pw;
    this.#handle(instrument, frame, line);
    this.#clocks.attend(instrument, isNew);
    this.#awaitDue(instrument);
  }

  standingOf(device: Hj212Device): Standing {
    const found = this.roll.of(device.options.mn);
    if (found === undefined) return { isConnected: false };
    const { line, refusedOn } = found;
    const isConnected = line?.isOpen ?? false;
    const refused = isConnected && line !== refusedOn ? 'elsewhere' : 'here';
    const clock = this.#clocks.offOf(found);
    return { isConnected, ...(refusedOn && { refused }), ...(clock && { clock }) };
  }

  deviceClocks(): readonly DeviceClock[] {
    return this.#clocks.told(this.roll.all());
  }

  [Symbol.dispose](): void {
    for (const { cancelDue } of this.roll.all()) cancelDue();
  }

  #isAdmitted(instrument: Instrument, frame: Frame, line: Line): boolean {
    const { id, options } = instrument.device;
    const isWrong = options.password !== undefined && options.password !== frame.pw;
    if (isWrong) {
      this.counts.wrongPassword++;
      const tick = this.#context.wire.tick();
      if (instrument.refusedOn === undefined && tick - instrument.refusalToldAt >= REFUSALS_TOLD_MS) {
        instrument.refusalToldAt = tick;
        this.#context.log.warn(
          { device: id, from: line.from },
          'hj212: an instrument sends another PW than its device has',
        );
      }
    }
    instrument.refusedOn = isWrong ? line : undefined;
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
        this.#clocks.step(instrument, { kind: 'answer', frame });
        break;
      case COMMANDS.noticeReply:
      case COMMANDS.dataReply:
        break;
      case COMMANDS.askTime:
        this.#answer(frame, line, COMMANDS.noticeReply);
        this.#clocks.set(instrument);
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
    const { dataAt, flaws } = readFrame(device.points, frame, this.#zone);
    if (this.#options.mode === 'strict' && flaws.badNumbers > 0) {
      this.counts.badNumbers += flaws.badNumbers;
      return;
    }
    if (repeats.isRepeat(frame)) this.counts.repeats++;
    else {
      const tick = this.#context.wire.tick();
      if (dataAt !== undefined) this.#clocks.hear(instrument, Number(frame.cn), dataAt);
      for (const gathered of uploads.take(frame, tick)) this.#read(device, gathered);
    }
    this.#answer(frame, line, COMMANDS.dataReply);
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
    this.#send(answerTo(frame, cn, cp), line);
  }

  #send(frame: Frame, line: Line): void {
    this.#overhear('out', frame.mn, saidIn(frame));
    line.send(encodeFrame(frame));
  }

  #overhear(way: Overheard['way'], mn: string, what: string): void {
    this.ears.tell(() => ({ at: this.#context.clock.now(), way, who: mn === '' ? null : mn, what, isRight: true }));
  }

  #overhearFlaw(flaw: Flaw, bytes: Uint8Array): void {
    this.ears.tell(() => {
      const passwords = [...this.roll.all()].flatMap(({ device, pw }) => [device.options.password ?? pw, pw]);
      return { at: this.#context.clock.now(), way: 'in', ...overhearFlaw(flaw, bytes, passwords) };
    });
  }

  /** One timer an instrument, for what of it is due first. */
  #awaitDue(instrument: Instrument): void {
    instrument.cancelDue();
    const { uploads, timeSet } = instrument;
    const next = Math.min(uploads.nextAt() ?? Number.POSITIVE_INFINITY, timeSet?.dueAt ?? Number.POSITIVE_INFINITY);
    if (next === Number.POSITIVE_INFINITY) return;
    const { wire } = this.#context;
    instrument.cancelDue = wire.after(Math.max(next - wire.tick(), 1), () => {
      for (const gathered of uploads.takeDue(wire.tick())) this.#read(instrument.device, gathered);
      this.#clocks.due(instrument);
      this.#awaitDue(instrument);
    });
  }
}
