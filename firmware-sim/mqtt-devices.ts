import { connect, type MqttClient } from 'mqtt';
import { whileAlive } from './lifetime.ts';
import { nextReport } from './physics/report.ts';
import { valueAt } from './physics/value.ts';
import { isWithin, type Scenario, type SimDevice } from './scenario.ts';
import type { SimTime } from './sim-time.ts';

const RETRY_MS = 250;
/** Failures in a row. */
const TELL_AFTER = 20;

export interface MqttAccess {
  /** The gateway's broker. */
  readonly url: string;
  /** Each device signs in as its own id with this. */
  readonly password: string | undefined;
}

/** Runs all MQTT devices of one link, each a client of its own, until the signal aborts. */
export async function runMqttDevices(
  scenario: Scenario,
  link: string,
  time: SimTime,
  access: MqttAccess,
  signal: AbortSignal,
): Promise<void> {
  const devices = scenario.devices.filter((device) => device.link === link);
  await Promise.all(devices.map((device) => runDevice(device, scenario.start, time, access, signal)));
}

async function runDevice(
  device: SimDevice,
  start: number,
  time: SimTime,
  access: MqttAccess,
  signal: AbortSignal,
): Promise<void> {
  const { topic } = device;
  if (topic === null) throw new Error(`${device.id}: topic is missing`);
  const client = connect(access.url, {
    clientId: device.id,
    username: device.id,
    ...(access.password === undefined ? {} : { password: access.password }),
    protocolVersion: 4,
    reconnectPeriod: RETRY_MS,
  });
  logTroubles(client, device.id);
  const report = (at: number) => {
    if (isWithin(device.absent, at) || device.persona === 'silent') return;
    client.publish(topic, encodeReport(device, start, at), { qos: 1 });
  };
  // A device that comes back tells how it is. Changes made while it was away follow in their order, newest last.
  client.on('connect', () => report(time.now()));
  await whileAlive(signal, async () => {
    for (let at = nextReport(device, start, time.now()); ; at = nextReport(device, start, at)) {
      await time.sleepUntil(at, signal);
      if (client.connected || isChange(device, start, at)) report(at);
    }
  });
  await client.endAsync(true);
}

function encodeReport(device: SimDevice, start: number, at: number): string {
  if (device.persona === 'nonsense') return '{"tilt": 1e999, "state": [}';
  return JSON.stringify(
    Object.fromEntries(device.points.map((point) => [point.json ?? point.id, valueAt(point.shape, start, at)])),
  );
}

const isChange = (device: SimDevice, start: number, at: number): boolean =>
  device.points.some((point) => valueAt(point.shape, start, at) !== valueAt(point.shape, start, at - 1));

/** A trouble is told once, when it has lasted: a gateway that is just starting is none. */
function logTroubles(client: MqttClient, id: string): void {
  let inARow = 0;
  client.on('error', (error) => {
    inARow++;
    if (inARow !== TELL_AFTER) return;
    console.error(`${id}: ${error.message || ('code' in error ? String(error.code) : 'cannot connect')}`);
  });
  client.on('connect', () => {
    inARow = 0;
  });
}
