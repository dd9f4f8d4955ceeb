import type { Socket } from 'node:net';
import type { Clock } from '#kit/clock.ts';
import type { Fault } from '#kit/fault.ts';
import { closedByPeer, notDialledIn, replaced, silentUnit, unreachable } from './faults.ts';
import type { OpenPort, PortEvents } from './port.ts';

/** Bytes that may wait to be sent before the other side counts as stuck: a few requests. */
const MOST_WAITING = 1024;
/** How long the first readings wait for a unit to dial in after a start, ms. */
const FIRST_WAIT_MS = 3000;

export interface BerthOptions {
  /** For a person: the registration. */
  readonly name: string;
  readonly silentMs: number;
}

/**
 * Where the connection of one registered unit lies, and what its bus opens as a port. The newest connection counts:
 * a unit that lost its mobile network dials in anew long before its old connection is known to be dead.
 */
export class Berth {
  readonly #options: BerthOptions;
  readonly #wire: Clock;
  #socket: Socket | undefined;
  #port: PortEvents | undefined;
  #isOpened = false;
  #isFirst = true;
  #heardAt = 0;
  #cancelSilence: () => void = () => {};
  replacements = 0;
  silences = 0;

  constructor(options: BerthOptions, wire: Clock) {
    this.#options = options;
    this.#wire = wire;
  }

  get isTaken(): boolean {
    return this.#socket !== undefined;
  }

  readonly open: OpenPort = (events) => {
    this.#port = events;
    this.#isOpened = false;
    if (this.#socket !== undefined) queueMicrotask(() => this.#tellOpened(events));
    else if (this.#isFirst) this.#wire.after(FIRST_WAIT_MS, () => this.#giveUp(events));
    this.#isFirst = false;
    return {
      write: (bytes) => {
        const socket = this.#port === events ? this.#socket : undefined;
        socket?.write(bytes);
        return socket !== undefined && socket.writableLength <= MOST_WAITING;
      },
      flush: (done) => void setImmediate(done),
      close: () => {
        if (this.#port !== events) return;
        this.#port = undefined;
        // A connection that its bus never had is for the next opening.
        if (this.#isOpened) this.#leave();
      },
    };
  };

  /** A unit of this registration has dialled in. */
  moor(socket: Socket): void {
    const { name } = this.#options;
    if (this.#socket !== undefined) {
      this.replacements++;
      this.#end(replaced(name));
    }
    this.#socket = socket;
    this.#heardAt = this.#wire.tick();
    this.#watchSilence(this.#options.silentMs);
    socket.on('data', (chunk) => {
      if (this.#socket !== socket) return;
      this.#heardAt = this.#wire.tick();
      if (this.#isOpened) this.#port?.data(chunk);
    });
    socket.on('error', (error) => this.#socket === socket && this.#end(unreachable(name, error)));
    socket.on('close', () => this.#socket === socket && this.#end(closedByPeer(name)));
    const events = this.#port;
    if (events !== undefined) queueMicrotask(() => this.#tellOpened(events));
  }

  /** There is no such unit any more: its bus is closed. */
  close(): void {
    this.#port = undefined;
    this.#leave();
  }

  /** Once, so that it is said why there are no readings; from then on it is waited for without an end. */
  #giveUp(events: PortEvents): void {
    if (this.#port !== events || this.#socket !== undefined) return;
    this.#port = undefined;
    events.closed(notDialledIn(this.#options.name));
  }

  #tellOpened(events: PortEvents): void {
    if (this.#port !== events || this.#socket === undefined || this.#isOpened) return;
    this.#isOpened = true;
    events.opened();
  }

  #end(fault: Fault): void {
    const events = this.#isOpened ? this.#port : undefined;
    if (this.#isOpened) this.#port = undefined;
    this.#leave();
    events?.closed(fault);
  }

  #leave(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isOpened = false;
    this.#cancelSilence();
    socket?.destroy();
  }

  #watchSilence(ms: number): void {
    this.#cancelSilence();
    this.#cancelSilence = this.#wire.after(ms, () => {
      const { silentMs, name } = this.#options;
      const left = this.#heardAt + silentMs - this.#wire.tick();
      if (left > 0) return this.#watchSilence(left);
      this.silences++;
      this.#end(silentUnit(name, silentMs));
    });
  }
}
