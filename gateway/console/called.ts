import type { CallView } from '../api/context.ts';
import type { CallData, LogEntry } from './api.ts';

export const CALL_PREFIX = 'city.gengfu.call.';

/** One call to one person or group by one channel. */
export interface CallLine {
  readonly key: string;
  /** When it was last told of, UTC ms. */
  readonly at: number;
  readonly to: CallData['to'];
  readonly channel: string;
  readonly state: 'sent' | 'delivered' | 'failed' | 'cancelled' | 'wanted' | 'sending';
  readonly step: string;
  readonly tier: number;
  readonly repeated: boolean;
  /** Why it failed. */
  readonly why: string;
}

const STATES = ['sent', 'delivered', 'failed'] as const;
/** Given up because it was needed no more: somebody had seen the alarm meanwhile. */
const CANCELLED = 'cancelled';

/** What entries and calls under way say of who was called, oldest first: each call as it was told of last. */
export function callLines(entries: readonly LogEntry[], calls: readonly CallView[]): readonly CallLine[] {
  const lines = new Map<string, CallLine>();
  for (const { type, time, data } of entries.toSorted((a, b) => Number(a.sequence) - Number(b.sequence))) {
    const told = STATES.find((each) => type === CALL_PREFIX + each);
    const state = told === 'failed' && data.code === CANCELLED ? CANCELLED : told;
    const { entry, to, channel, step, tier = 1, repeated = false, code = null, reason = null } = data;
    if (state === undefined || entry === undefined || to === undefined || channel === undefined) continue;
    const key = `${entry} ${to.kind} ${to.id} ${channel}`;
    const why = state === 'failed' ? [code, reason].filter((part) => part !== null).join(' ') : '';
    lines.set(key, { key, at: Date.parse(time), to, channel, state, step: step ?? '', tier, repeated, why });
  }
  for (const { sequence, to, channels, channel, state, step, tier, repeated, wantedAt } of calls) {
    // What went out stands in the log already.
    if (state !== 'wanted' && state !== 'sending') continue;
    const by = channels[channel] ?? '';
    const key = `${sequence} ${to.kind} ${to.id} ${by} now`;
    lines.set(key, { key, at: wantedAt, to, channel: by, state, step, tier, repeated, why: '' });
  }
  return [...lines.values()].sort((a, b) => a.at - b.at);
}
