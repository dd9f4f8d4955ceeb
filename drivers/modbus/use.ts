import { type Request, requestBytes } from './pdu.ts';
import type { PollPlan } from './plan.ts';
import { silenceMs } from './rtu.ts';

/** How long a request takes its link, beside what the device needs. */
export interface Pace {
  /** Of one byte on the wire; 0 where the wire does not count. */
  readonly byteMs: number;
  /** Silence before a request, and again before its reply. */
  readonly silenceMs: number;
  /** What devices commonly take to answer. */
  readonly replyMs: number;
  /** Requests in flight at a time. */
  readonly window: number;
}

/** What devices commonly take to answer, by the way to them, ms. A figure to plan with, not measured. */
const REPLY_MS = { serial: 20, tcp: 3, bridge: 30, mobile: 300 } as const;

interface SerialWire {
  readonly baud: number;
  readonly parity?: string;
  readonly dataBits?: number;
  readonly stopBits?: number;
  readonly gap?: number;
}

/** The pace of a link with those options. */
export function paceOf(options: SerialWire | { readonly window: number }): Pace {
  if ('window' in options) return { byteMs: 0, silenceMs: 0, replyMs: REPLY_MS.tcp, window: options.window };
  const { baud, parity = 'none', dataBits = 8, stopBits = 1, gap = 0 } = options;
  const bits = 1 + dataBits + (parity === 'none' ? 0 : 1) + stopBits;
  const replyMs = 'listen' in options ? REPLY_MS.mobile : 'host' in options ? REPLY_MS.bridge : REPLY_MS.serial;
  return { byteMs: (bits * 1000) / baud, silenceMs: silenceMs(baud) + gap / 2, replyMs, window: 1 };
}

/** Unit, check sum; of a reply also function and count. */
const REQUEST_FRAME = 3;
const REPLY_FRAME = 5;

/** Milliseconds of a link that a request and its right reply take. */
export const requestMs = (request: Request, { byteMs, silenceMs, replyMs }: Pace): number =>
  (REQUEST_FRAME + requestBytes(request) + REPLY_FRAME + request.dataBytes) * byteMs + 2 * silenceMs + replyMs;

/** The share of a link's time that one device's polls need. */
export const shareOf = (plans: readonly PollPlan[], pace: Pace): number => ownShareOf(plans, pace, 0) / pace.window;

/**
 * The share of its own time that a device needs for its polls: it is asked one question at a time, and rests for
 * `turnaroundMs` after each reply, while others are asked.
 */
export const ownShareOf = (plans: readonly PollPlan[], pace: Pace, turnaroundMs: number): number =>
  plans.reduce((sum, { blocks, everyMs }) => {
    const ms = blocks.reduce((all, { request }) => all + requestMs(request, pace) + turnaroundMs, 0);
    return sum + ms / everyMs;
  }, 0);

const SLICES = 12;
const SLICE_MS = 5000;

/** What was used of a link, and how many polls were missed, over the last minute. Pure: ticks are handed in. */
export class UseMeter {
  readonly #used = new Float64Array(SLICES);
  readonly #due = new Float64Array(SLICES);
  readonly #missed = new Float64Array(SLICES);
  readonly #beganAt: number;
  #slice: number;

  constructor(tick: number) {
    this.#beganAt = tick;
    this.#slice = Math.floor(tick / SLICE_MS);
  }

  used(tick: number, ms: number): void {
    const at = this.#at(tick);
    this.#used[at] = (this.#used[at] ?? 0) + ms;
  }

  due(tick: number, polls: number, missed: number): void {
    const at = this.#at(tick);
    this.#due[at] = (this.#due[at] ?? 0) + polls;
    this.#missed[at] = (this.#missed[at] ?? 0) + missed;
  }

  /** 0 to 1, of one request in flight. */
  share(tick: number): number {
    this.#at(tick);
    const since = Math.max(this.#beganAt, (this.#slice - SLICES + 1) * SLICE_MS);
    return Math.min(sum(this.#used) / Math.max(tick - since, 1), 1);
  }

  /** More than one poll in twenty came too late, and not for once. */
  isBehind(tick: number): boolean {
    this.#at(tick);
    const missed = sum(this.#missed);
    return missed >= 5 && missed > 0.05 * sum(this.#due);
  }

  #at(tick: number): number {
    const slice = Math.floor(tick / SLICE_MS);
    for (let gone = Math.min(slice - this.#slice, SLICES); gone > 0; gone--) {
      const at = (slice - gone + 1) % SLICES;
      this.#used[at] = 0;
      this.#due[at] = 0;
      this.#missed[at] = 0;
    }
    this.#slice = Math.max(slice, this.#slice);
    return this.#slice % SLICES;
  }
}

const sum = (values: Float64Array): number => values.reduce((all, value) => all + value, 0);
