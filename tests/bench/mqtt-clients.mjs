/**
 * Devices that publish by MQTT 3.1.1, each at QoS 1, spread over the period; bare sockets, so that they take little of the
 * machine. Prints `ready` when all have signed in, begins at a line on standard input, and at the end prints what became
 * of the messages as JSON.
 *
 * usage: node mqtt-clients.mjs PORT COUNT PERIOD_MS SECONDS
 */
import { once } from 'node:events';
import { connect } from 'node:net';

const [port, count, periodMs, seconds] = process.argv.slice(2).map(Number);
const AT_ONCE = 50;
const LAST_ACKS_MS = 10_000;

const text = (each) => Buffer.concat([Buffer.from([each.length >> 8, each.length & 255]), Buffer.from(each)]);
const packet = (type, ...parts) => {
  const body = Buffer.concat(parts);
  const length = body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7];
  return Buffer.concat([Buffer.from([type, ...length]), body]);
};

const times = [];
let sent = 0;
let acked = 0;
let lost = 0;

async function signIn(n) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  const id = `d-${n}`;
  socket.write(packet(0x10, text('MQTT'), Buffer.from([4, 0b1100_0010, 0, 60]), text(id), text(id), text(`${id}-pw`)));
  const [answer] = await once(socket, 'data');
  if (answer[3] !== 0) throw new Error(`${id} was refused: ${answer[3]}`);
  const waiting = new Map();
  let held = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    for (; held.length >= 4; held = held.subarray(4)) {
      const since = waiting.get(held.readUInt16BE(2));
      if (held[0] !== 0x40 || since === undefined) continue;
      waiting.delete(held.readUInt16BE(2));
      times.push(performance.now() - since);
      acked++;
    }
  });
  socket.on('close', () => {
    lost += waiting.size;
  });
  let next = 0;
  return {
    end: () => socket.destroy(),
    publish() {
      next = (next % 65_535) + 1;
      const payload = Buffer.from(`{"la":${50 + (next % 40)},"n":${next}}`);
      waiting.set(next, performance.now());
      socket.write(packet(0x32, text(`sensors/${id}`), Buffer.from([next >> 8, next & 255]), payload));
      sent++;
    },
  };
}

const clients = [];
for (let n = 0; n < count; n += AT_ONCE) {
  clients.push(...(await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - n) }, (_, i) => signIn(n + i)))));
}
console.log('ready');
await once(process.stdin, 'data');

const begun = performance.now();
let published = 0;
const wanted = Math.round((count * seconds * 1000) / periodMs);
while (published < wanted) {
  const due = Math.min(wanted, Math.floor(((performance.now() - begun) / periodMs) * count));
  for (; published < due; published++) clients[published % count].publish();
  await new Promise((resolve) => setTimeout(resolve, 5));
}
const end = performance.now() + LAST_ACKS_MS;
while (acked < sent && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
times.sort((a, b) => a - b);
const quantile = (q) => times[Math.min(times.length - 1, Math.floor(q * times.length))];
console.log(JSON.stringify({ sent, acked, lost, p50: quantile(0.5), p99: quantile(0.99), most: times.at(-1) }));
for (const client of clients) client.end();
process.exit(0);
