import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTcp, type Socket } from 'node:net';
import { openRealGateway } from '../e2e/real-gateway.ts';
import { until } from '../tools/program.ts';
import { type Figure, quantile } from './figure.ts';

const UNITS = 200;
const POINTS_EACH = 5;
const EVERY_MS = 1000;
/** Beyond the poll interval. */
const MOST_MS = 200;
const REQUEST_BYTES = 12;

/** A Modbus TCP server whose units show in their first register whether they are wet. */
async function openUnits(wet: readonly boolean[]) {
  const sockets = new Set<Socket>();
  const server = createTcp({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    let held = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      held = Buffer.concat([held, chunk]);
      for (; held.length >= REQUEST_BYTES; held = held.subarray(REQUEST_BYTES)) {
        const count = held.readUInt16BE(10);
        const reply = Buffer.alloc(9 + 2 * count);
        held.copy(reply, 0, 0, 4);
        reply.writeUInt16BE(3 + 2 * count, 4);
        held.copy(reply, 6, 6, 8);
        reply.writeUInt8(2 * count, 8);
        reply.writeUInt16BE(wet[held.readUInt8(6)] === true ? 40 : 0, 9);
        socket.write(reply);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** From a change at a device to the arrival of the request by which a person is told, with 1,000 points, history and console. */
export async function changeToCall(seconds: number): Promise<Figure[]> {
  const wet: boolean[] = [];
  const changed = new Map<string, number>();
  const taken: number[] = [];
  await using units = await openUnits(wet);
  const phone = createServer(async (request, response) => {
    const arrived = performance.now();
    let body = '';
    for await (const chunk of request) body += chunk;
    const { data } = JSON.parse(body) as { data: { about: { data: { device: string } } } };
    const at = changed.get(data.about.data.device);
    if (at !== undefined) taken.push(arrived - at);
    changed.delete(data.about.data.device);
    response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  await once(phone, 'listening');
  const address = phone.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const points = Array.from({ length: POINTS_EACH }, (_, i) => {
    const quantity = i === 0 ? 'water.depth, unit: cm' : 'temperature, unit: Cel';
    return `{ id: p${i}, quantity: ${quantity}, register: { table: holding, address: ${i}, type: u16 } }`;
  });
  const device = (i: number) => `  - { id: d-${i}, profile: bench, link: bus, address: ${i} }`;
  await using gateway = await openRealGateway('bench-01', {
    site: [
      'alarms: { flood: { over: 1000 }, chatter: { returns: 1000 } }',
      `channels: [{ id: phone, kind: webhook, url: "http://127.0.0.1:${address.port}/" }]`,
    ],
    files: {
      'links.yaml': `links: [{ id: bus, kind: modbus-tcp, host: 127.0.0.1, port: ${units.port} }]`,
      'profiles/bench.yaml': `profile: bench\nprotocol: modbus\nevery: ${EVERY_MS}ms\npoints: [${points.join(', ')}]`,
      'devices.yaml': ['devices:', ...Array.from({ length: UNITS }, (_, i) => device(i + 1))].join('\n'),
      'rules.yaml':
        'rules: [{ id: wet, title: { zh: 积水, en: Wet }, on: { quantity: water.depth }, levels: { red: { above: 30 } } }]',
      'people.yaml': 'contacts: [{ id: li, name: Li, phone: "13800000000" }]\nescalation: [[li]]\nchannels: [phone]',
    },
  });
  await gateway.start();
  const session = await gateway.signIn();
  const ending = new AbortController();
  const looking = (async () => {
    while (!ending.signal.aborted) {
      await session.get('points');
      await session.get('alarms');
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  })();
  await new Promise((resolve) => setTimeout(resolve, 3 * EVERY_MS));
  const end = performance.now() + seconds * 1000;
  for (let i = 1; performance.now() < end; i = (i % UNITS) + 1) {
    const isWet = wet[i] !== true;
    if (isWet) changed.set(`d-${i}`, performance.now());
    wet[i] = isWet;
    await new Promise((resolve) => setTimeout(resolve, 40 + Math.random() * 80));
  }
  await until(() => changed.size === 0, 'the last to be told', 10_000);
  ending.abort();
  await looking;
  phone.closeAllConnections();
  phone.close();
  const p99 = quantile(taken, 0.99);
  return [
    {
      name: `a sensor's change to the request that tells a person, p99, ${UNITS * POINTS_EACH} points`,
      asked: `at most the poll interval and ${MOST_MS} ms`,
      measured: `${p99.toFixed(0)} ms of ${EVERY_MS} + ${MOST_MS}, p50 ${quantile(taken, 0.5).toFixed(0)} ms, of ${taken.length}`,
      ofBound: p99 / (EVERY_MS + MOST_MS),
    },
  ];
}
