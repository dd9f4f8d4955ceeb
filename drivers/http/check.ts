import type { SpecProblem } from '../driver.ts';
import { parseListen } from '../listen.ts';
import { CODECS } from '../mqtt/codecs/index.ts';
import { WRAPPER_FIELDS } from './binary-payload.ts';
import { identityOf } from './identity.ts';
import type { HttpDevice, HttpLinkSpec, HttpOptions } from './kind.ts';

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127\./.test(host);

/** Over a line without encryption anybody on it reads these. */
const READABLE: ReadonlySet<string> = new Set(['bearer', 'path-token', 'basic']);

type Told = Omit<SpecProblem, 'device'>;

/** What is wrong with the link itself, whatever its devices are. */
export function checkOptions(options: HttpOptions): Told[] {
  const { listen, pull, auth, tls } = options;
  const told: Told[] = [];
  const tell = (severity: 'error' | 'warning', field: string, message: string) =>
    told.push({ severity, field, message });
  if ((listen === undefined) === (pull === undefined)) {
    tell('error', listen === undefined ? 'listen' : 'pull', 'give it either listen: HOST:PORT or pull: { url }');
  }
  if (pull !== undefined && (auth !== undefined || tls !== undefined)) {
    tell('error', auth === undefined ? 'tls' : 'auth', 'is of a link that listens; one that pulls has pull.token');
  }
  const pulled = pull === undefined ? undefined : new URL(pull.url);
  if (pulled?.protocol === 'http:' && pull?.token !== undefined && !isLoopback(pulled.hostname)) {
    tell('warning', 'pull', 'its token goes over the line readable by anybody: let the address begin with https:');
  }
  const host = listen === undefined ? undefined : parseListen(listen)?.host;
  if (host !== undefined && !isLoopback(host)) {
    if (auth === undefined) tell('error', 'listen', 'anybody who reaches it could push: give it auth');
    else if (tls === undefined && READABLE.has(auth.kind)) {
      tell('warning', 'auth', `${auth.kind} without tls is readable by anybody on the way: give it tls, or digest`);
    }
  }
  if (auth?.kind === 'hmac-sha256' && auth.timestampHeader === undefined) {
    tell('warning', 'auth', 'without timestampHeader an old push can be sent again once many others came after it');
  }
  if (!options.local) {
    const message = `its devices reach the gateway over a line from outside: while that is down there is no alarm from them; set local: true if they stand on the box's own network`;
    tell('warning', 'kind', message);
  }
  return told;
}

/** Devices that could not be told apart, and points that cannot hold a state. */
function checkDevices(devices: readonly HttpDevice[]): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const known = new Map<string, string>();
  for (const device of devices) {
    const identity = identityOf(device);
    const key = `${device.profile.identity ?? ''} ${identity}`;
    const other = known.get(key);
    known.set(key, device.id);
    if (other !== undefined) {
      const message = `${identity} is also ${other}: what comes from it would be of one of them only`;
      problems.push({ device: device.id, field: 'identity', message, severity: 'error' });
    }
    problems.push(...checkSources(device));
    for (const { id, states, source } of device.points) {
      if (source.holdFor === undefined) continue;
      if (states === undefined) {
        const message = 'holdFor is of states: say by states which event is which';
        problems.push({ device: device.id, point: id, message, severity: 'error' });
      } else if (Object.values(states).every((state) => state === source.rest)) {
        const message = `every event is ${source.rest}, which is its rest: no event could be seen`;
        problems.push({ device: device.id, point: id, message, severity: 'error' });
      }
    }
  }
  return problems;
}

/** Where each point of a device is to be found. */
function checkSources({ id: device, profile, points }: HttpDevice): SpecProblem[] {
  const { payload, codec } = profile;
  const tell = (message: string, point?: string): SpecProblem => ({
    device,
    ...(point === undefined ? { field: 'profile' } : { point }),
    message,
    severity: 'error',
  });
  if ((payload === undefined) !== (codec === undefined)) {
    return [tell('its model needs both payload (where the bytes stand) and codec (whose they are), or neither')];
  }
  const wrapped = payload?.wrapper === undefined ? {} : WRAPPER_FIELDS[payload.wrapper];
  const fields = codec === undefined ? {} : { ...CODECS[codec].fields, ...wrapped };
  return points.flatMap(({ id, source: { json, field, holdFor } }) => {
    if ((json === undefined) === (field === undefined))
      return [tell('needs json (a path) or field (of its codec)', id)];
    if (field === undefined) return [];
    if (holdFor !== undefined) return [tell('holdFor is of events that stand at a path: a field has its own end', id)];
    if (Object.hasOwn(fields, field)) return [];
    return [tell(`its codec has no field ${field}; it has ${Object.keys(fields).join(', ') || 'none'}`, id)];
  });
}

export const checkHttpLink = ({ options, devices }: HttpLinkSpec): SpecProblem[] => [
  ...checkOptions(options),
  ...checkDevices(devices),
];
