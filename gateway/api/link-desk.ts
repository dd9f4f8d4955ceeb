import { Fault } from '#kit/fault.ts';
import type { Receipt } from '../alarms/action.ts';
import type { Alarm } from '../alarms/alarm.ts';

export const LINK_STEPS = ['accept', 'refuse', 'arrive', 'resolve'] as const;
export type LinkStep = (typeof LINK_STEPS)[number];

/** What somebody without an account sees by his one-time link: his alarm, and no other. */
export interface LinkView {
  readonly person: string;
  readonly language: 'zh' | 'en';
  readonly title: string;
  readonly text: string;
  /** What to do, from the card. */
  readonly card: readonly string[];
  /** Others were sent after him, or he has refused. */
  readonly isReplaced: boolean;
  /** The steps that he can take now. */
  readonly steps: readonly LinkStep[];
  /** `dispatched`, `arrived` …; null where nobody was sent. */
  readonly stage: string | null;
  readonly closed: boolean;
  /** UTC ms. */
  readonly expiresAt: number;
  readonly alarm: Alarm;
}

/** Why a link is worth nothing: nobody made it, its time is over, its alarm is closed, or its person is gone from the list. */
export type LinkEnd = 'unknown' | 'expired' | 'closed' | 'nobody';

/** Of one that is worth nothing. */
export const linkGone = (): Fault =>
  new Fault('link-gone', 'This link is used up or too old.', { hint: 'Ask the duty desk for a new one.' });

export interface LinkAnswer {
  readonly step: LinkStep;
  readonly note?: string | undefined;
  readonly at?: [number, number] | undefined;
  readonly photo?: string | undefined;
}

/** One-time links of responders; every one is bound to an alarm and a person, and ends by itself. */
export interface LinkDesk {
  /** Null for a token that is not known, or too old. */
  find(token: string): LinkView | null;
  /** Why `find` gave nothing. */
  endOf(token: string): LinkEnd;
  /** Throws a Fault `link-gone`. */
  act(token: string, answer: LinkAnswer, from: string): Promise<Receipt>;
  /** A picture from the spot; gives its name. Throws a Fault `link-gone`, `not-a-photo`, `too-many-photos`. */
  photo(token: string, bytes: Uint8Array): Promise<string>;
}
