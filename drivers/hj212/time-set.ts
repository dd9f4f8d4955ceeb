import { COMMANDS } from './answers.ts';
import { type Frame, fieldOf } from './frame.ts';

/** On mobile networks (HJ 212-2017, 6.2.2): so long for an answer, and so many tries after the first. */
const ANSWER_MS = 10_000;
const RETRIES = 3;

/** A request that sets an instrument's clock and is not through yet. */
export interface TimeSet {
  readonly phase: 'asked' | 'accepted';
  /** QNs of its tries. A try has the time of its own sending, so it is another request, and any of them may be answered. */
  readonly qns: readonly string[];
  /** Tick at which it is tried again or given up. */
  readonly dueAt: number;
}

export type TimeSetOutcome = 'done' | 'refused' | 'failed' | 'unanswered';

export interface TimeSetStep {
  readonly state: TimeSet | undefined;
  /** The QN of a request that is to be sent. */
  readonly ask?: string;
  readonly outcome?: TimeSetOutcome;
}

export type TimeSetInput =
  | { readonly kind: 'begin'; readonly qn: string }
  | { readonly kind: 'due'; readonly qn: string }
  | { readonly kind: 'answer'; readonly frame: Frame };

/** request → 9011 → 9012 (HJ 212-2017, 6.6.1); a 9012 without its 9011 will do. */
export function stepTimeSet(state: TimeSet | undefined, input: TimeSetInput, tick: number): TimeSetStep {
  switch (input.kind) {
    case 'begin':
      return state === undefined ? ask([], input.qn, tick) : { state };
    case 'due':
      if (state === undefined || tick < state.dueAt) return { state };
      if (state.phase === 'asked' && state.qns.length <= RETRIES) return ask(state.qns, input.qn, tick);
      return { state: undefined, outcome: 'unanswered' };
    case 'answer':
      return state === undefined ? { state } : answer(state, input.frame, tick);
    default:
      return input satisfies never;
  }
}

const ask = (qns: readonly string[], qn: string, tick: number): TimeSetStep => ({
  state: { phase: 'asked', qns: [...qns, qn], dueAt: tick + ANSWER_MS },
  ask: qn,
});

function answer(state: TimeSet, frame: Frame, tick: number): TimeSetStep {
  // The 2005 edition has the QN that it answers in the CP.
  const qn = fieldOf(frame, 'QN') ?? frame.qn;
  if (qn === undefined || !state.qns.includes(qn)) return { state };
  if (frame.cn === COMMANDS.result) {
    return { state: undefined, outcome: fieldOf(frame, 'ExeRtn') === '1' ? 'done' : 'failed' };
  }
  if (frame.cn !== COMMANDS.requestReply) return { state };
  if (fieldOf(frame, 'QnRtn') !== '1') return { state: undefined, outcome: 'refused' };
  return { state: { ...state, phase: 'accepted', dueAt: tick + ANSWER_MS } };
}
