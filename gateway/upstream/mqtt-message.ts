import type { Trust } from '#kit/clock.ts';
import type { Entry } from '../ledger/ledger.ts';
import type { Message } from './mqtt-session.ts';

const eventsTopic = (gateway: string): string => `gengfu/v1/${gateway}/events`;
const statusTopic = (gateway: string): string => `gengfu/v1/${gateway}/status`;

/** An entry as it goes up: the very bytes that are stored, so that their chain can be checked by anyone. */
export const eventMessage = (gateway: string, { sequence, json }: Entry): Message => ({
  topic: eventsTopic(gateway),
  payload: json,
  retain: false,
  properties: { contentType: 'application/cloudevents+json', userProperties: { sequence: String(sequence) } },
});

/** What the retained status says. In the last will `clock`, `backlog` and `at` are null: nobody knows them then. */
export interface StatusPayload {
  readonly state: 'online' | 'offline';
  readonly gateway: string;
  /** Of the program. */
  readonly version: string;
  readonly clock: Trust | null;
  /** Entries not yet acknowledged by this upstream. */
  readonly backlog: number | null;
  /** RFC 3339 in UTC: when this was said. */
  readonly at: string | null;
}

export const statusMessage = (status: StatusPayload): Message => ({
  topic: statusTopic(status.gateway),
  payload: JSON.stringify(status),
  retain: true,
  properties: { contentType: 'application/json' },
});
