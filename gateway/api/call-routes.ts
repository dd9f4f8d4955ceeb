import { z } from 'zod';
import { ADMINS, SIGNED_IN, sessionOf } from './access.ts';
import type { App } from './app.ts';
import { auditLater } from './audit.ts';
import type { ApiContext } from './context.ts';
import { atShape } from './shapes.ts';

const MOST_LISTED = 1000;

const channelShape = z.object({
  state: z.enum(['ready', 'failing', 'starting']),
  error: z.string().optional(),
  sent: z.number().describe('Since start'),
  failed: z.number(),
  waiting: z.number(),
  warnings: z.array(z.string()).readonly().describe('`sim-cannot-send`, `not-registered`, `rate-limited` …'),
  tokens: z.number().optional().describe('Requests that may go out at once, where the other side limits them'),
  testedAt: atShape.nullable().optional(),
});

const callShape = z.object({
  sequence: z.number().describe('The entry of the log that it is for'),
  alarm: z.string(),
  step: z.string().describe('`raised`, `risen:red`, `escalated:2`, `unreached:2`, `dispatched:…`'),
  to: z.object({ kind: z.enum(['person', 'group']), id: z.string() }),
  tier: z.number(),
  urgent: z.boolean(),
  state: z
    .enum(['wanted', 'sending', 'sent', 'delivered'])
    .describe('`sent` waits for the proof that it came, `delivered` may be replied to'),
  channels: z.array(z.string()).readonly().describe('In their order: one that fails hands over to the next'),
  channel: z.number().describe('Which of them has it'),
  tries: z.number(),
  repeated: z.boolean().describe('An earlier request may have come'),
  wantedAt: atShape,
  notBefore: atShape.nullable(),
  sentAt: atShape.nullable(),
});

/** Who is called now, and by what. Persons are named by their ids alone. */
export function addCallRoutes(app: App, context: ApiContext): void {
  app.get(
    '/api/v1/channels',
    {
      config: { access: SIGNED_IN },
      schema: { summary: 'Channels to people, by id', response: { 200: z.record(z.string(), channelShape) } },
    },
    async () => context.calls.status().channels,
  );

  app.get(
    '/api/v1/calls',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'Calls that are not done with, in the order of their entries',
        response: {
          200: z.object({
            calls: z.array(callShape),
            waiting: z.number(),
            sending: z.number(),
            backlog: z.number().describe('Entries that were not looked at yet'),
            refused: z.number().describe('Since start, because too many stood'),
          }),
        },
      },
    },
    async () => {
      const { waiting, sending, backlog, refused } = context.calls.status();
      const calls = [...context.calls.calls].slice(0, MOST_LISTED);
      return { calls: calls.map((call) => ({ ...call })), waiting, sending, backlog, refused };
    },
  );

  app.post(
    '/api/v1/channels/:id/test',
    {
      config: { access: ADMINS },
      schema: {
        summary: 'Send a real message that says that it is a test',
        params: z.object({ id: z.string() }),
        body: z.object({ person: z.string().describe('Id of a contact') }),
        response: { 200: z.object({ status: z.string(), message: z.string().nullable() }) },
      },
    },
    async (request) => {
      const { account: by } = sessionOf(request);
      const { id } = request.params;
      const answer = await context.calls.test(id, request.body.person, by);
      auditLater(context, by, 'channel-tested', request, { channel: id, person: request.body.person });
      return answer;
    },
  );
}
