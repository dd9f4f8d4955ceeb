import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenLink } from '../../../drivers/driver.ts';
import { type HttpDevice, http } from '../../../drivers/http/kind.ts';
import type { Reading } from '../../../drivers/reading.ts';
import { type Clock, openClock } from '../../../gateway/kit/clock.ts';
import { type Log, silentLog } from '../../../gateway/kit/log.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { freePort, until } from '../../tools/program.ts';

type Source = HttpDevice['points'][number]['source'];

/** A point as the loader makes it. */
export const point = (
  device: string,
  id: string,
  source: Partial<Source>,
  rest: { states?: Record<string, string>; everyMs?: number } = {},
): HttpDevice['points'][number] => ({
  key: `${device}/${id}`,
  device,
  id,
  quantity: 'x.test',
  everyMs: 600_000,
  source: { rest: 'normal', ...source },
  convert: { factor: 1, offset: 0 },
  ...rest,
});

/** A device whose pushes carry its IMEI and a value. */
export const meter = (id: string, identity: string, profile: HttpDevice['profile'] = {}): HttpDevice => ({
  id,
  options: { identity },
  profile: { identity: '$.imei', message: '$.msgId', time: '$.ts', ...profile },
  points: [point(id, 'level', { json: '$.level' })],
});

/** A camera by its path, with one point of events that lasts a minute. */
export const camera = (id: string, profile: HttpDevice['profile'] = {}): HttpDevice => ({
  id,
  options: {},
  profile,
  points: [
    point(
      id,
      'intrusion',
      { json: '$.EventNotificationAlert.eventType', holdFor: 60_000 },
      { states: { fielddetection: 'alarm', linedetection: 'alarm' } },
    ),
  ],
});

export const JPEG = Buffer.from('ffd8ffe000104a46494600010100000100010000ffd9', 'hex');
export const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');

export interface RigOptions {
  readonly devices?: readonly HttpDevice[];
  readonly link?: Record<string, unknown>;
  readonly log?: Log;
  readonly wire?: Clock;
  /** A folder that outlives the rig. */
  readonly dir?: string;
  /** Nobody takes its readings until `read` is called. */
  readonly isUnread?: boolean;
  readonly clock?: FakeClock;
}

/** A link on a free port, in the site's time of a fake clock, whose batches are gathered as they come. */
export async function openRig(options: RigOptions = {}) {
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'gengfu-http-')));
  const port = await freePort();
  const clock = options.clock ?? new FakeClock();
  const settings = http.links.http?.parse({
    ...('pull' in (options.link ?? {}) ? {} : { listen: `127.0.0.1:${port}` }),
    ...options.link,
  });
  if (settings === undefined) throw new Error('no options');
  const link: OpenLink = await http.open(
    { id: 'cloud', kind: 'http', options: settings, devices: options.devices ?? [meter('gauge-1', '861')] },
    { clock, wire: options.wire ?? openClock(), log: options.log ?? silentLog, dir },
  );
  const stop = new AbortController();
  const batches: (readonly Reading[])[] = [];
  let reading: Promise<void> | undefined;
  const read = () => {
    reading = (async () => {
      for await (const batch of link.readings(stop.signal)) batches.push(batch);
    })();
  };
  if (options.isUnread !== true) read();
  const tls = 'tls' in (options.link ?? {}) ? 'https' : 'http';
  return {
    dir,
    port,
    clock,
    link,
    batches,
    read,
    url: (path = '/push/cloud') => `${tls}://127.0.0.1:${port}${path}`,
    readings: () => batches.flat(),
    values: () => batches.flat().map(({ point, value, code }) => `${point} ${value ?? code}`),
    count: (name: string) => link.status().counters[name] ?? 0,
    isUp: () => until(() => link.status().state === 'up', 'the link to be up'),
    async end() {
      stop.abort();
      await reading;
      await link[Symbol.asyncDispose]();
    },
    async [Symbol.asyncDispose]() {
      await this.end();
      if (options.dir === undefined) await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Posts JSON, or bytes of a type; gives the status and the JSON of the answer. */
export async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Record<string, unknown>; headers: Headers }> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    // Bytes as they are; the type of Buffer leaves open what lies under it, fetch does not.
    body: isRaw ? (body as string) : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
}

/** A body of parts as cameras send them: an event and a picture. */
export function multipart(boundary: string, parts: readonly { type: string; body: Uint8Array | string }[]): Buffer {
  const written = parts.flatMap(({ type, body }, index) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="part${index}"\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`,
    ),
    Buffer.from(body),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...written, Buffer.from(`--${boundary}--\r\n`)]);
}

/** A real clock whose seconds go by twenty times as fast: time enough for an answer, little to wait for the next question. */
export const fast = () => openClock({ rate: 20 });
