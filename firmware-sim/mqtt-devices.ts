import { connect, type MqttClient } from 'mqtt';
import { commandTopics, parseCommand, type Told } from './commands.ts';
import { whileAlive } from './lifetime.ts';
import { encodePayload } from './payload.ts';
import { bootedAt } from './physics/persona.ts';
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

/** Vices that only what is asked, or told, can have. */
const NOT_OF_MQTT: readonly string[] = ['echo', 'busy'];
const OF_WHAT_IS_TOLD: readonly string[] = ['refuses-writes', 'ignores-writes'];

async function runDevice(
  device: SimDevice,
  start: number,
  time: SimTime,
  access: MqttAccess,
  signal: AbortSignal,
): Promise<void> {
  const { topic, persona } = device;
  if (topic === null) throw new Error(`${device.id}: topic is missing`);
  const commands = commandTopics(device);
  const mayBe = OF_WHAT_IS_TOLD.includes(persona) ? commands.length > 0 : !NOT_OF_MQTT.includes(persona);
  if (!mayBe) throw new Error(`${device.id}: ${persona} is no vice of a device that only reports`);
  const client = connect(access.url, {
    clientId: device.id,
    username: device.id,
    ...(access.password === undefined ? {} : { password: access.password }),
    protocolVersion: 4,
    reconnectPeriod: RETRY_MS,
    // One that is not let in yet goes on trying, as devices do.
    reconnectOnConnackError: true,
  });
  logTroubles(client, device.id);
  const told: Told = new Map();
  const report = (at: number) => {
    const boot = bootedAt(device, start, at);
    if (isWithin(device.absent, at) || persona === 'silent' || boot === null) return;
    const where = persona === 'wrong-unit' ? `${topic}-other` : topic;
    const send = () => {
      client.publish(where, encodePayload(device, boot, at, told), { qos: 1 });
      if (persona === 'repeat') client.publish(where, encodePayload(device, boot, at, told), { qos: 1 });
    };
    if (persona === 'slow') setTimeout(send, device.delayMs);
    else send();
  };
  // A device that comes back tells how it is. Changes made while it was away follow in their order, newest last.
  client.on('connect', () => {
    // One that was without power has forgotten what it was told.
    if (persona === 'reboot') told.clear();
    if (commands.length > 0) client.subscribe([...commands], { qos: 1 }, () => report(time.now()));
    else report(time.now());
  });
  client.on('message', (on, payload) => {
    // One that refuses says nothing of it; one that ignores says how it goes on being.
    if (persona === 'refuses-writes') return;
    if (persona !== 'ignores-writes')
      for (const [point, value] of parseCommand(device, on, payload)) told.set(point, value);
    report(time.now());
  });
  await whileAlive(signal, async () => {
    const rebooting = persona === 'reboot' ? reboot(client, device, start, time, signal) : undefined;
    for (let at = nextReport(device, start, time.now()); ; at = nextReport(device, start, at)) {
      await Promise.race([time.sleepUntil(at, signal), ...(rebooting === undefined ? [] : [rebooting])]);
      if (client.connected || (persona !== 'reboot' && isChange(device, start, at))) report(at);
    }
  });
  await client.endAsync(true);
}

/** Hangs up each so often, and signs in anew when it has booted. */
async function reboot(
  client: MqttClient,
  { reboot: { everyMs, downMs } }: SimDevice,
  start: number,
  time: SimTime,
  signal: AbortSignal,
): Promise<never> {
  for (let round = Math.max(1, Math.ceil((time.now() - start) / everyMs)); ; round++) {
    await time.sleepUntil(start + round * everyMs, signal);
    await client.endAsync(true);
    await time.sleepUntil(start + round * everyMs + downMs, signal);
    client.reconnect();
  }
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
