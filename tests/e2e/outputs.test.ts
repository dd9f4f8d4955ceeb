import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseScenario } from '../../firmware-sim/load.ts';
import { serveTcp } from '../../firmware-sim/modbus/tcp.ts';
import { openUnit } from '../../firmware-sim/modbus/unit.ts';
import { profilesIn } from '../../firmware-sim/profiles.ts';
import { openSimTime } from '../../firmware-sim/sim-time.ts';
import type { OutputView } from '../../gateway/outputs/output.ts';
import { openPlainSlave, type PlainSlave } from '../tools/plain-slave.ts';
import { freePort, start, until } from '../tools/program.ts';
import { openRealGateway, type RealGateway, type Session, writeSite } from './real-gateway.ts';

const DEVICES = `
  - { id: works, profile: siren-beacon-relay, link: relays, unit: 1 }
  - { id: refuses, profile: siren-beacon-relay, link: relays, unit: 2, persona: refuses-writes }
  - { id: ignores, profile: siren-beacon-relay, link: relays, unit: 3, persona: ignores-writes }
  - { id: box, profile: pump-contactor, link: relays, unit: 4, watchdog: 0, mirrors: { discrete 0: coil 0 }, values: { watchdog: 0 } }
  - { id: stuck, profile: pump-contactor, link: relays, unit: 5 }
  - { id: spare, profile: siren-beacon-relay, link: relays, unit: 6 }`;

/** Relays on one port, whose line can be cut and mended, and what they are. */
class Relays implements AsyncDisposable {
  readonly #units;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  readonly port: number;

  constructor(port: number) {
    this.port = port;
    const text = `scenario: relays\nstart: 2026-07-15T21:30:00+08:00\nend: 2026-07-15T22:30:00+08:00\nlinks: { relays: { kind: modbus-tcp } }\ndevices: ${DEVICES}`;
    const scenario = parseScenario(text, profilesIn([join(import.meta.dirname, '../../config/profiles')]));
    const time = openSimTime(scenario.start, Date.now(), 1);
    this.#units = scenario.devices.map((device) => openUnit(device, scenario.start, time));
  }

  async mend(): Promise<void> {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket)).on('error', () => {});
      serveTcp(socket, this.#units);
    }).listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    if (server === undefined) return;
    server.close();
    await once(server, 'close');
  }

  /** Of a unit: read by the simulator's own hand. */
  coil(unit: number, address: number): number {
    return this.#read(unit, Buffer.from([1, 0, address, 0, 1])) & 1;
  }

  holding(unit: number, address: number): number {
    return this.#read(unit, Buffer.from([3, 0, address, 0, 1]), 2);
  }

  switch(unit: number, address: number, on: boolean): void {
    this.#units[unit - 1]?.reply(Buffer.from([5, 0, address, on ? 0xff : 0, 0]));
  }

  #read(unit: number, request: Buffer, bytes = 1): number {
    const reply = this.#units[unit - 1]?.reply(request);
    if (reply?.kind !== 'pdu') throw new Error(`unit ${unit} does not answer`);
    return reply.pdu.readUIntBE(2, bytes);
  }

  [Symbol.asyncDispose] = () => this.cut();
}

const output = (id: string, kind: string, point: string, more = '') =>
  `  - { id: ${id}, kind: ${kind}, point: ${point}${more} }`;

const OUTPUTS = (more: readonly string[] = []) =>
  ['outputs:', output('siren', 'siren', 'works/siren'), output('beacon', 'beacon', 'works/beacon'), ...more].join('\n');

const RULES = (outputs: string) => `rules:
  - id: wet
    title: { zh: 积水, en: Water }
    on: { quantity: water.depth }
    levels: { blue: { atLeast: 15 }, orange: { atLeast: 25 } }
    outputs:
${outputs}`;

