import { Backoff } from '#kit/backoff.ts';
import type { Fault } from '#kit/fault.ts';
import type { BorrowedLine, LinkContext, LinkStatus, OpenLink, Overheard, Written } from '../driver.ts';
import { READING_CODES, type Reading } from '../reading.ts';
import type { ModbusDevice, ModbusLink } from './check.ts';
import { type Counters, makeCounters } from './counters.ts';
import { Ear } from './ear.ts';
import type { Line, LineEvents } from './line.ts';
import { Loan, type Settable } from './loan.ts';
import { Poller, type PollerOptions } from './poller.ts';
import type { BytePort, OpenPort } from './port.ts';
import { ReadingQueue } from './reading-queue.ts';
import type { FrameReader } from './rtu.ts';

/** How a kind of link is reached and spoken over. */
export interface Medium extends PollerOptions, Settable {
  /** For a person: the port or `host:port`. */
  readonly where: string;
  readonly openPort: OpenPort;
  /** The other side connects to us: it is awaited again at once whenever it has gone. */
  readonly isDialledInto?: boolean;
  makeLine(port: BytePort, counters: Counters, events: LineEvents): Line;
  /** Whether a line that was made before serves these devices too; left out: any. */
  fits?(devices: readonly ModbusDevice[]): boolean;
  /** What cuts what comes in into frames, where it has more in it than frames. */
  readonly makeReader?: () => FrameReader;
  /** How bytes on it are cut into frames for who only listens. */
  readonly framing: 'rtu' | 'tcp';
}

const FIRST_RECONNECT_MS = 250;
const MOST_RECONNECT_MS = 30_000;
/** However far away the next poll is, the wall clock is looked at so often, since it may have been set. */
const LONGEST_SLEEP_MS = 60_000;

/** A warning of a link that is asked for more than it can do. */
const OVERBOOKED = 'overbooked';

/** One owner and one queue of one medium: connects for ever, polls what is due, gives what came of it. */
class RunningLink implements OpenLink {
  readonly #context: LinkContext;
  readonly #medium: Medium;
  readonly #id: string;
  readonly #counters = makeCounters();
  readonly #queue: ReadingQueue;
  readonly #poller: Poller;
  readonly #ended = new AbortController();
  readonly #backoff = new Backoff({ firstMs: FIRST_RECONNECT_MS, mostMs: MOST_RECONNECT_MS, jitter: 0.2 });
  #state: LinkStatus['state'] = 'connecting';
  #error: Fault | undefined;
  #port: BytePort | undefined;
  #answersBefore = 0;
  #cancelWake: () => void = () => {};
  #cancelConnect: () => void = () => {};
  #loan: BorrowedLine | undefined;
  readonly #ears = new Set<Ear>();

