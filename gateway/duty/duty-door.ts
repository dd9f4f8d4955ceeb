import { z } from 'zod';
import { type DutyDesk, MODES } from '../api/duty-desk.ts';

const text = z.string().trim().min(1).max(1000);

/** What `gengfu duty` asks of a gateway that runs. */
export const DUTY_REQUESTS = [
  z.strictObject({ ask: z.literal('duty') }),
  z.strictObject({ ask: z.literal('duty-hand-over'), to: z.array(z.string()).min(1).max(10), note: text.optional() }),
  z.strictObject({ ask: z.literal('duty-mode'), mode: z.enum(MODES), note: text }),
  z.strictObject({ ask: z.literal('duty-log'), limit: z.int().min(1).max(500) }),
  z.strictObject({
    ask: z.literal('duty-write'),
    entry: z.strictObject({
      kind: z.enum(['first', 'further', 'final', 'note']),
      of: z.int().positive().optional(),
      came: z.enum(['call', 'letter', 'other']).optional(),
      from: z.string().trim().min(1).max(200).optional(),
      text,
    }),
  }),
] as const;
export type DutyRequest = z.output<(typeof DUTY_REQUESTS)[number]>;

export async function answerDuty(asked: DutyRequest, duty: DutyDesk, by: string): Promise<unknown> {
  switch (asked.ask) {
    case 'duty':
      return duty.now();
    case 'duty-hand-over':
      return await duty.handOver(asked.to, asked.note ?? null, by);
    case 'duty-mode':
      return await duty.setMode(asked.mode, asked.note, by);
    case 'duty-log':
      return duty.log(asked.limit);
    case 'duty-write':
      return await duty.write(asked.entry, by);
    default:
      return asked satisfies never;
  }
}
