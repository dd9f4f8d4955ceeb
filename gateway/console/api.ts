import type { Alarm, AlarmState } from '../alarms/alarm.ts';
import type { AlarmData } from '../alarms/alarm-event.ts';
import type { Case } from '../alarms/case.ts';
import type { IncidentData } from '../alarms/incident.ts';
import type { AnswerView, ApiContext, CardView, Health, PointView } from '../api/context.ts';
import type { PeopleView, PlanView, RuleView } from '../api/people-desk.ts';
import { ask, part } from './ask.ts';
import type { AlarmDeed } from './rights.ts';

export type { Answered, Problem } from './ask.ts';

export interface Session {
  readonly name: string;
  readonly role: string;
}

export interface Site {
  readonly gateway: string;
  readonly name: string;
  readonly timeZone: string;
  readonly version: string;
  /** UTC milliseconds of the gateway's clock, which a demo runs faster. */
  readonly now: number;
  /** What is known of that clock. */
  readonly clock: 'synchronised' | 'holding' | 'unknown';
}

/** An alarm as the API lists it: what only the gateway's own clock knows of its response is left out. */
export type ListedAlarm = Omit<Alarm, 'response'> & {
  readonly state?: AlarmState;
  readonly response?: ListedResponse | undefined;
};

type Response = NonNullable<Alarm['response']>;
export type ListedResponse = Omit<Response, 'clocks' | 'paused'> & {
  /** What is waited for; a clock without a time has none, or all its tiers were told. */
  readonly clocks: readonly Omit<Response['clocks'][number], 'dueTick'>[];
  readonly paused: { readonly untilAt: number } | null;
};

/** A flood of alarms that people are called for as one. */
export type Incident = IncidentData & { readonly time: string; readonly isOpen: boolean };

/** A reading as the live stream carries it. */
export type LiveReading = Omit<NonNullable<PointView['last']>, 'tick'>;

/** A point in a list; its newest reading may have come by the stream. */
export type ListedPoint = Omit<PointView, 'last'> & { readonly last: LiveReading | null };

export type Links = ReturnType<ApiContext['links']>;
export type Upstreams = ReturnType<ApiContext['upstreams']>;

/** What of the gateway itself people must see. */
export interface GatewayStatus {
  readonly health: Health;
  readonly links: Links;
  readonly upstreams: Upstreams;
  readonly ledger: {
    readonly durable: boolean;
    readonly error?: string;
    readonly waiting: number;
    readonly head: number;
    readonly bytes?: number;
  };
}

/** An entry of the log: a CloudEvent (DESIGN.md, 4.3). Only alarm events are sure to carry all of `data`. */
export interface LogEntry {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly sequence: string;
  readonly data: Partial<AlarmData> & Partial<CallData> & { readonly chain?: string };
}

/** What an entry `city.gengfu.call.*` says: who was called by what, and what came of it. */
export interface CallData {
  /** The entry that he was called for. */
  readonly entry: number;
  readonly step: string;
  readonly to: { readonly kind: 'person' | 'group' | 'nobody'; readonly id: string };
  readonly channel: string;
  readonly tier: number;
  readonly repeated: boolean;
  readonly code: string | null;
}

export interface PointSeries {
  readonly point: string;
  readonly at: readonly number[];
  readonly value: readonly (number | string | null)[];
  readonly quality: readonly ('good' | 'uncertain' | 'bad')[];
}

/** An alarm and what happened to it; `complete` when its first event is among them; when its device's picture came, if any. */
export interface AlarmLife {
  readonly alarm: ListedAlarm;
  readonly events: readonly LogEntry[];
  readonly complete: boolean;
  readonly pictureAt: number | null;
}

/** `unchanged`: it was so already. */
export interface Done {
  readonly status: 'done' | 'unchanged';
  readonly alarm: ListedAlarm | null;
}

interface Entries {
  readonly events: readonly LogEntry[];
  readonly head: number;
}

/** A photo from the spot of an alarm. */
export interface ListedPhoto {
  readonly name: string;
  readonly at: number;
}

/** Where the picture of an alarm is. */
export const pictureUrl = (id: string): string => `/api/v1/alarms/${part(id)}/picture`;

/** Where a photo from its spot is. */
export const photoUrl = (id: string, name: string): string => `/api/v1/alarms/${part(id)}/photos/${part(name)}`;

export const api = {
  session: () => ask<Session>('GET', 'session'),
  signIn: (name: string, password: string) => ask<Session>('POST', 'sign-in', { name, password }),
  signOut: () => ask<unknown>('POST', 'sign-out'),
  invitation: (secret: string) => ask<{ role: string }>('GET', `invitation?secret=${part(secret)}`),
  accept: (secret: string, name: string, password: string) =>
    ask<Session>('POST', 'invitation', { secret, name, password }),
  site: () => ask<Site>('GET', 'site'),
  alarms: (state: 'open' | 'closed', limit: number) =>
    ask<{ alarms: readonly ListedAlarm[] }>('GET', `alarms?state=${state}&limit=${limit}`),
  alarm: (id: string) => ask<AlarmLife>('GET', `alarms/${part(id)}`),
  /** What people do about an alarm; `said` are the fields of its route. */
  act: (id: string, deed: AlarmDeed, said: object = {}) => ask<Done>('POST', `alarms/${part(id)}/${deed}`, said),
  cards: (id: string) => ask<{ cards: readonly CardView[] }>('GET', `alarms/${part(id)}/cards`),
  cases: (limit: number) => ask<{ cases: readonly Case[] }>('GET', `cases?limit=${limit}`),
  incidents: (limit: number) => ask<{ incidents: readonly Incident[] }>('GET', `incidents?limit=${limit}`),
  points: () => ask<{ points: readonly ListedPoint[] }>('GET', 'points'),
  answers: () => ask<{ answers: readonly AnswerView[] }>('GET', 'answers'),
  /** `key` is `device/point`; times in UTC milliseconds; at most `points` values. */
  series: (key: string, from: number, to: number, points: number) =>
    ask<PointSeries>(
      'GET',
      `points/${key.split('/').map(part).join('/')}/series?from=${Math.round(from)}&to=${Math.round(to)}&points=${points}`,
    ),
  people: () => ask<PeopleView>('GET', 'people'),
  plans: () => ask<{ plans: readonly PlanView[] }>('GET', 'plans'),
  rules: () => ask<{ rules: readonly RuleView[] }>('GET', 'rules'),
  photos: (id: string) => ask<{ photos: readonly ListedPhoto[] }>('GET', `alarms/${part(id)}/photos`),
  links: () => ask<Links>('GET', 'links'),
  upstreams: () => ask<Upstreams>('GET', 'upstreams'),
  events: (latest: number) => ask<Entries>('GET', `events?latest=${latest}`),
  /** Oldest first. */
  eventsAfter: (sequence: number, limit: number) => ask<Entries>('GET', `events?after=${sequence}&limit=${limit}`),
};
