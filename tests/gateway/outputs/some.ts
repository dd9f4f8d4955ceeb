import type { Alarm } from '../../../gateway/alarms/alarm.ts';
import type { Output, OutputUse } from '../../../gateway/outputs/output.ts';
import type { Level } from '../../../gateway/rules/finding.ts';
import { fakeAlarm } from '../../tools/fake-context.ts';

export const anOutput = (more: Partial<Output> = {}): Output => ({
  id: 'siren-1',
  name: 'siren-1',
  kind: 'siren',
  point: 'relay-1/siren',
  device: 'relay-1',
  link: 'plc',
  safe: 'off',
  values: ['off', 'slow', 'on'],
  minOnMs: 0,
  minOffMs: 0,
  maxOnMs: null,
  restMs: null,
  silence: 'duty',
  exercise: false,
  alarmsOf: null,
  feedback: null,
  watchdog: null,
  ...more,
});

export const aUse = (more: Partial<OutputUse> = {}): OutputUse => ({
  outputs: ['siren-1'],
  levels: { orange: 'on' },
  until: 'returned',
  forMs: null,
  ...more,
});

/** An alarm of the rule `wet` on a device, active at a level; null: normal. */
export function anAlarm(id: string, level: Level | null, more: Partial<Alarm> = {}): Alarm {
  const alarm = fakeAlarm({ id, level, condition: level === null ? 'normal' : 'active', ...more });
  return { ...alarm, watch: { ...alarm.watch, rule: 'wet', key: `wet@${id}/depth`, device: id, point: 'depth' } };
}
