// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in a site's files look like placeholders.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drivers } from '../../drivers/index.ts';
import { partsOf } from '../../firmware-sim/parts.ts';
import { openSimTime } from '../../firmware-sim/sim-time.ts';
import { freePort } from '../tools/program.ts';
import { type Both, type Listening, listenTo, scenarioOf, siteLinkOf } from './both-sides.ts';

const hex = (n: number, length: number) => n.toString(16).toUpperCase().padStart(length, '0');
const imei = (n: number) => `86850806192451${n}`;
/** What both sides must know of the n-th device, by the kind of link. */
export interface Kind {
  readonly sim: object;
  site(port: number): object;
  device(n: number): { readonly sim: object; readonly site: object };
}
const PASSWORD = 'for-the-test';

export const KINDS = {
  mqtt: {
    sim: { kind: 'mqtt' },
    site: (port) => ({ kind: 'mqtt', listen: `127.0.0.1:${port}` }),
    device: (n) => ({
      sim: { topic: `t/${n}` },
      site: { topic: `t/${n}`, password: '${env:GENGFU_DEMO_MQTT_PASSWORD}' },
    }),
  },
  lorawan: {
    sim: { kind: 'lorawan' },
    site: (port) => ({
      kind: 'mqtt',
      listen: `127.0.0.1:${port}`,
      server: { kind: 'chirpstack', password: '${env:GENGFU_DEMO_MQTT_PASSWORD}' },
    }),
    device: (n) => ({ sim: { devEui: hex(n + 1, 16) }, site: { devEui: hex(n + 1, 16) } }),
  },
  hj212: {
    sim: { kind: 'hj212' },
    site: (port) => ({ kind: 'hj212', listen: `127.0.0.1:${port}` }),
    device: (n) => ({ sim: { mn: hex(n + 1, 24), st: '23' }, site: { mn: hex(n + 1, 24) } }),
  },
  http: {
    sim: { kind: 'http' },
    site: (port) => ({ kind: 'http', listen: `127.0.0.1:${port}`, local: true }),
    device: (n) => ({ sim: { identity: imei(n) }, site: { identity: imei(n) } }),
  },
  'modbus-dial-in': {
    sim: { kind: 'modbus-dial-in', registration: 'DTU-0042', heartbeat: { text: 'ping', every: '1s' } },
    site: (port) => ({ kind: 'modbus-dial-in', listen: `127.0.0.1:${port}`, heartbeat: 'ping' }),
    device: (n) => ({ sim: {}, site: { address: n + 1, registration: 'DTU-0042' } }),
  },
} as const satisfies Readonly<Record<string, Kind>>;

/** Runs the simulator's own part for those devices, and the real driver on its other end; what it reads is kept. */
export async function runLink(kind: Kind, devices: readonly Both[]): Promise<Listening> {
  process.env.GENGFU_DEMO_MQTT_PASSWORD = PASSWORD;
  const port = await freePort();
  const both = devices.map(({ profile, sim, site }, n) => {
    const own = kind.device(n);
    return { profile, sim: { ...sim, ...own.sim }, site: { ...site, ...own.site } };
  });
  const scenario = scenarioOf(kind.sim, both);
  const link = await siteLinkOf(kind.site(port), both);
  const driver = drivers.find(({ protocol }) => protocol === link.protocol);
  const part = partsOf(scenario).get('link');
  if (driver === undefined || part === undefined) throw new Error('no driver, or no part');
  await using stack = new AsyncDisposableStack();
  const dir = mkdtempSync(join(tmpdir(), 'gengfu-links-'));
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  const heard = stack.use(await listenTo(driver, link, dir));
  const alive = new AbortController();
  const running = part({
    scenario,
    time: openSimTime(scenario.start, Date.now(), 1),
    ports: { link: port, broker: port },
    cityFile: undefined,
    signal: alive.signal,
    onReady: () => {},
  });
  stack.defer(async () => {
    alive.abort();
    await running;
  });
  const open = stack.move();
  return { ...heard, [Symbol.asyncDispose]: () => open.disposeAsync() };
}
