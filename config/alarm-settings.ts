import { z } from 'zod';
import { duration, id } from './fields.ts';

const count = z.int().min(1, 'must be 1 or more').max(1000, 'must be at most 1000');

/** How a site treats alarms beside its rules. The numbers of ISA-18.2 and IEC 62682 where they have one, else project defaults. */
export const alarmSettings = z
  .strictObject({
    shelveAtMost: duration.prefault('8h'),
    workOrderAtMost: duration.prefault('24h'),
    /** So many returns within so long; calmed until it was steady for so long. */
    chatter: z
      .strictObject({
        returns: count.default(3),
        within: duration.prefault('1min'),
        steadyFor: duration.prefault('10min'),
      })
      .prefault({}),
    /** More than so many alarms within so long; it ends when there are fewer than `below`. */
    flood: z
      .strictObject({
        over: count.default(10),
        below: count.default(5),
        within: duration.prefault('10min'),
        /** The response plan by which the incident is to be acknowledged. */
        respond: id.default('standard'),
      })
      .refine(({ over, below }) => below <= over, {
        message: 'must be at most "over": a flood that ends at more than it begins with never does',
        path: ['below'],
      })
      .prefault({}),
    staleAfter: duration.prefault('24h'),
  })
  .transform(({ shelveAtMost, workOrderAtMost, chatter, flood, staleAfter }) => ({
    shelveAtMostMs: shelveAtMost,
    workOrderAtMostMs: workOrderAtMost,
    chatter: { returns: chatter.returns, withinMs: chatter.within, steadyMs: chatter.steadyFor },
    flood: { over: flood.over, below: flood.below, withinMs: flood.within, respond: flood.respond },
    staleAfterMs: staleAfter,
  }));
export type SiteAlarms = z.output<typeof alarmSettings>;
