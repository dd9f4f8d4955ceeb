import type { Clock } from '#kit/clock.ts';
import type { Sent } from '../channel.ts';
import { CHANNEL_FAULTS } from '../faults.ts';
import { delivered, later, rejected, unknown } from '../sent.ts';
import { type CallSign, signOf, stateInList } from './call-line.ts';
import type { Modem } from './modem.ts';
import { MODEM_MAKES, type ModemOptions } from './modem-options.ts';
import { isSimFault } from './modem-start.ts';
import { noModem } from './send-sms.ts';

export interface Call {
  /** As `dialled` gives it. */
  readonly to: string;
  readonly speech: string;
  readonly isUrgent: boolean;
  readonly ringMs: number;
  /** How long it plays, and waits for a key, once it was picked up. */
  readonly listenMs: number;
  readonly make: ModemOptions['make'];
  /** The key that acknowledges; null: any. */
  readonly key: string | null;
  readonly receipt: string;
}

const LOOK_MS = 1000;
/** Text messages that wait go first, for no longer than that. */
const TEXTS_FIRST_MS = 15_000;
const SHORT_MS = 5000;
/** A modem may say how it dialled only when it stopped ringing. */
const MORE_MS = 15_000;
const AGAIN_MS = 60_000;
const TONES = ['1', '5', '9'];

/** Calls once, plays, waits for the key and hangs up. `onKey` is called once, while the call goes on. */
export async function placeCall(
  modem: Modem,
  call: Call,
  wire: Clock,
  signal: AbortSignal,
  onKey: () => void,
): Promise<Sent> {
  if (signal.aborted) return later(CHANNEL_FAULTS.cancelled, 'taken back');
  await modem.withoutTexts(TEXTS_FIRST_MS, signal);
  if (signal.aborted) return later(CHANNEL_FAULTS.cancelled, 'taken back');
  if (!modem.isReady) return noModem(modem);
  if (!modem.isRegistered) return later(CHANNEL_FAULTS.notRegistered, 'the SIM is in no network', AGAIN_MS);
  const signs = new CallSigns(modem, wire, signal);
  try {
    const dialledAt = wire.tick();
    const dial = { text: `ATD${call.to};`, dials: true, timeoutMs: call.ringMs + MORE_MS, isUrgent: call.isUrgent };
    const answer = await modem.ask(dial);
    if (answer.kind === 'refused') return refusedBy(answer.code);
    if (answer.kind === 'lost') {
      return answer.wasSent ? unknown(CHANNEL_FAULTS.modemReset, `it was dialled (${answer.why})`) : noModem(modem);
    }
    const ended = await untilPickedUp(modem, signs, () => call.ringMs - (wire.tick() - dialledAt));
    if (ended !== undefined) return ended;
    await converse(modem, call, signs, wire, onKey);
    return delivered(call.receipt);
  } finally {
    signs.close();
    await hangUp(modem);
  }
}

/** Undefined once it was picked up. */
async function untilPickedUp(modem: Modem, signs: CallSigns, leftMs: () => number): Promise<Sent | undefined> {
  let wasListed = false;
  for (;;) {
    const left = leftMs();
    if (left <= 0) return later(CHANNEL_FAULTS.notPickedUp, 'it rang and nobody picked up', AGAIN_MS);
    const sign = await signs.next(Math.min(LOOK_MS, left));
    if (sign === 'cancelled') return unknown(CHANNEL_FAULTS.cancelled, 'given up while it rang');
    if (sign?.kind === 'picked-up') return undefined;
    if (sign?.kind === 'ended') return endedBy(sign.how);
    if (sign !== undefined) continue;
    const list = await modem.ask({ text: 'AT+CLCC', wanted: /^\+CLCC:/, mayBeNone: true, timeoutMs: SHORT_MS });
    const state = list.kind === 'ok' ? stateInList(list.lines) : 'ringing';
    if (state === 'active') return undefined;
    if (state === null && wasListed) return endedBy('no-carrier');
    wasListed ||= state !== null;
  }
}

