import type { SimDevice, SimPoint } from '../scenario.ts';
import { measuredAt, valueAt } from './value.ts';

/** Since when a device runs, as its vice has it; null while it is down. */
export function bootedAt(device: SimDevice, start: number, at: number): number | null {
  if (device.persona !== 'reboot') return start;
  const { everyMs, downMs } = device.reboot;
  const rounds = Math.floor((at - start) / everyMs);
  if (rounds < 1) return start;
  const down = start + rounds * everyMs;
  return at < down + downMs ? null : down + downMs;
}

/** What the point shows at an instant, with what its device's vice makes of it: as an instrument that measures so often. */
export const shownAt = (device: SimDevice, point: SimPoint, boot: number, at: number): number | string =>
  bend(device, measuredAt(device, point, boot, device.persona === 'stuck' ? boot : at), boot, at);

/** The same of a device that reports by itself, without jitter. */
export const reportedAt = (device: SimDevice, point: SimPoint, boot: number, at: number): number | string =>
  bend(device, valueAt(point.shape, boot, device.persona === 'stuck' ? boot : at), boot, at);

function bend(device: SimDevice, value: number | string, boot: number, at: number): number | string {
  if (device.persona !== 'drifting' || typeof value === 'string') return value;
  return value + (device.driftPerMin * (at - boot)) / 60_000;
}
