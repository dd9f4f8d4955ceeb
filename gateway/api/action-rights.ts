import type { Action } from '../alarms/action.ts';
import type { Role } from '../ledger/accounts.ts';
import { ACKNOWLEDGERS, INSTALLERS, RESPONDERS } from './access.ts';

/** Who has the say over what people are called for, and over who is sent. */
const DUTY: readonly Role[] = ['duty', 'admin'];

interface Right {
  readonly may: readonly Role[];
  /** As the audit trail names it. */
  readonly deed: `alarm-${string}` | `device-${string}`;
  readonly summary: string;
}

/** Who may do what people do about alarms and devices: the same by every way that it is asked. */
export const ACTION_RIGHTS = {
  acknowledge: { may: ACKNOWLEDGERS, deed: 'alarm-acknowledged', summary: 'Acknowledge: it was seen' },
  note: { may: RESPONDERS, deed: 'alarm-noted', summary: 'Add a note' },
  reset: { may: DUTY, deed: 'alarm-reset', summary: 'Let a latched alarm go whose cause is gone' },
  shelve: {
    may: DUTY,
    deed: 'alarm-shelved',
    summary: 'Shelve: nobody is called for it for a time, or until it has returned once; never smoke or gas',
  },
  unshelve: { may: DUTY, deed: 'alarm-unshelved', summary: 'End its shelf' },
  dispatch: { may: DUTY, deed: 'alarm-dispatched', summary: 'Send somebody' },
  accept: { may: RESPONDERS, deed: 'alarm-accepted', summary: 'Accept what one was sent for' },
  refuse: { may: RESPONDERS, deed: 'alarm-refused', summary: 'Refuse it (退单), with the reason' },
  arrive: { may: RESPONDERS, deed: 'alarm-arrived', summary: 'Be at the spot' },
  resolve: { may: RESPONDERS, deed: 'alarm-resolved', summary: 'It was dealt with' },
  verify: { may: DUTY, deed: 'alarm-verified', summary: 'Look at what was done (复核); what failed is done again' },
  verdict: { may: DUTY, deed: 'alarm-verdict', summary: 'Say what it turned out to be (研判)' },
  pause: { may: DUTY, deed: 'alarm-paused', summary: 'Stop the clock of its response, with a reason and an end' },
  resume: { may: DUTY, deed: 'alarm-resumed', summary: 'Let its clock run on' },
  'out-of-service': {
    may: INSTALLERS,
    deed: 'device-out-of-service',
    summary: 'A device, or one of its points, is out of service: what it raises is recorded and nobody is called',
  },
  'in-service': { may: INSTALLERS, deed: 'device-in-service', summary: 'It is in service again' },
  'work-order': {
    may: INSTALLERS,
    deed: 'device-work-order',
    summary:
      'A device is opened or worked on under an order: what it raises meanwhile is suppressed; never smoke or gas',
  },
  'end-work-order': { may: INSTALLERS, deed: 'device-work-order-ended', summary: 'The work is done' },
} as const satisfies Readonly<Record<Action['kind'], Right>>;

export type ActionDeed = (typeof ACTION_RIGHTS)[Action['kind']]['deed'];
