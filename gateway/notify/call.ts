import type { Sent } from './channels/channel.ts';
import { CHANNEL_FAULTS } from './channels/faults.ts';

/** Who is to be told what, as routing says. */
export interface WantedCall {
  readonly to: Whom;
  /** Ids of channels in their order: one that fails hands over to the next. */
  readonly channels: readonly string[];
  /**
   * What it is for, in one word that is the same whenever it is asked: `raised`, `escalated:2`, `dispatched:…`; `raised:unheeded`
   * to those who come after a reminder, `unreached:2` to those above a tier of which nobody could be reached.
   */
  readonly step: string;
  /** The tier of escalation that it belongs to, from 1. */
  readonly tier: number;
  /** Smoke or red: goes first and waits for no quiet hours. */
  readonly urgent: boolean;
  /** Not before then, UTC ms: quiet hours, or time to put it right. */
  readonly notBefore: number | null;
}

export interface Whom {
  /** `nobody`: somebody ought to be told, and no tier has anybody. */
  readonly kind: 'person' | 'group' | 'nobody';
  readonly id: string;
}

/**
 * One message to one person or group, from being wanted until it has been sent, with what is stored of it (DESIGN.md,
 * section 4.4). It is of one entry of the log, so that it is wanted once, however often that is read.
 */
export interface Call extends WantedCall {
  /** The entry that it is for. */
  readonly sequence: number;
  /** The alarm, or the incident, that it is about. */
  readonly alarm: string;
  /**
   * `sending` is stored before the request is made; `sent` waits for receipts, where the channel gives any; `delivered` may be
   * replied to.
   */
  readonly state: 'wanted' | 'sending' | 'sent' | 'delivered';
  /** Which of `channels` has it now. */
  readonly channel: number;
  /** Requests made to that one, and to all. */
  readonly triesHere: number;
  readonly tries: number;
  /** How often all of `channels` have had their turn; left out: never. */
  readonly rounds?: number;
  /** It was told once that every channel has had its turn, and none has taken it; left out: it was not. */
  readonly isGivenUp?: true;
  /** An earlier request may have reached its receiver: what is sent from now on says so. */
  readonly repeated: boolean;
  readonly receipt: string | null;
  /** UTC ms. */
  readonly wantedAt: number;
  readonly sentAt: number | null;
}

export const callKey = ({ sequence, to }: Pick<Call, 'sequence' | 'to'>): string => `${sequence}:${to.kind}:${to.id}`;

export const wanted = (call: WantedCall, sequence: number, alarm: string, at: number): Call => ({
  ...call,
  ...{ sequence, alarm, state: 'wanted', channel: 0, triesHere: 0, tries: 0, repeated: false, receipt: null },
  ...{ wantedAt: at, sentAt: null },
});

/** What happens to a call. `now`: UTC ms. */
export type CallInput =
  /** Its request is about to be made. */
  | { readonly kind: 'begun' }
  | { readonly kind: 'answered'; readonly sent: Sent; readonly now: number }
  /** A receipt that came after it was sent. */
  | { readonly kind: 'delivered' }
  | { readonly kind: 'undelivered'; readonly code: string }
  /** By no channel: whom it names is gone, or it cannot be put into words. */
  | { readonly kind: 'impossible'; readonly code: string; readonly reason: string }
  /** The process began anew. */
  | { readonly kind: 'restarted' };

/** What is told of it, as an entry of the log: `city.gengfu.call.sent` and the like. */
export interface CallTold {
  readonly step: 'sent' | 'delivered' | 'failed';
  /** By which channel. */
  readonly channel: string;
  readonly code: string | null;
  readonly reason: string | null;
  /** With this failure every channel has had its turn, and none has taken it; once a call. */
  readonly isLast: boolean;
}

export interface CallStep {
  /** Null: done with. */
  readonly call: Call | null;
  readonly told: readonly CallTold[];
  /** How long to wait before it is tried again, ms of real time. */
  readonly waitMs: number;
}

/** How often one channel is asked before the next one is. */
const TRIES_OF_A_TURN = 5;
/** A channel that answers nothing is asked so often: each time a message may have come. */
const MOST_UNKNOWN = 3;
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;

/**
 * What becomes of a call. It is tried until it has gone out, was refused by every channel, or is needed no more, which is not
 * asked here. One that is urgent waits for no channel that asks for time, where there is another.
 */
export function stepCall(call: Call, input: CallInput): CallStep {
  switch (input.kind) {
    case 'begun':
      return still({ ...call, state: 'sending', triesHere: call.triesHere + 1, tries: call.tries + 1 });
    case 'restarted':
      // What was stored as being sent may have gone out.
      return still(call.state === 'sending' ? { ...call, state: 'wanted', repeated: true } : call);
    case 'delivered':
      if (call.state === 'delivered') return still(call);
      return { call: { ...call, state: 'delivered' }, told: [tell(call, 'delivered')], waitMs: 0 };
    case 'undelivered':
      return call.state === 'sent' ? without(call, input.code, null) : still(call);
    case 'impossible':
      return { call: null, told: [failed(call, input.code, input.reason, true)], waitMs: 0 };
    case 'answered':
      return answered(call, input.sent, input.now);
    default:
      return input satisfies never;
  }
}

