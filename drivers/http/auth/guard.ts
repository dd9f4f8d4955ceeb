import type { Answer } from '../answer.ts';
import type { BodyFlaw, Message } from '../parse-body.ts';
import type { PushRequest } from '../push-request.ts';

/** What a guard says of one push. */
export type Verdict =
  | {
      readonly is: 'let-in';
      /** What stands for this very push: the same again is answered as the first was, and has no effect. */
      readonly once?: string;
      /** When it was signed, as the sender says, where the signature is over that too; UTC milliseconds. */
      readonly signedAt?: number | undefined;
      /** `once` is of this run of the gateway: another one refuses it in any case. */
      readonly isOfThisRun?: true;
      /** What is left of the path for who sends: a guard may take a part of it. */
      readonly rest?: readonly string[];
      /** The message itself, or what is wrong with it, where the guard's own envelope is around it. */
      readonly message?: Message | BodyFlaw;
    }
  /** Answered by the guard itself, such as a cloud's test of the address. */
  | { readonly is: 'answered'; readonly answer: Answer }
  /** `old`: rightly signed, and not of now. */
  | {
      readonly is: 'refused';
      readonly why: 'credentials' | 'signature' | 'old';
      readonly headers?: Readonly<Record<string, string>>;
    };

/** What is known of the time, UTC milliseconds. */
export interface KnownTime {
  /** The box's time; undefined while nobody knows it. */
  readonly now: number | undefined;
  /** It has certainly been that time already; undefined if nothing is known of that either. */
  readonly provenAt: number | undefined;
}

/** Who may push on one link. Every comparison of a secret takes the same time whatever is wrong. */
export interface Guard {
  /** Whether the body is needed to say it; else it is asked before the body is read (with none), and no stranger costs memory. */
  readonly needsBody: boolean;
  check(request: PushRequest, body: Buffer, time: KnownTime): Verdict;
}

export const LET_IN: Verdict = { is: 'let-in' };
