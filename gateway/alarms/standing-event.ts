import type { Trust } from '#kit/clock.ts';
import type { EntryDraft } from './alarm-event.ts';

/** What the log is told of a device, or of an alarm's key, beside the events of the alarms that are open. */
export const STANDING_TYPES = {
  shelved: 'city.gengfu.shelf.set',
  unshelved: 'city.gengfu.shelf.ended',
  outOfService: 'city.gengfu.device.out-of-service',
  inService: 'city.gengfu.device.in-service',
  workOrder: 'city.gengfu.device.work-order',
  workOrderEnded: 'city.gengfu.device.work-order-ended',
} as const;

export interface StandingData {
  /** A device, a point `device/point`, or an alarm's key `rule@device/point`. */
  readonly on: string;
  /** Who did it; null: it ended by itself. */
  readonly by: string | null;
  readonly note: string | null;
  /** Why, where it is not a person's doing: `expired`, `returned`, `level`. */
  readonly reason: string | null;
  readonly owner: string | null;
  readonly order: string | null;
  /** RFC 3339. */
  readonly until: string | null;
  readonly once: boolean | null;
  readonly clock: Trust;
}

const NOT_SAID: Omit<StandingData, 'on' | 'clock'> = {
  by: null,
  note: null,
  reason: null,
  owner: null,
  order: null,
  until: null,
  once: null,
};

export const tellStanding = (
  type: keyof typeof STANDING_TYPES,
  at: number,
  said: Pick<StandingData, 'on'> & Partial<StandingData>,
  context: { encodeTime(at: number): string; trust(): Trust },
): EntryDraft<StandingData> => ({
  type: STANDING_TYPES[type],
  subject: said.on,
  time: context.encodeTime(at),
  data: { ...NOT_SAID, ...said, clock: context.trust() },
});