  constructor(link: ModbusLink, medium: Medium, context: LinkContext, queue: ReadingQueue) {
    this.#id = link.id;
    this.#medium = medium;
    this.#context = context;
    this.#queue = queue;
    this.#poller = new Poller(link.devices, medium, {
      ...context,
      counters: this.#counters,
      emit: (drafts) => queue.push(drafts),
    });
  }

  start(): void {
    this.#connect();
    this.#wake();
  }

  readings(signal: AbortSignal): AsyncGenerator<readonly Reading[]> {
    return this.#queue.readings(signal, this.#ended.signal);
  }

  status(): LinkStatus {
    const isUp = this.#state === 'up';
    const { planned, measured, isOverbooked } = this.#poller;
    const devices = this.#poller.units.map(({ device, standing, code }) => {
      const answers = isUp && standing.answers;
      const why = isUp ? code : READING_CODES.linkDown;
      return [device.id, answers || why === undefined ? { answers } : { answers, code: why }] as const;
    });
    return {
      state: this.#state,
      ...(this.#error === undefined ? {} : { error: textWithHint(this.#error) }),
      counters: { ...this.#counters, dropped: this.#queue.dropped },
      devices: Object.fromEntries(devices),
      ...(planned === undefined ? {} : { use: { planned, measured } }),
      ...(isOverbooked ? { warnings: [OVERBOOKED] } : {}),
    };
  }

  change(devices: readonly ModbusDevice[]): (() => void) | undefined {
    if (this.#medium.fits?.(devices) === false) return undefined;
    const { gone, exchange } = this.#poller.prepare(devices);
    const points = new Set(gone.flatMap((device) => device.points.map(({ key }) => key)));
    return () => {
      this.#queue.forget(points, devices.length - this.#poller.units.length);
      exchange();
      this.#cancelWake();
      this.#wake();
    };
  }

  write(point: string, value: number | string, signal?: AbortSignal): Promise<Written> {
    return this.#poller.write(point, value, signal);
  }

  borrow(): BorrowedLine | undefined {
    if (this.#loan !== undefined) return undefined;
    const loan = new Loan(this.#poller, this.#medium, () => {
      this.#loan = undefined;
    });
    this.#loan = loan;
    return loan;
  }

  tap(listener: (heard: Overheard) => void): () => void {
    const ear = new Ear(this.#medium.framing, this.#context, listener, this.#medium.makeReader);
    this.#ears.add(ear);
    return () => {
      this.#ears.delete(ear);
      ear.close();
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    for (const ear of this.#ears) ear.close();
    this.#ears.clear();
    this.#cancelWake();
    this.#cancelConnect();
    this.#poller.detach();
    this.#port?.close();
    this.#port = undefined;
  }

  #wake(): void {
    const waitMs = this.#poller.wake();
    // A timer may fire a little early: then nothing is due yet, and the rest of a millisecond is waited out.
    this.#cancelWake = this.#context.clock.after(Math.min(Math.max(waitMs, 1), LONGEST_SLEEP_MS), () => this.#wake());
  }

  #connect(): void {
    this.#state = 'connecting';
    let port: BytePort | undefined;
    let line: Line | undefined;
    const isCurrent = () => port !== undefined && this.#port === port;
    const lost = (fault: Fault) => {
      if (isCurrent()) this.#lost(fault);
    };
    port = this.#medium.openPort({
      opened: () => {
        if (!isCurrent() || port === undefined) return;
        line = this.#medium.makeLine(this.#heardBy(port), this.#counters, {
          late: (unit, afterMs) => this.#poller.late(unit, afterMs),
          broken: lost,
        });
        this.#up(line);
      },
      data: (chunk) => {
        if (this.#ears.size > 0) for (const ear of this.#ears) ear.hear('in', chunk);
        line?.receive(chunk);
      },
      closed: lost,
    });
    this.#port = port;
  }

  /** What goes out is heard too. */
  #heardBy(port: BytePort): BytePort {
    return {
      ...port,
      write: (bytes) => {
        if (this.#ears.size > 0) for (const ear of this.#ears) ear.hear('out', bytes);
        return port.write(bytes);
      },
    };
  }

  #up(line: Line): void {
    this.#state = 'up';
    this.#counters.connects++;
    this.#answersBefore = this.#counters.answers;
    this.#context.log.info({ link: this.#id, where: this.#medium.where }, 'link is up');
    this.#error = undefined;
    this.#poller.attach(line);
  }

  #lost(fault: Fault): void {
    const wasUp = this.#state === 'up';
    const isNew = wasUp || this.#error?.message !== fault.message;
    this.#state = 'down';
    this.#error = fault;
    this.#port?.close();
    this.#port = undefined;
    this.#poller.detach();
    if (wasUp && this.#counters.answers > this.#answersBefore) this.#backoff.reset();
    if (isNew) {
      const { link, where, hint } = { link: this.#id, where: this.#medium.where, hint: fault.hint };
      this.#context.log.warn({ link, where, code: fault.code, hint }, fault.message);
    }
    // Nothing was refused: a connection that fell silent is made anew at once.
    const isAtOnce = fault.code === 'modbus-mute' || this.#medium.isDialledInto === true;
    const waitMs = isAtOnce ? 0 : this.#backoff.next();
    this.#cancelConnect = this.#context.wire.after(waitMs, () => this.#connect());
  }
}

const textWithHint = ({ message, hint }: Fault): string => (hint === undefined ? message : `${message} (${hint})`);

/**
 * Opens a link: returns at once, also when the other side is away. Several that are shown as one share a queue; its
 * owner reads it.
 */
export function openLink(
  link: ModbusLink,
  context: LinkContext,
  medium: Medium,
  queue = new ReadingQueue(link.devices.length, context.clock),
): OpenLink {
  const running = new RunningLink(link, medium, context, queue);
  running.start();
  return running;
}
