import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { KeptClock } from './kept-clock.ts';

/** The command `time` of an upstream: the platform's time, and what it was asked with. */
const command = z.strictObject({
  at: z.union([z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)), z.number()]),
  nonce: z.string().max(100).optional(),
});

export type TimeReply =
  | { readonly status: 'ask'; readonly nonce: string; readonly withinMs: number }
  | { readonly status: 'set' | 'confirmed' | 'unneeded' }
  | { readonly status: 'refused'; readonly code: string; readonly message: string };

/** An answer that took longer says too little. */
const WITHIN_MS = 10_000;

/**
 * Takes the platform's time (DESIGN 4.4). A command may have lain in a broker for hours, so none is believed at once: it is
 * answered with a number, and the time that comes with that number was told after it, thus is off by that long at most.
 */
export class TimeCommand {
  readonly #clock: KeptClock;
  #asked: { readonly nonce: string; readonly tick: number } | null = null;

  constructor(clock: KeptClock) {
    this.#clock = clock;
  }

  take(payload: unknown): TimeReply {
    const clock = this.#clock;
    const read = command.safeParse(payload);
    if (!read.success) {
      const errors = read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
      return { status: 'refused', code: 'time-invalid', message: errors.join('; ') };
    }
    if (!clock.isWanting) return { status: 'unneeded' };
    const { at, nonce } = read.data;
    const asked = this.#asked;
    const tick = clock.tick();
    if (asked === null || nonce !== asked.nonce || tick - asked.tick > WITHIN_MS) {
      this.#asked = { nonce: randomUUID(), tick };
      return { status: 'ask', nonce: this.#asked.nonce, withinMs: WITHIN_MS };
    }
    this.#asked = null;
    // Told somewhere between the question and now.
    const accuracyMs = (tick - asked.tick) / 2;
    return clock.offer({ source: 'platform', at, line: tick - accuracyMs, accuracyMs });
  }
}
