import type { Alarm } from './alarm.ts';

/** What a person or an upstream asks: the one noun that flows backwards. */
export type Action =
  | {
      readonly kind: 'acknowledge';
      /** The alarm's id, or its key `rule@device/point` for the one that is open. */
      readonly alarm: string;
      readonly by: string;
      readonly note?: string | undefined;
    }
  | {
      readonly kind: 'note';
      readonly alarm: string;
      readonly by: string;
      readonly note: string;
    };

/** The answer to an action. `done` is said only after it is durable. */
export type Receipt =
  | { readonly status: 'done'; readonly alarm: Alarm }
  /** It was so already; nothing was written. */
  | { readonly status: 'unchanged'; readonly alarm: Alarm }
  | { readonly status: 'refused'; readonly code: 'no-such-alarm' | 'closed' | 'not-durable'; readonly message: string };
