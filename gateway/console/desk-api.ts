import type { CallView, ChannelView, DrillView, JobView, OutputView } from '../api/context.ts';
import type { DutyEntry, DutyView, Mode, NewDutyEntry } from '../api/duty-desk.ts';
import { ask, part } from './ask.ts';

/** Ringing until somebody takes it up may take that long. */
const TEST_MS = 130_000;

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
