import { randomBytes, randomInt } from 'node:crypto';
import { connect } from 'mqtt';
import { whileAlive } from '../lifetime.ts';
import type { SimTime } from '../sim-time.ts';
import { encode, type Fields, portOf } from './encode.ts';
import { type Message, NETWORK_SERVERS, type NetworkServerName, type Uplink } from './network-server.ts';

/** What a device does wrong. */
export const LORAWAN_PERSONAS = [
  'works',
  /** Its uplinks come `delayMs` late, with the time at which they were heard. */
  'slow',
  'silent',
  /** The last byte of each payload is lost. */
  'corrupt',
  /** What its network server publishes is no message, in one of several ways. */
  'nonsense',
  /** It is another device than the site knows. */
  'wrong-unit',
  /** It starts anew after each third uplink: its counter begins at 0, in a new session. */
  'reboot',
  /** It measures once. */
  'stuck',
  /** Each message comes twice. */
  'duplicate',
] as const;
export type LorawanPersona = (typeof LORAWAN_PERSONAS)[number];

export interface LorawanDevice {
  /** Its name at the network server. */
  readonly id: string;
  /** Sixteen hex digits. */
  readonly devEui: string;
  /** One of `ENCODERS`. */
  readonly model: string;
  readonly persona: LorawanPersona;
  /** Of a slow one, milliseconds of real time. */
  readonly delayMs?: number;
  /** The first instant after `at` at which it sends: its heartbeat, or a change of what it measures. */
  nextAt(at: number): number;
  fieldsAt(at: number): Fields;
}

export interface LorawanAccess {
  /** The broker that the network server publishes to. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  readonly server: NetworkServerName;
  /** One of our own making where it is left out. */
  readonly application?: string;
}

const RETRY_MS = 250;
const UPLINKS_A_LIFE = 3;

/** The network server of many devices: publishes what each sends until the signal aborts. */
export async function runLorawanDevices(
  devices: readonly LorawanDevice[],
  access: LorawanAccess,
  time: SimTime,
  signal: AbortSignal,
): Promise<void> {
  const { url, username, password } = access;
  const server = NETWORK_SERVERS[access.server];
  const application = access.application ?? server.application;
  const client = connect(url, {
    clientId: `network-server-${randomBytes(4).toString('hex')}`,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    protocolVersion: 4,
    reconnectPeriod: RETRY_MS,
    reconnectOnConnackError: true,
  });
  // A gateway that is just starting is no trouble; the client tries again.
  client.on('error', () => {});
  const medium: Medium = {
    encode: (uplink) => server.encode(application, uplink),
    publish: ({ topic, payload }) => client.publish(topic, payload, { qos: server.qos }),
  };
  await whileAlive(signal, async () => {
    await Promise.all(devices.map((device) => run(device, time, signal, medium)));
  });
  await client.endAsync(true);
}

interface Medium {
  encode(uplink: Uplink): Message;
  publish(message: Message): void;
}

async function run(device: LorawanDevice, time: SimTime, signal: AbortSignal, medium: Medium): Promise<void> {
  const { persona, model, delayMs = 0 } = device;
  const { encode: encodeMessage, publish } = medium;
  const begunAt = time.now();
  const devEui = persona === 'wrong-unit' ? strangerOf(device.devEui) : device.devEui.toLowerCase();
  let session = newSession();
  let counter = 0;
  for (let at = device.nextAt(begunAt), sent = 0; ; at = device.nextAt(at), sent++) {
    await time.sleepUntil(at, signal);
    if (persona === 'silent') continue;
    const payload = encode(model, device.fieldsAt(persona === 'stuck' ? begunAt : at));
    const message = encodeMessage({
      devEui,
      name: device.id,
      session,
      counter: counter++,
      port: portOf(model),
      payload: persona === 'corrupt' ? payload.subarray(0, -1) : payload,
      at,
      levels: [-randomInt(60, 90), -randomInt(90, 120)],
    });
    if (persona === 'slow') setTimeout(() => signal.aborted || publish(message), delayMs);
    else publish(persona === 'nonsense' ? spoil(message, sent) : message);
    if (persona === 'duplicate') publish(message);
    if (persona === 'reboot' && counter === UPLINKS_A_LIFE) {
      counter = 0;
      session = newSession();
    }
  }
}

const newSession = (): string => randomBytes(8).toString('base64url');

/** Another device's: all digits are others. */
const strangerOf = (devEui: string): string =>
  [...devEui.toLowerCase()].map((digit) => (15 - Number.parseInt(digit, 16)).toString(16)).join('');

/** What no network server publishes, in turn: no JSON, another shape, bytes that are none, bytes that mean nothing. */
function spoil({ topic, payload }: Message, count: number): Message {
  const replaceData = (text: string) => payload.replace(/("(?:data|frm_payload)":")[^"]*/, `$1${text}`);
  const kinds = [
    payload.slice(0, -9),
    '{"deviceInfo":[],"uplink_message":1e999}',
    replaceData('***'),
    replaceData('//8A'),
  ];
  return { topic, payload: kinds[count % kinds.length] ?? '' };
}