const files = (gauge: number, relays: number, outputs: string, uses: string) => ({
  'profiles/gauge.yaml': `profile: gauge
protocol: modbus
every: 100ms
points:
  - { id: depth, quantity: water.depth, unit: cm, register: { table: holding, address: 6, type: u16 } }`,
  'links.yaml': `links:
  - { id: gauge, kind: modbus-tcp, host: 127.0.0.1, port: ${gauge}, timeout: 30s }
  - { id: relays, kind: modbus-tcp, host: 127.0.0.1, port: ${relays}, timeout: 30s }`,
  'devices.yaml': `devices:
  - { id: water-1, profile: gauge, link: gauge, address: 1 }
  - { id: works, profile: siren-beacon-relay, link: relays, address: 1, every: 200ms }
  - { id: refuses, profile: siren-beacon-relay, link: relays, address: 2, every: 200ms }
  - { id: ignores, profile: siren-beacon-relay, link: relays, address: 3, every: 200ms }
  - { id: box, profile: pump-contactor, link: relays, address: 4, every: 200ms }
  - { id: stuck, profile: pump-contactor, link: relays, address: 5, every: 200ms }`,
  'rules.yaml': `${outputs}\n${RULES(uses)}`,
});

const USE = (ids: string, levels = 'orange: "on"') => `      - { output: [${ids}], levels: { ${levels} } }`;

interface Told {
  readonly type: string;
  readonly data: {
    readonly output: string;
    readonly code: string | null;
    readonly readBack: string | null;
    readonly alarm: string | null;
  };
}

const list = (gateway: RealGateway) => gateway.ask<OutputView[]>({ ask: 'outputs' });

/** The entries of outputs, oldest first, as `failed siren read-back-differs`. */
async function told(api: Session): Promise<string[]> {
  const { events } = await api.get<{ events: Told[] }>('events');
  const ours = events.filter(({ type }) => type.startsWith('city.gengfu.output.')).toReversed();
  return ours.map(
    ({ type, data }) => `${type.slice(type.lastIndexOf('.') + 1)} ${data.output} ${data.code ?? data.readBack}`,
  );
}

const WATER = 6;

