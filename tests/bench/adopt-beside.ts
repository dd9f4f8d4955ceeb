/**
 * What an adoption costs the devices that are polled already: how many polls each of its neighbours on the link loses, and
 * those on another link, and how often the link was connected. By commands to a gateway of its own, on simulated Modbus TCP.
 *
 * usage: node tests/bench/adopt-beside.ts [ADOPTIONS, 3]
 */
import { createServer, type Socket } from 'node:net';
import { openRealGateway } from '../e2e/real-gateway.ts';
import { until } from '../tools/program.ts';

const EVERY_MS = 500;
const UNITS = 8;
const [adoptions = '3'] = process.argv.slice(2);

/** When each unit was asked. */
const openCounted = async () => {
  const asked = new Map<number, number[]>();
  let connects = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    connects++;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      for (let at = 0; at + 12 <= chunk.length; at += 12) {
        const [request, count] = [chunk.subarray(at, at + 12), chunk.readUInt16BE(at + 10)];
        const unit = request[6] ?? 0;
        asked.set(unit, [...(asked.get(unit) ?? []), performance.now()]);
        const head = Buffer.from([...request.subarray(0, 4), 0, 3 + 2 * count, unit, request[7] ?? 3, 2 * count]);
        socket.write(Buffer.concat([head, Buffer.alloc(2 * count, 1)]));
      }
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    asked,
    connects: () => connects,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
};

const [own, other] = [await openCounted(), await openCounted()];
const device = (link: string, unit: number) =>
  `  - { id: ${link}-${unit}, profile: renke-rs-zs, link: ${link}, address: ${unit}, every: ${EVERY_MS}ms }`;
const units = Array.from({ length: UNITS }, (_, index) => index + 1);
await using gateway = await openRealGateway('adopt-bench', {
  files: {
    'links.yaml': `links:\n  - { id: own, kind: modbus-tcp, host: 127.0.0.1, port: ${own.port} }\n  - { id: other, kind: modbus-tcp, host: 127.0.0.1, port: ${other.port} }`,
    'devices.yaml': ['devices:', ...['own', 'other'].flatMap((link) => units.map((unit) => device(link, unit)))].join(
      '\n',
    ),
  },
});
await gateway.start();
const isPolled = ({ asked }: typeof own) => units.every((unit) => (asked.get(unit)?.length ?? 0) > 10);
await until(() => isPolled(own) && isPolled(other), 'the devices to be polled', 60_000);

/** Polls that were due and did not come in that time, of the unit that lost most. */
const lost = ({ asked }: typeof own, from: number, to: number): number =>
  Math.max(
    ...units.map((unit) => {
      const times = (asked.get(unit) ?? []).filter((at) => at > from - EVERY_MS && at < to);
      const gaps = times.slice(1).map((at, index) => at - (times[index] ?? at));
      return gaps.reduce((sum, gap) => sum + Math.max(0, Math.round(gap / EVERY_MS) - 1), 0);
    }),
  );
const rest = () => new Promise((resolve) => setTimeout(resolve, 6 * EVERY_MS));

const idleFrom = performance.now();
await rest();
console.log(
  `nothing done for ${(performance.now() - idleFrom).toFixed(0)} ms: ${lost(own, idleFrom, performance.now())} polls lost`,
);
for (let n = 1; n <= Number(adoptions); n++) {
  const from = performance.now();
  const asked = { device: { profile: 'renke-rs-zs', link: 'own', address: UNITS + n, every: '500ms' } };
  const { status } = await gateway.ask<{ status: string }>({ ask: 'site-adopt', asked });
  const tookMs = performance.now() - from;
  await rest();
  const to = performance.now();
  console.log(
    `adoption ${n}: ${status} in ${tookMs.toFixed(0)} ms; polls lost of the worst neighbour: ${lost(own, from, to)} on its link, ${lost(other, from, to)} on another; connected ${own.connects()} times`,
  );
}
own.close();
other.close();
