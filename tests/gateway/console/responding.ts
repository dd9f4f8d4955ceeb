import type { ListedAlarm, ListedResponse } from '../../../gateway/console/api.ts';
import { alarm, NIGHT } from './night.ts';

/** A red flood that somebody has acknowledged and was sent to, with what a test says otherwise. */
export function responding(response: Partial<ListedResponse> = {}, more: Partial<ListedAlarm> = {}): ListedAlarm {
  return {
    ...alarm({
      ...{ id: 'a-flood', rule: 'waterlogging', key: 'water-02/depth', level: 'red', raised: '23:51:40' },
      ...{ seen: true, value: 36, limit: 30 },
    }),
    response: {
      ...{ plan: 'flood', level: 'red', stage: 'dispatched', to: '排水班', firstTier: 1, paused: null, done: {} },
      clocks: [{ step: 'arrive', dueAt: NIGHT + 60_000, tier: 1 }],
      ...response,
    },
    ...more,
  };
}
