import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, expect } from 'vitest';
import type { GatewayStatus } from '../../gateway/gateway.ts';
import { freePort, testWith, until } from '../tools/program.ts';
import { namePtyPair } from '../tools/pty.ts';
import { startSlave } from '../tools/pymodbus.ts';
import { openRealGateway, type RealGateway } from './real-gateway.ts';

const PROFILE = `profile: meter
title: { zh: 声级计, en: Meter }
protocol: modbus
every: 100ms
points:
  - { id: la, quantity: noise.la, unit: dB(A), register: { table: holding, address: 5, type: u16, scale: 0.05 } }`;

/** A server that does to each connection, and to each of its requests, what it is told. */
async function openVice(vice: (socket: Socket, request: Buffer | null) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    socket.on('data', (request) => vice(socket, request));
    vice(socket, null);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A good reply to a read of one register: MBAP header, function, byte count, value. */
const reply = (request: Buffer): Buffer =>
  Buffer.concat([request.subarray(0, 4), Buffer.from([0, 5]), request.subarray(6, 8), Buffer.from([2, 0x04, 0x4c])]);

/** Writes as fast as the other side takes it. */
function flood(socket: Socket): void {
  const bytes = randomBytes(65_536);
  const more = () => {
    while (!socket.destroyed && socket.write(bytes)) {
      // On until it is full.
    }
  };
  socket.on('drain', more);
  more();
}

const VICES: Readonly<Record<string, (socket: Socket, request: Buffer | null) => void>> = {
  garbage: (socket, request) => socket.write(randomBytes(request === null ? 300 : 40)),
  flood: (socket, request) => {
    if (request === null) flood(socket);
  },
  closes: (socket, request) => {
    if (request !== null) socket.destroy();
  },
  resets: (socket) => socket.resetAndDestroy(),
  half: (socket, request) => {
    if (request !== null) socket.write(reply(request).subarray(0, 7));
  },
  stranger: (socket, request) => {
    if (request !== null) socket.write(Buffer.concat([Buffer.from([0xff, 0xff]), reply(request).subarray(2)]));
  },
  mute: () => {},
};

const status = (gateway: RealGateway) => gateway.ask<GatewayStatus>({ ask: 'status' });

describe('devices that are not as they should be', () => {
  testWith('pymodbus')('slaves that send nonsense harm only themselves, and are seen', async () => {
    const good = await freePort();
    await using slaves = new AsyncDisposableStack();
    slaves.use(startSlave('tcp', good));
    const names = Object.keys(VICES);
    const ports: Record<string, number> = { good };
    for (const name of names) ports[name] = slaves.use(await openVice(VICES[name] ?? (() => {}))).port;
    const all = ['good', ...names];
    await using gateway = await openRealGateway('wires-1', {
      files: {
        'profiles/meter.yaml': PROFILE,
        'links.yaml': `links:\n${all.map((id) => `  - { id: ${id}, kind: modbus-tcp, host: 127.0.0.1, port: ${ports[id]}, timeout: 300ms }`).join('\n')}`,
        'devices.yaml': `devices:\n${all.map((id) => `  - { id: ${id}-1, profile: meter, link: ${id}, address: 1 }`).join('\n')}`,
      },
    });
    await gateway.start();
    const answers = async () => (await status(gateway)).links.good?.counters.answers ?? 0;
    await until(async () => (await answers()) > 5, 'the good one to answer');
    // Beside all of them it keeps its period for seconds on end; where the machine stood still, in the seconds after.
    let kept = 0;
    const keepsItsPeriod = async () => {
      const [before, since] = [await answers(), performance.now()];
      await new Promise((resolve) => setTimeout(resolve, 2000));
      const polls = (performance.now() - since) / 100;
      kept = ((await answers()) - before) / polls;
      return kept > 0.9;
    };
    for (let seconds = 0; seconds < 4; seconds += 2) {
      await until(keepsItsPeriod, () => `polls at their times, of which ${kept} came`);
    }
    const goodLink = async () => (await status(gateway)).links.good;
    await until(async () => (await goodLink())?.devices['good-1']?.answers, 'the good one to answer still');
    expect(await goodLink()).toMatchObject({ state: 'up' });

    const api = await gateway.signIn();
    const seen = await api.get<GatewayStatus['links']>('links');
    for (const name of names) {
      expect
        .soft([name, seen[name]?.devices])
        .toEqual([name, { [`${name}-1`]: { answers: false, code: expect.any(String) } }]);
    }
    const { points } = await api.get<{ points: { device: string; last: object | null }[] }>('points');
    for (const { device, last } of points.filter(({ device }) => device.endsWith('-1'))) {
      const quality = device === 'good-1' ? 'good' : 'bad';
      expect.soft([device, last]).toEqual([device, expect.objectContaining({ quality })]);
    }
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).toContain('gengfu_device_answers{link="good",device="good-1"} 1');
    for (const name of names)
      expect.soft(metrics).toContain(`gengfu_device_answers{link="${name}",device="${name}-1"} 0`);
    expect(Number(/^gengfu_resident_bytes (\d+)/m.exec(metrics)?.[1])).toBeLessThan(300 * 2 ** 20);
    expect(await gateway.stop()).toBe(0);
  });

  testWith('pymodbus', 'socat')('a serial port that is not there is said, and is read when it appears', async () => {
    await using bus = namePtyPair();
    await using gateway = await openRealGateway('wires-1', {
      files: {
        'profiles/meter.yaml': PROFILE,
        'links.yaml': `links: [{ id: bus, kind: modbus-rtu, port: ${bus.ours}, baud: 19200 }]`,
        'devices.yaml': 'devices: [{ id: noise-1, profile: meter, link: bus, address: 1 }]',
      },
    });
    await gateway.start();
    const link = async () => (await status(gateway)).links.bus;
    await until(async () => (await link())?.error?.includes('the port is not there'), 'the reason');
    expect(await link()).toMatchObject({
      state: 'down',
      devices: { 'noise-1': { answers: false, code: 'link-down' } },
    });
    await gateway.says('the port is not there');
    const metrics = async () => (await fetch(`${gateway.url}/metrics`)).text();
    expect(await metrics()).toContain('gengfu_link_up{link="bus"} 0');
    await bus.plug();
    await using _slave = startSlave('rtu', bus.theirs);
    await until(async () => (await link())?.devices['noise-1']?.answers, 'readings');
    expect(await link()).not.toHaveProperty('error');
    expect(await metrics()).toContain('gengfu_link_up{link="bus"} 1');
  });
});
