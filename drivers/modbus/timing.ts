import { z } from 'zod';
import { durationLike } from '../duration.ts';

export const duration = durationLike('500ms');

/** How long an answer is waited for, beyond what its bytes take. */
export const timeout = duration.refine((ms) => ms >= 1 && ms <= 60_000, 'from 1ms to 60s');

/** How devices want to be asked: each may be said of a link, of a model, and of one device, which goes first. */
export const timing = {
  /** How often a request that is not answered is repeated within its poll. */
  retries: z.int().min(0).max(3).optional(),
  /** A device's rest after each of its replies before it is asked again. */
  turnaround: duration.refine((ms) => ms <= 10_000, 'at most 10s').optional(),
  /** The longest silence within a frame that an adapter or a serial server makes. */
  byteGap: duration.refine((ms) => ms <= 1000, 'at most 1s').optional(),
};
