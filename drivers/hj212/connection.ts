import type { Clock } from '#kit/clock.ts';
import { Pace } from '../pace.ts';
import type { Frame, Mode } from './frame.ts';
import { FrameStream, type StreamCounts } from './frame-stream.ts';
import type { Line } from './instrument.ts';
import type { FlawEars } from './passed-over.ts';

/** Frames taken before others have their turn. */
const FRAMES_A_TURN = 32;
/** An instrument that was away sends what it kept; one that floods is slowed down through TCP, and harms nobody else. */
const PACE = { perSecond: 200, burst: 1000 };
/** So long without a byte, the rest of a frame does not come any more. */
const REST_MS = 10_000;
/** Bytes without a frame after which a connection is none of an instrument's. */
const MOST_GARBAGE = 65_536;

/** Where a connection's bytes go. */
export interface BytePort {
  /** False when so much waits to be sent that the other side counts as stuck. */
  write(bytes: Uint8Array): boolean;
  pause(): void;
  resume(): void;
  close(): void;
}

export interface ConnectionOptions {
  readonly from: string;
  readonly mode: Mode;
  /** Without a frame for so long it is closed; left out: never, as a serial line. */
  readonly idleMs?: number;
}

/** Who takes what comes by a connection. */
export interface FrameTaker {
  take(frame: Frame, line: Line): void;
  /** Who hears of what is no frame. */
  readonly flaws: FlawEars;
}

export type ConnectionCounts = StreamCounts & Record<'idle' | 'stuck' | 'babble', number>;

/** One connection of instruments: bytes to frames, in turns, with the time-outs of the line. */
export class Connection implements Line {
  readonly from: string;
  /** Tick of the last frame, or of the opening. */
  lastAt: number;
  isOpen = true;
  readonly #port: BytePort;
  readonly #options: ConnectionOptions;
  readonly #wire: Clock;
  readonly #counts: ConnectionCounts;
  readonly #stream: FrameStream;
  readonly #desk: FrameTaker;
  readonly #pace = new Pace(PACE);
  #garbage = 0;
  /** What is taken has not come to its end: another turn follows. */
  #hasMore = false;
  #cancelTurn = () => {};
  #cancelRest = () => {};
  #cancelIdle = () => {};

  constructor(port: BytePort, options: ConnectionOptions, wire: Clock, counts: ConnectionCounts, desk: FrameTaker) {
    this.from = options.from;
    this.#port = port;
    this.#options = options;
    this.#wire = wire;
    this.#counts = counts;
    this.#stream = new FrameStream(options.mode, counts, desk.flaws);
    this.#desk = desk;
    this.lastAt = wire.tick();
    if (options.idleMs !== undefined) this.#awaitIdle(options.idleMs);
  }

  receive(chunk: Uint8Array): void {
    if (!this.isOpen) return;
    this.#garbage += chunk.length;
    this.#stream.push(chunk);
    if (!this.#hasMore) this.#takeTurn();
  }

  send(bytes: Uint8Array): void {
    if (this.isOpen && !this.#port.write(bytes)) this.#close('stuck');
  }

  /** The other side has gone, or it is closed from here: nothing comes of it any more. */
  end(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#cancelRest();
    this.#cancelIdle();
    this.#cancelTurn();
    this.#stream.expire();
  }

  close(): void {
    this.end();
    this.#port.close();
  }

  #close(reason: 'idle' | 'stuck' | 'babble'): void {
    this.#counts[reason]++;
    this.close();
  }

  #takeTurn(): void {
    this.#hasMore = false;
    let waitMs = 0;
    for (let taken = 0; taken < FRAMES_A_TURN && waitMs === 0; taken++) {
      const frame = this.#stream.next();
      if (frame === undefined) {
        this.#port.resume();
        this.#awaitRest();
        if (this.#options.idleMs !== undefined && this.#garbage > MOST_GARBAGE) this.#close('babble');
        return;
      }
      this.#garbage = this.#stream.waiting;
      this.lastAt = this.#wire.tick();
      this.#desk.take(frame, this);
      if (!this.isOpen) return;
      waitMs = this.#pace.waitMs(this.lastAt);
    }
    this.#port.pause();
    this.#hasMore = true;
    this.#cancelTurn = this.#later(waitMs);
  }

  /** The next turn: after the others have had theirs, or when the pace allows it. */
  #later(waitMs: number): () => void {
    if (waitMs > 0) return this.#wire.after(Math.ceil(waitMs), () => this.#takeTurn());
    const turn = setImmediate(() => this.#takeTurn());
    return () => clearImmediate(turn);
  }

  #awaitRest(): void {
    this.#cancelRest();
    if (this.#stream.isUnfinished) this.#cancelRest = this.#wire.after(REST_MS, () => this.#stream.expire());
  }

  #awaitIdle(idleMs: number): void {
    const left = this.lastAt + idleMs - this.#wire.tick();
    if (left <= 0) this.#close('idle');
    else this.#cancelIdle = this.#wire.after(left, () => this.#awaitIdle(idleMs));
  }
}