async function open(outputs: string, uses: string) {
  const stack = new AsyncDisposableStack();
  const gauge: PlainSlave = stack.use(await openPlainSlave());
  gauge.registers.set(WATER, 0);
  const relays = stack.use(new Relays(await freePort()));
  await relays.mend();
  const gateway = stack.use(
    await openRealGateway('outputs-1', { files: files(gauge.port, relays.port, outputs, uses) }),
  );
  await gateway.start();
  return { gauge, relays, gateway, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe('outputs in the world', () => {
  test('a flood sounds the siren; after kill -9 the next start brings it to what the alarms then want; a stop makes it safe', async () => {
    await using all = await open(OUTPUTS(), `${USE('siren')}\n${USE('beacon', 'blue: "on"')}`);
    const { gauge, relays, gateway } = all;
    const coils = () => `${relays.coil(1, 0)}${relays.coil(1, 1)}`;
    await until(async () => (await list(gateway)).every(({ state }) => state === 'safe'), 'all to be safe');
    gauge.registers.set(WATER, 20);
    await until(() => coils() === '01', 'the beacon');
    gauge.registers.set(WATER, 40);
    await until(() => coils() === '11', 'the siren');

    // The alarm stands, and while nobody watches somebody switches the siren off.
    await gateway.kill();
    expect(coils()).toBe('11');
    relays.switch(1, 0, false);
    await gateway.start();
    await until(() => coils() === '11', 'the siren after a start');

    // The water is gone while nobody watches: what was on is safe after the start.
    await gateway.kill();
    gauge.registers.set(WATER, 0);
    await gateway.start();
    await until(() => coils() === '00', 'silence');

    gauge.registers.set(WATER, 40);
    await until(() => coils() === '11', 'the siren again');
    expect(await gateway.stop()).toBe(0);
    expect(coils()).toBe('00');
  });

  test('what refuses, ignores, or does not pull is told once, with what the world did; the watchdog is set', async () => {
    const outputs = OUTPUTS([
      output('refused', 'siren', 'refuses/siren'),
      output('ignored', 'siren', 'ignores/siren'),
      output('pump', 'pump', 'box/run', ', feedback: { point: box/contact, within: 20s }, watchdog: 30s'),
      output('pump-2', 'pump', 'stuck/run', ', feedback: { point: stuck/contact, within: 1s }'),
    ]);
    await using all = await open(outputs, USE('siren, refused, ignored, pump, pump-2'));
    const { gauge, relays, gateway } = all;
    await until(() => relays.holding(4, 0) === 30, 'the watchdog');
    const api = await gateway.signIn();
    await until(async () => (await told(api)).includes('failed refused exception-4'), 'the refusal');
    gauge.registers.set(WATER, 40);
    const expected = [
      'failed ignored read-back-differs',
      'failed pump-2 feedback-differs',
      'failed refused exception-4',
    ];
    const entries = await until(async () => {
      const now = (await told(api)).toSorted();
      return now.length >= expected.length ? now : null;
    }, 'what failed');
    expect(entries.map((each) => each.replace(/ off$/, ' feedback-differs'))).toEqual(expected);
    expect([relays.coil(1, 0), relays.coil(4, 0)]).toEqual([1, 1]);
    const states = Object.fromEntries((await list(gateway)).map(({ id, state }) => [id, state]));
    expect(states).toMatchObject({ siren: 'on', pump: 'on', refused: 'failed', ignored: 'failed', 'pump-2': 'failed' });
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).toContain('gengfu_output_follows{output="ignored"} 0');
    expect(metrics).toContain('gengfu_output_on{output="siren"} 1');
    // The end is not held up by what cannot be made safe.
    const began = performance.now();
    expect(await gateway.stop()).toBe(0);
    expect(performance.now() - began).toBeLessThan(60_000);
    expect([relays.coil(1, 0), relays.coil(4, 0)]).toEqual([0, 0]);
  });

  test('a cut line is told, and mended by itself', async () => {
    await using all = await open(OUTPUTS(), USE('siren'));
    const { gauge, relays, gateway } = all;
    await until(async () => (await list(gateway)).every(({ state }) => state === 'safe'), 'all to be safe');
    const api = await gateway.signIn();
    await relays.cut();
    gauge.registers.set(WATER, 40);
    await until(async () => (await told(api)).join() === 'failed siren link-down', 'the failure');
    await relays.mend();
    await until(() => relays.coil(1, 0) === 1, 'the siren');
    await until(async () => (await told(api)).at(-1) === 'restored siren on', 'the entry');
  });

  test('a relay that stands at another address from now on: the one that was switched on there is safe first', async () => {
    await using all = await open(OUTPUTS(), USE('siren, beacon'));
    const { gauge, relays, gateway } = all;
    gauge.registers.set(WATER, 40);
    await until(() => relays.coil(1, 0) === 1 && relays.coil(1, 1) === 1, 'both');
    const before = files(gauge.port, relays.port, '', '')['devices.yaml'];
    await writeSite(gateway.site, { 'devices.yaml': before.replace('relays, address: 1,', 'relays, address: 6,') });
    await gateway.ask({ ask: 'site-reload' });
    expect([relays.coil(1, 0), relays.coil(1, 1)]).toEqual([0, 0]);
    await until(() => relays.coil(6, 0) === 1 && relays.coil(6, 1) === 1, 'both at the new place');
  });

  test('a changed site: what stays goes on, what is taken out is safe first; set by hand from the command line', async () => {
    await using all = await open(OUTPUTS(), USE('siren, beacon'));
    const { gauge, relays, gateway } = all;
    gauge.registers.set(WATER, 40);
    await until(() => relays.coil(1, 0) === 1 && relays.coil(1, 1) === 1, 'both');
    const only = ['outputs:', output('siren', 'siren', 'works/siren')].join('\n');
    await writeSite(gateway.site, { 'rules.yaml': `${only}\n${RULES(USE('siren'))}` });
    await gateway.ask({ ask: 'site-reload' });
    expect([relays.coil(1, 0), relays.coil(1, 1)]).toEqual([1, 0]);
    expect((await list(gateway)).map(({ id }) => id)).toEqual(['siren']);

    const gengfu = async (...args: string[]) => {
      await using run = start(process.execPath, ['gateway/main.ts', 'outputs', ...args, '--data', gateway.data]);
      return [await run.ended(), run.output()] as const;
    };
    expect(await gengfu('set', 'siren', 'loud')).toEqual([1, expect.stringContaining('may be off, on')]);
    expect(await gengfu('set', 'siren', 'off', '--for', '5min')).toEqual([0, expect.stringContaining('set by')]);
    await until(() => relays.coil(1, 0) === 0, 'silence');
    expect((await gengfu('release', 'siren'))[0]).toBe(0);
    await until(() => relays.coil(1, 0) === 1, 'the siren');
    expect(await gengfu('list')).toEqual([0, expect.stringContaining('wet@water-1/depth')]);
  });
});
