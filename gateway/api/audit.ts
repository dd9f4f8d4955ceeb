import type { FastifyRequest } from 'fastify';
import { textOf } from '#kit/fault.ts';
import type { ActionDeed } from './action-rights.ts';
import type { ApiContext } from './context.ts';

export type AuditedDeed =
  | ActionDeed
  | 'signed-in'
  | 'sign-in-refused'
  | 'signed-out'
  | 'invitation-made'
  | 'invitation-taken'
  | 'password-changed'
  | 'password-refused'
  | 'user-added'
  | 'user-removed'
  | 'output-set'
  | 'output-released'
  | 'channel-tested'
  | 'duty-handed-over'
  | 'duty-mode'
  | 'duty-logged'
  | 'job-started'
  | 'job-stopped'
  | 'alarm-photo-added';

/** Adds a line to the audit trail, at the site's time: who did what, from which address. Resolves when it is stored. */
export function audit(
  context: Pick<ApiContext, 'accounts' | 'clock'>,
  who: string,
  what: AuditedDeed,
  request?: FastifyRequest,
  detail?: object,
): Promise<void> {
  return context.accounts.audit({
    at: context.clock.now(),
    who,
    what,
    ...(request === undefined ? {} : { from: request.ip }),
    ...(detail === undefined ? {} : { detail }),
  });
}

/** As `audit`, where the answer must not wait for a disk that takes nothing: the line is stored when it can be. */
export function auditLater(
  context: Pick<ApiContext, 'accounts' | 'clock' | 'log'>,
  ...line: [who: string, what: AuditedDeed, request: FastifyRequest, detail?: object]
): void {
  audit(context, ...line).catch((error: unknown) => {
    context.log.error({ what: line[1], error: textOf(error) }, 'audit line not stored');
  });
}