/** Plays again and again until the key is pressed, the other side hangs up, or the time is over. */
async function converse(modem: Modem, call: Call, signs: CallSigns, wire: Clock, onKey: () => void): Promise<void> {
  const end = wire.tick() + call.listenMs;
  const { speak } = MODEM_MAKES[call.make];
  const spoken = Buffer.from(call.speech, 'utf16le').swap16().toString('hex').toUpperCase();
  const texts = speak === null ? TONES.map((tone) => `AT+VTS=${tone}`) : [speak(spoken)];
  const pauseMs = speak === null ? LOOK_MS : Math.max(4000, call.speech.length * 300);
  for (let index = 0; wire.tick() < end; index++) {
    const text = texts[index % texts.length] ?? 'AT+VTS=1';
    // A modem that cannot speak after all beeps.
    const answer = await modem.ask({ text, timeoutMs: SHORT_MS, isUrgent: true });
    if (answer.kind === 'lost') return;
    if (answer.kind === 'refused' && speak !== null) await modem.ask({ text: 'AT+VTS=1', timeoutMs: SHORT_MS });
    const pauseEnd = Math.min(end, wire.tick() + pauseMs);
    while (wire.tick() < pauseEnd) {
      const sign = await signs.next(pauseEnd - wire.tick());
      if (sign === 'cancelled' || (sign !== undefined && sign.kind === 'ended')) return;
      if (sign?.kind === 'key' && (call.key === null || call.key === sign.key)) {
        onKey();
        return;
      }
    }
  }
}

/** Signs of the call, kept until they are asked for. */
class CallSigns {
  readonly #wire: Clock;
  readonly #signal: AbortSignal;
  readonly #stop: () => void;
  readonly #signs: CallSign[] = [];
  #wake: (() => void) | undefined;

  constructor(modem: Modem, wire: Clock, signal: AbortSignal) {
    this.#wire = wire;
    this.#signal = signal;
    const wake = () => this.#wake?.();
    signal.addEventListener('abort', wake);
    const stopListening = modem.onLine((line) => {
      const sign = signOf(line);
      if (sign === undefined || this.#signs.length >= 100) return;
      this.#signs.push(sign);
      wake();
    });
    this.#stop = () => {
      stopListening();
      signal.removeEventListener('abort', wake);
    };
  }

  /** Undefined when none came in that time. */
  async next(withinMs: number): Promise<CallSign | 'cancelled' | undefined> {
    if (this.#signs.length === 0 && !this.#signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const cancel = this.#wire.after(withinMs, resolve);
      await promise;
      cancel();
    }
    return this.#signal.aborted ? 'cancelled' : this.#signs.shift();
  }

  close(): void {
    this.#stop();
  }
}

/** Some hang up voice calls by +CHUP only (3GPP TS 27.007, section 6.5). */
async function hangUp(modem: Modem): Promise<void> {
  const answer = await modem.ask({ text: 'ATH', timeoutMs: SHORT_MS, isUrgent: true });
  if (answer.kind === 'refused') await modem.ask({ text: 'AT+CHUP', timeoutMs: SHORT_MS, isUrgent: true });
}

function refusedBy(code: string): Sent {
  if (isSimFault(code)) return rejected(CHANNEL_FAULTS.simCannotSend, `the modem refused to dial: ${code}`);
  return /^(cme|error)/.test(code)
    ? later(CHANNEL_FAULTS.notConnected, `the modem refused to dial: ${code}`, AGAIN_MS)
    : endedBy(code);
}

function endedBy(how: string): Sent {
  if (how === 'closed') return unknown(CHANNEL_FAULTS.modemReset, 'the modem was lost while it rang');
  if (how === 'busy') return later(CHANNEL_FAULTS.busy, 'the number is busy', AGAIN_MS);
  if (how === 'no-answer') return later(CHANNEL_FAULTS.notPickedUp, 'it rang and nobody picked up', AGAIN_MS);
  return later(CHANNEL_FAULTS.notConnected, `the call did not come about (${how})`, AGAIN_MS);
}
