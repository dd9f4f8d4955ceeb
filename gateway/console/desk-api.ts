import type { StandingView } from '../alarms/alarm-book.ts';
import type { ApiContext, CallView, ChannelView, DrillView, JobView, OutputView, SiteHistory } from '../api/context.ts';
import type { DutyEntry, DutyView, Mode, NewDutyEntry } from '../api/duty-desk.ts';
import { ask, part } from './ask.ts';

/** Ringing until somebody takes it up may take that long. */
const TEST_MS = 130_000;

/** A large site is checked and put in place in that time. */
const SITE_MS = 60_000;

export type StandingNow = Pick<StandingView, 'shelves' | 'outOfService' | 'workOrders' | 'chattering'>;
export type ListedPermit = ReturnType<ApiContext['permits']['find']>;

/** `overlaps`: others of the same place and time. */
export interface PermitAnswer {
  readonly status: 'done' | 'unchanged';
  readonly overlaps: readonly string[];
}

export interface Calls {
  readonly calls: readonly CallView[];
  readonly waiting: number;
  readonly sending: number;
  readonly backlog: number;
  readonly refused: number;
}

/** What duty staff and the gateway's keepers ask beside alarms and points. */
export const deskApi = {
  duty: () => ask<DutyView>('GET', 'duty'),
  dutyLog: (limit: number) => ask<{ entries: readonly DutyEntry[] }>('GET', `duty/log?limit=${limit}`),
  write: (entry: NewDutyEntry) => ask<DutyEntry>('POST', 'duty/log', entry),
  handOver: (to: readonly string[], note: string) =>
    ask<DutyEntry>('POST', 'duty/hand-over', note === '' ? { to } : { to, note }),
  setMode: (mode: Mode, note: string) => ask<{ status: string }>('POST', 'duty/mode', { mode, note }),

  channels: () => ask<Readonly<Record<string, ChannelView>>>('GET', 'channels'),
  calls: () => ask<Calls>('GET', 'calls'),
  /** A real message to a contact, by his id. */
  testChannel: (id: string, person: string) =>
    ask<{ status: string; message: string | null }>('POST', `channels/${part(id)}/test`, { person }, TEST_MS),
  standing: () => ask<StandingNow>('GET', 'standing'),
  /** What people do that is on no open alarm. */
  act: (action: object) => ask<{ status: 'done' | 'unchanged' }>('POST', 'actions', action),
  permits: () => ask<{ permits: readonly ListedPermit[]; total: number }>('GET', 'permits'),
  addPermit: (permit: object) => ask<PermitAnswer>('POST', 'permits', permit),
  changePermit: (id: string, change: object) => ask<PermitAnswer>('PATCH', `permits/${part(id)}`, change),
  siteHistory: () => ask<SiteHistory>('GET', 'site/history'),
  reloadSite: () =>
    ask<{ status: string; number: number; warnings: readonly string[] }>('POST', 'site/reload', {}, SITE_MS),
  backSite: (number: number) => ask<{ status: string; number: number }>('POST', 'site/back', { number }, SITE_MS),
  outputs: () => ask<{ outputs: readonly OutputView[] }>('GET', 'outputs'),
  setOutput: (id: string, value: string | number, forMs: number) =>
    ask<OutputView>('POST', `outputs/${part(id)}/set`, { value, forMs }),
  releaseOutput: (id: string) => ask<OutputView>('POST', `outputs/${part(id)}/release`),
  jobs: () => ask<readonly JobView[]>('GET', 'jobs'),
  stopJob: (id: string) => ask<JobView>('POST', `jobs/${part(id)}/stop`),
  walkTests: () => ask<readonly Omit<JobView, 'kind' | 'link' | 'progress'>[]>('GET', 'walk-tests'),
  stopWalkTest: (id: string) => ask<unknown>('POST', `walk-tests/${part(id)}/stop`),
  drill: () => ask<{ report: DrillView | null }>('GET', 'drill'),
  stopDrill: () => ask<DrillView>('POST', 'drill/stop'),
};
