import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { loadScenario } from './load.ts';
import { nextReport } from './physics/report.ts';
import { valueAt } from './physics/value.ts';
import { isWithin, type Scenario, type SimDevice } from './scenario.ts';
import { encodeTime } from './sim-time.ts';

export interface RecordOptions {
  /** With what people do, as `action` lines. */
  readonly people?: boolean;
  /** With the permits, as lines at the start. */
  readonly permit?: boolean;
}

/** The scenario as the lines of a recording, sorted by `at`; at one instant a permit, then readings, then people. */
export function record(scenario: Scenario, options: RecordOptions = {}): readonly string[] {
  const lines: { readonly at: number; readonly fields: Record<string, unknown> }[] = [];
  if (options.permit) for (const permit of scenario.permits) lines.push({ at: scenario.start, fields: { permit } });
  for (const device of scenario.devices) {
    for (const at of readTimes(scenario, device)) {
      const isAway = isWithin(device.absent, at);
      for (const point of device.points) {
        const value = isAway ? null : valueAt(point.shape, scenario.start, at);
        const quality = isAway ? 'bad' : 'good';
        lines.push({ at, fields: { device: device.id, point: point.id, value, quality } });
      }
    }
  }
  if (options.people) {
    for (const { at, kind, alarm, by, to, note } of scenario.people) {
      if (by === 'gateway' || kind === 'hand-over') continue;
      const action = { kind, alarm, by, ...(to === null ? {} : { to }), ...(note === null ? {} : { note }) };
      lines.push({ at, fields: { action } });
    }
  }
  return lines
    .sort((a, b) => a.at - b.at)
    .map(({ at, fields }) => JSON.stringify({ at: encodeTime(at, scenario.offsetMinutes), ...fields }));
}

/** When a device is read, or reports, through the whole scenario, both ends included. */
function* readTimes(scenario: Scenario, device: SimDevice): Generator<number> {
  if (device.topic !== null) {
    for (let at = scenario.start; at <= scenario.end; at = nextReport(device, scenario.start, at)) yield at;
  } else {
    for (let at = scenario.start; at <= scenario.end; at += device.everyMs) yield at;
  }
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { people: { type: 'boolean' }, permit: { type: 'boolean' } },
  });
  const [path] = positionals;
  if (path === undefined) {
    console.error('usage: record.ts SCENARIO [--people] [--permit] > recording.jsonl');
    process.exit(2);
  }
  for (const line of record(loadScenario(path), values)) {
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
  }
}
