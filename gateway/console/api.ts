import type { Alarm, AlarmState } from '../alarms/alarm.ts';
import type { AlarmData } from '../alarms/alarm-event.ts';
import type { AnswerView, ApiContext, Health, PointView } from '../api/context.ts';

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

export type ListedAlarm = Alarm & { readonly state?: AlarmState };

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
  readonly data: Partial<AlarmData> & { readonly chain?: string };
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

/** RFC 9457, as the gateway answers what it cannot do. Status 0: it did not answer at all. */
export interface Problem {
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly code?: string;
  readonly hint?: string;
}

export type Answered<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

/** How long an answer may take before the gateway counts as away. */
const PATIENCE_MS = 8000;

async function ask<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<Answered<T>> {
  const request: RequestInit = { method, credentials: 'same-origin', signal: AbortSignal.timeout(PATIENCE_MS) };
  if (method === 'POST') {
    request.headers = { 'content-type': 'application/json' };
    request.body = JSON.stringify(body ?? {});
  }
  try {
    const response = await fetch(`/api/v1/${path}`, request);
    const text = await response.text();
    const parsed: unknown = text === '' ? null : JSON.parse(text);
    // The routes are our own gateway's: their shapes are its contract, not checked again here.
    if (response.ok) return { ok: true, value: parsed as T };
    const problem = typeof parsed === 'object' && parsed !== null ? (parsed as Partial<Problem>) : {};
    return { ok: false, problem: { title: response.statusText, ...problem, status: response.status } };
  } catch (error) {
    return { ok: false, problem: { title: String(error), status: 0, code: 'no-answer' } };
  }
}

const part = encodeURIComponent;

/** Where the picture of an alarm is. */
export const pictureUrl = (id: string): string => `/api/v1/alarms/${part(id)}/picture`;

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
  acknowledge: (id: string, note?: string) =>
    ask<{ status: string; alarm: ListedAlarm }>('POST', `alarms/${part(id)}/acknowledge`, note ? { note } : {}),
  note: (id: string, note: string) =>
    ask<{ status: string; alarm: ListedAlarm }>('POST', `alarms/${part(id)}/note`, { note }),
  points: () => ask<{ points: readonly ListedPoint[] }>('GET', 'points'),
  answers: () => ask<{ answers: readonly AnswerView[] }>('GET', 'answers'),
  /** `key` is `device/point`; times in UTC milliseconds; at most `points` values. */
  series: (key: string, from: number, to: number, points: number) =>
    ask<PointSeries>(
      'GET',
      `points/${key.split('/').map(part).join('/')}/series?from=${Math.round(from)}&to=${Math.round(to)}&points=${points}`,
    ),
  links: () => ask<Links>('GET', 'links'),
  upstreams: () => ask<Upstreams>('GET', 'upstreams'),
  events: (latest: number) => ask<{ events: readonly LogEntry[] }>('GET', `events?latest=${latest}`),
};
