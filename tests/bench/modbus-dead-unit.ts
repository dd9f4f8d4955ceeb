/**
 * One dead unit among 20: how much of their rate the other 19 keep, on real sockets and a real tty. For each kind of
 * link a bus with all units alive and a bus with one dead run side by side, so that the machine's noise hits both.
 *
 * usage: node tests/bench/modbus-dead-unit.ts [seconds, 150]
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SerialPort } from 'serialport';
import { modbus } from '../../drivers/modbus/kind.ts';
import { openClock } from '../../gateway/kit/clock.ts';
import { silentLog } from '../../gateway/kit/log.ts';
import { right, rtuSeal, type Seal, tcpSeal } from '../drivers/modbus/fake-bus.ts';
import { makeDevice } from '../drivers/modbus/site.ts';
import { freePort, start, until } from '../tools/program.ts';

const UNITS = Array.from({ length: 20 }, (_, index) => index + 1);
const DEAD = 7;
/** How long a slave takes to answer, ms; one after another on one bus. */
const TURN_MS = 8;
/** Long enough that 20 units just fit one after another, short enough that the line is never idle for a time-out. */
const EVERY_MS = { 'modbus-tcp': 500, 'modbus-rtu': 700 };
const WARM_MS = 3000;

interface Wire {
  write(bytes: Uint8Array): void;
  onData(take: (chunk: Buffer) => void): void;
}

/** Slaves behind one wire, which answer one after another; counts requests that came while one was being answered. */
function serve(wire: Wire, seal: Seal, isDead: (unit: number) => boolean) {
  const counts = { overlapping: 0 };
  const size = seal === tcpSeal ? 12 : 8;
  let held = Buffer.alloc(0);
  let busyUntil = 0;
  wire.onData((chunk) => {
    held = Buffer.concat([held, chunk]);
    for (; held.length >= size; held = held.subarray(size)) {
      const at = size - (seal === tcpSeal ? 6 : 8);
      const unit = held.readUInt8(at);
      const asked = {
        unit,
        code: held.readUInt8(at + 1),
        address: held.readUInt16BE(at + 2),
        count: held.readUInt16BE(at + 4),
        transaction: seal === tcpSeal ? held.readUInt16BE(0) : 0,
      };
      if (isDead(unit)) continue;
      const now = performance.now();
      if (busyUntil > now) counts.overlapping++;
      busyUntil = Math.max(busyUntil, now) + TURN_MS;
      setTimeout(() => wire.write(right(seal, asked)), busyUntil - now);
    }
  });
  return counts;
}

async function openTcp(isDead: (unit: number) => boolean, window: number) {
  const port = await freePort();
  const server = createServer((socket: Socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => {});
    serve({ write: (bytes) => socket.write(bytes), onData: (take) => socket.on('data', take) }, tcpSeal, isDead);
  }).listen(port, '127.0.0.1');
  return {
    kind: 'modbus-tcp' as const,
    options: { host: '127.0.0.1', port, window },
    counts: { overlapping: 0 },
    close: () => void server.close(),
  };
}

async function openRtu(isDead: (unit: number) => boolean) {
  const folder = mkdtempSync(join(tmpdir(), 'gengfu-bench-'));
  const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')];
  const socat = start('socat', [`pty,raw,echo=0,link=${ours}`, `pty,raw,echo=0,link=${theirs}`]);
  await until(() => existsSync(ours) && existsSync(theirs), 'the pty pair');
  const port = new SerialPort({ path: theirs, baudRate: 115_200 });
  const counts = serve(
    { write: (bytes) => port.write(bytes), onData: (take) => port.on('data', take) },
    rtuSeal,
    isDead,
  );
  return {
    kind: 'modbus-rtu' as const,
    options: { port: ours, baud: 115_200 },
    counts,
    close: async () => {
      port.close();
      await socat[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type Bus = Awaited<ReturnType<typeof openTcp>> | Awaited<ReturnType<typeof openRtu>>;

/** Good readings of each unit but the one that may be dead, over the time after the warm-up. */
async function measure(bus: Bus, ms: number) {
  const clock = openClock();
  const devices = UNITS.map((unit) =>
    makeDevice(String(unit), unit, ['holding 5 u16', 'holding 6 u16'], {}, EVERY_MS[bus.kind]),
  );
  const options = modbus.links[bus.kind].parse({ timeout: '1s', ...bus.options });
  const spec = { id: 'bus', kind: bus.kind, options, devices: devices as never };
  await using link = await modbus.open(spec, { clock, wire: clock, log: silentLog, dir: '' });
  const counts = new Map(UNITS.map((unit) => [String(unit), 0]));
  const from = performance.now() + WARM_MS;
  for await (const batch of link.readings(AbortSignal.timeout(WARM_MS + ms))) {
    if (performance.now() < from) continue;
    for (const { point, quality } of batch) {
      const unit = point.slice(0, point.indexOf('/'));
      if (quality === 'good') counts.set(unit, (counts.get(unit) ?? 0) + 0.5);
    }
  }
  const others = UNITS.filter((unit) => unit !== DEAD).map((unit) => counts.get(String(unit)) ?? 0);
  const { counters } = link.status();
  await bus.close();
  return { sum: others.reduce((sum, count) => sum + count, 0), least: Math.min(...others), counters, bus };
}

const seconds = Number(process.argv[2] ?? 150);
const nobody = () => false;
const seventh = (unit: number) => unit === DEAD;
const kinds: readonly [string, (isDead: (unit: number) => boolean) => Promise<Bus>][] = [
  ['modbus-tcp, window 1', (isDead) => openTcp(isDead, 1)],
  ['modbus-tcp, window 4', (isDead) => openTcp(isDead, 4)],
  ['modbus-rtu on a pty', openRtu],
];
console.log(
  `20 units each ${JSON.stringify(EVERY_MS)} ms, ${TURN_MS} ms a reply, time-out 1 s, ${seconds} s after ${WARM_MS} ms`,
);
await Promise.all(
  kinds.map(async ([name, open]) => {
    const buses = await Promise.all([open(nobody), open(seventh)]);
    const [alive, hurt] = await Promise.all(buses.map((bus) => measure(bus, seconds * 1000)));
    if (alive === undefined || hurt === undefined) return;
    const percent = (a: number, b: number) => `${((100 * a) / b).toFixed(2)} %`;
    const rate = (sum: number) => `${(sum / 19 / seconds).toFixed(3)}/s`;
    console.log(
      `${name}: the 19 keep ${percent(hurt.sum, alive.sum)}, the worst of them ${percent(hurt.least, alive.least)}` +
        ` (${rate(alive.sum)} each alone, ${rate(hurt.sum)} beside a dead one);` +
        ` probes ${hurt.counters.probes}, time-outs ${hurt.counters.timeouts} and ${alive.counters.timeouts},` +
        ` requests on top of each other ${hurt.bus.counts.overlapping}`,
    );
  }),
);
process.exit(0);