function answered(call: Call, sent: Sent, now: number): CallStep {
  switch (sent.status) {
    case 'delivered':
      return { call: null, told: [tell(call, 'sent'), tell(call, 'delivered')], waitMs: 0 };
    case 'accepted': {
      const kept = { ...call, state: 'sent' as const, receipt: sent.receipt, sentAt: now };
      return { call: sent.receipt === null ? null : kept, told: [tell(call, 'sent')], waitMs: 0 };
    }
    case 'rejected':
      return without(call, sent.code, sent.message);
    case 'unknown': {
      const again: Call = { ...call, repeated: true };
      if (sent.code === CHANNEL_FAULTS.cancelled) return tookBack(again);
      const isWorn = call.triesHere >= MOST_UNKNOWN;
      return isWorn ? without(again, sent.code, sent.message) : retry(again, sent.code, sent.message, null);
    }
    case 'later':
      if (sent.code === CHANNEL_FAULTS.cancelled) return tookBack(call);
      return retry(call, sent.code, sent.message, sent.retryMs);
    default:
      return sent satisfies never;
  }
}

/** By us: the site has changed, or the process ends. It is no failure of the channel, which has its turn again. */
const tookBack = (call: Call): CallStep => ({
  call: { ...call, state: 'wanted', triesHere: Math.max(0, call.triesHere - 1) },
  told: [],
  waitMs: FIRST_WAIT_MS,
});

/** Never by this channel: the next one gets it; without one it has failed. */
function without(call: Call, code: string, reason: string | null): CallStep {
  const channels = call.channels.filter((_, index) => index !== call.channel);
  const isRoundOver = call.channel >= channels.length;
  const isLast = isRoundOver && call.isGivenUp !== true;
  const told = [failed(call, code, reason, isLast)];
  if (channels.length === 0) return { call: null, told, waitMs: 0 };
  const next = moved({ ...call, channels, ...given(isLast) }, isRoundOver ? 0 : call.channel, isRoundOver);
  return { call: next, told, waitMs: 0 };
}

/** By this channel again, or by the next when it had its turns: an urgent call gives each but one. */
function retry(call: Call, code: string, reason: string, retryMs: number | null): CallStep {
  const { channels, channel, triesHere } = call;
  const isRoundOver = channel === channels.length - 1;
  const isFirstFailure = triesHere === 1 && roundsOf(call) === 0;
  // Also where the first failure was not seen, for the process was killed while it was being sent.
  const isLast = isRoundOver && call.isGivenUp !== true;
  const told = isFirstFailure || isLast ? [failed(call, code, reason, isLast)] : [];
  const failing: Call = { ...call, ...given(isLast) };
  const isTurnOver = channels.length > 1 && triesHere >= (call.urgent ? 1 : TRIES_OF_A_TURN);
  if (!isTurnOver) return { call: { ...failing, state: 'wanted' }, told, waitMs: waitOf(triesHere, retryMs) };
  const next = moved(failing, isRoundOver ? 0 : channel + 1, isRoundOver);
  return { call: next, told, waitMs: isRoundOver ? waitOf(roundsOf(next), null) : 0 };
}

const given = (isUp: boolean): Pick<Call, 'isGivenUp'> => (isUp ? { isGivenUp: true } : {});

const roundsOf = ({ rounds = 0 }: Call): number => rounds;

const moved = (call: Call, channel: number, isRoundOver: boolean): Call => ({
  ...call,
  ...{ state: 'wanted', channel, triesHere: 0, receipt: null, sentAt: null },
  rounds: roundsOf(call) + (isRoundOver ? 1 : 0),
});

const still = (call: Call): CallStep => ({ call, told: [], waitMs: 0 });

const waitOf = (tries: number, asked: number | null): number =>
  Math.min(LONGEST_WAIT_MS, asked ?? FIRST_WAIT_MS * 2 ** Math.min(10, Math.max(0, tries - 1)));

const tell = (call: Call, step: CallTold['step']): CallTold => ({
  ...{ step, channel: channelOf(call), code: null, reason: null, isLast: false },
});

const failed = (call: Call, code: string, reason: string | null, isLast: boolean): CallTold => ({
  ...{ step: 'failed', channel: channelOf(call), code, reason, isLast },
});

/** The channel that has it now. */
export const channelOf = ({ channels, channel }: Pick<Call, 'channels' | 'channel'>): string => channels[channel] ?? '';

/** It has gone out, or there is a channel that has not had its turn. */
export const isStillOn = ({ state, isGivenUp }: Call): boolean =>
  state === 'sent' || state === 'delivered' || isGivenUp !== true;
