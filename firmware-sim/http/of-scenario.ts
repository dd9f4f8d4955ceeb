import { fieldsAt } from '../lorawan/of-scenario.ts';
import { reportedAt } from '../physics/persona.ts';
import { nextReport } from '../physics/report.ts';
import { isWithin, type SimDevice } from '../scenario.ts';
import { HTTP_PERSONAS, type HttpDevice, type HttpFields } from './device.ts';

/** A scenario's device as one that a cloud pushes, or a camera. */
export function httpOf(device: SimDevice, start: number): HttpDevice {
  const { id, identity, profile } = device;
  if (profile === null) throw new Error(`${id}: a profile is wanted`);
  const persona = device.persona === 'drifting' ? 'works' : HTTP_PERSONAS.find((each) => each === device.persona);
  if (persona === undefined) throw new Error(`${id}: ${device.persona} is no vice of a pushed device`);
  const model = modelOf(device);
  return {
    id,
    identity,
    model,
    persona,
    nextAt(at) {
      let next = nextReport(device, start, at);
      while (isWithin(device.absent, next)) next = nextReport(device, start, next);
      return next;
    },
    fieldsAt(at) {
      if (model === 'nbiot-em400') return fieldsAt(device, start, at);
      return model === 'json' ? namedAt(device, start, at) : eventAt(device, start, at);
    },
  };
}

function modelOf({ profile, points }: SimDevice): HttpDevice['model'] {
  if (profile?.wrapper === 'em400-nbiot') return 'nbiot-em400';
  if (!points.some(({ model }) => model?.isEvent)) return 'json';
  return points.some(({ json }) => json?.includes('EventNotificationAlert')) ? 'camera-isapi' : 'camera-json';
}

/** By the last name of each point's path. */
const namedAt = (device: SimDevice, start: number, at: number): HttpFields =>
  Object.fromEntries(
    device.points.map((point) => [point.json?.split('.').at(-1) ?? point.id, reportedAt(device, point, start, at)]),
  );

/** The event of the first point that is not at rest. */
function eventAt(device: SimDevice, start: number, at: number): HttpFields {
  for (const point of device.points) {
    const raw = point.model?.states[String(reportedAt(device, point, start, at))];
    if (raw !== undefined) return { event: raw };
  }
  return {};
}
