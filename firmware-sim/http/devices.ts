import { request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { whileAlive } from '../lifetime.ts';
import { openSimTime, type SimTime } from '../sim-time.ts';
import type { HttpDevice } from './device.ts';
import { type Signing, sign } from './sign.ts';
import { type Push, type Said, SPEAKERS } from './speak.ts';

export interface HttpAccess {
  /** The gateway's link: `http://127.0.0.1:8081/push/carrier`. */
  readonly url: string;
  readonly signing?: Signing;
  /** The scenario's; real time by default. */
  readonly time?: SimTime;
  /** How often the cloud tries again what was not taken, and how long it waits before; 3 and 250 ms by default. */
  readonly tries?: number;
  readonly retryMs?: number;
  /** Told of every answer: its status, or why there was none. */
  readonly onAnswer?: (device: string, answer: number | string) => void;
}

const HOUR_MS = 3_600_000;
const LARGE_BYTES = 50 * 1024 * 1024;
const SLOW_PIECES = 8;
const SLOW_PAUSE_MS = 100;

/** The cloud, or the cameras, of many devices: pushes what each has to say until the signal aborts. */
export async function runHttpDevices(
  devices: readonly HttpDevice[],
  access: HttpAccess,
  signal: AbortSignal,
): Promise<void> {
  const { time = openSimTime(Date.now(), Date.now(), 1) } = access;
  await Promise.all(devices.map((device) => whileAlive(signal, () => runDevice(device, access, time, signal))));
}

async function runDevice(device: HttpDevice, access: HttpAccess, time: SimTime, signal: AbortSignal): Promise<void> {
  const first = time.now();
  let count = 0;
  for (let at = device.nextAt(first); ; at = device.nextAt(at)) {
    await time.sleepUntil(at, signal);
    if (device.persona === 'silent') continue;
    const said: Said = {
      identity: device.persona === 'wrong-unit' ? '000000000000000' : device.identity,
      fields: device.fieldsAt(device.persona === 'stuck' ? first : at),
      at,
      picture: device.persona === 'large' ? new Uint8Array(LARGE_BYTES) : device.picture,
    };
    await deliver(device, SPEAKERS[device.model](said), count++, access, signal);
  }
}

/** Sends one push until it is taken, as a cloud does, with the device's vice. */
async function deliver(
  { id, persona }: HttpDevice,
  push: Push,
  count: number,
  access: HttpAccess,
  signal: AbortSignal,
): Promise<void> {
  const { tries = 3, retryMs = 250, onAnswer = () => {} } = access;
  const spoken = persona === 'nonsense' ? { ...push, body: Buffer.from('\u0000{"nothing":') } : push;
  const signed = sign(spoken, access.signing, Date.now() - (persona === 'old' ? HOUR_MS : 0));
  const bytes = persona === 'corrupt' ? flipped(signed.push.body) : signed.push.body;
  const pace = persona === 'slow' ? 'slow' : persona === 'cut-off' && count % 2 === 1 ? 'cut-off' : 'whole';
  const times = persona === 'repeat' ? 2 : 1;
  for (let sent = 0, tried = 0; sent < times && tried < tries * times && !signal.aborted; tried++) {
    const answer = await post(
      `${access.url}${push.path}`,
      { ...signed.push, body: bytes },
      signed.headers,
      pace,
      signal,
    );
    onAnswer(id, answer);
    if (answer === 200) sent++;
    else await wait(retryMs, undefined, { signal }).catch(() => {});
  }
}

function flipped(body: Buffer): Buffer {
  const bent = Buffer.from(body);
  const middle = bent.length >> 1;
  bent[middle] = (bent[middle] ?? 0) ^ 0x80;
  return bent;
}

/** The status of the answer, or why there was none. */
function post(
  url: string,
  { type, body }: Push,
  headers: Readonly<Record<string, string>>,
  pace: 'whole' | 'slow' | 'cut-off',
  signal: AbortSignal,
): Promise<number | string> {
  return new Promise((resolve) => {
    const asked = request(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': type, 'content-length': body.length },
      signal,
    });
    asked.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('error', (error) => resolve(error.message));
    void write(asked, body, pace, signal);
  });
}

async function write(
  asked: ReturnType<typeof request>,
  body: Buffer,
  pace: 'whole' | 'slow' | 'cut-off',
  signal: AbortSignal,
): Promise<void> {
  if (pace === 'whole') return void asked.end(body);
  if (pace === 'cut-off') {
    asked.write(body.subarray(0, body.length >> 1), () => asked.destroy());
    return;
  }
  const piece = Math.ceil(body.length / SLOW_PIECES);
  for (let at = 0; at < body.length && !signal.aborted; at += piece) {
    asked.write(body.subarray(at, at + piece));
    await wait(SLOW_PAUSE_MS, undefined, { signal }).catch(() => {});
  }
  asked.end();
}
