import { reportedAt } from '../physics/persona.ts';
import { nextReport } from '../physics/report.ts';
import { isWithin, type SimDevice } from '../scenario.ts';
import { LORAWAN_PERSONAS, type LorawanDevice } from './devices.ts';
import type { Fields } from './encode.ts';

/** What the network server gives, and no payload. */
const OF_THE_NETWORK: readonly string[] = ['signal', 'snr', 'status-battery'];

/** A scenario's device as one behind a network server, whose payload is that of its profile's codec. */
export function lorawanOf(device: SimDevice, start: number): LorawanDevice {
  const { id, devEui, profile, delayMs } = device;
  if (devEui === null) throw new Error(`${id}: devEui is missing`);
  if (profile === null || profile.codec === null) throw new Error(`${id}: a profile with a codec is wanted`);
  const named = device.persona === 'repeat' ? 'duplicate' : device.persona;
  const persona = named === 'drifting' ? 'works' : LORAWAN_PERSONAS.find((each) => each === named);
  if (persona === undefined) throw new Error(`${id}: ${named} is no vice of a LoRaWAN device`);
  return {
    id,
    devEui,
    model: profile.codec,
    persona,
    delayMs,
    nextAt(at) {
      let next = nextReport(device, start, at);
      while (isWithin(device.absent, next)) next = nextReport(device, start, next);
      return next;
    },
    fieldsAt: (at) => fieldsAt(device, start, at),
  };
}

/** What each point shows, by the codec's name for it. */
export function fieldsAt(device: SimDevice, start: number, at: number): Fields {
  const fields = device.points.flatMap((point) => {
    const field = point.model?.field;
    if (field === undefined || field === null || OF_THE_NETWORK.includes(field)) return [];
    const shown = reportedAt(device, point, start, at);
    if (typeof shown === 'number') return [[field, shown] as const];
    const raw = point.model?.states[shown] ?? shown;
    return asSent(field, Number.isNaN(Number(raw)) ? raw : Number(raw));
  });
  return Object.fromEntries(fields);
}

/** What a device sends where its codec makes a field of it: a tilt's alarm of each axis, a gas alarm's health by event. */
function asSent(field: string, value: number | string): (readonly [string, number | string])[] {
  if (field === 'alarm') return ['x', 'y', 'z'].map((axis) => [`alarm-${axis}`, value]);
  if (field === 'health') return [['event', value === 'fault' ? 2 : 1]];
  // A payload with a threshold's alarm carries nothing else: at rest there is none.
  return field.endsWith('-alarm') && value === 0 ? [] : [[field, value]];
}
