import type { Message, Recipient, Sent } from '../channel.ts';

/** What a robot's request is made of. */
export interface RobotText {
  readonly text: string;
  readonly recipients: readonly Recipient[];
  /** UTC milliseconds: part of the signature. */
  readonly at: number;
}

/** What tells the robots of the three companies apart; the rest is the same. Pure. */
export interface Robot<Options> {
  readonly kind: string;
  /** Of the text, in UTF-8. */
  readonly mostBytes: number;
  /** How long it takes nothing once it was sent too much. */
  readonly blockedMs: number;
  /** Codes of a 200 that say too much was sent. */
  readonly limitCodes: ReadonlySet<number>;
  /** Codes of a 200 that say it may be tried again. */
  readonly laterCodes: ReadonlySet<number>;
  encode(options: Options, text: RobotText): { readonly url: string; readonly body: object };
  /** 0 for success; undefined where it is no answer of such a robot. */
  codeOf(answer: Readonly<Record<string, unknown>>): { readonly code: number; readonly text: string } | undefined;
}

export interface Waiting {
  readonly message: Message;
  readonly recipients: readonly Recipient[];
  readonly done: (sent: Sent) => void;
}

/** A field of an answer that is a number. */
export const numberIn = (answer: Readonly<Record<string, unknown>>, field: string): number | undefined => {
  const value = answer[field];
  return typeof value === 'number' ? value : undefined;
};

export const textIn = (answer: Readonly<Record<string, unknown>>, field: string): string => {
  const value = answer[field];
  return typeof value === 'string' ? value : '';
};

/** Ids that can be put into a text that names people; others could say something else there, and `all` would ring for everybody. */
const USER = /^(?!all$|@all$)[\w.@-]{1,64}$/i;

export const usersOf = (recipients: readonly Recipient[]): string[] =>
  recipients.flatMap(({ user }) => (user !== null && USER.test(user) ? [user] : []));

export const phonesOf = (recipients: readonly Recipient[]): string[] =>
  recipients.flatMap(({ phone }) => (phone !== null && /^\+?\d{5,15}$/.test(phone) ? [phone] : []));
