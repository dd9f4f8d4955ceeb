/**
 * Slaves on a tty that take as long as a wire would: a request is heard when its characters have passed, the reply
 * begins 3.5 characters later, and its characters come one after another, in pieces as a UART hands them on. The
 * slaves themselves need no time. What passes from 3.5 characters after a reply to the next request is told as idle; a
 * request that comes before that is counted as early.
 *
 * usage: node tests/bench/paced-slave.mjs TTY BAUD BITS_A_CHARACTER
 */
import { createInterface } from 'node:readline';
import { SerialPort } from 'serialport';

const [tty, baud, bits] = process.argv.slice(2);
const characterMs = (Number(bits) * 1000) / Number(baud);
const silenceMs = 3.5 * characterMs;
const PIECE = 14;
/** Timers of Node.js are of a millisecond: what is left of the time is waited out turn by turn. */
const FINE_MS = 1.5;

const TABLE = Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  return crc;
});
const crcOf = (bytes) => bytes.reduce((crc, byte) => (crc >>> 8) ^ TABLE[(crc ^ byte) & 0xff], 0xffff);

function at(time, run) {
  const left = time - performance.now();
  if (left <= 0) run();
  else if (left > FINE_MS) setTimeout(() => at(time, run), left - FINE_MS);
  else setImmediate(() => at(time, run));
}

const port = new SerialPort({ path: tty, baudRate: Number(baud) });
const counts = { requests: 0, early: 0, idleMs: 0 };
let held = Buffer.alloc(0);
let quietAt = performance.now();
port.on('data', (chunk) => {
  held = Buffer.concat([held, chunk]);
  if (held.length < 8) return;
  const now = performance.now();
  const request = held.subarray(0, 8);
  held = held.subarray(8);
  counts.requests++;
  if (now < quietAt - 0.05) counts.early++;
  const count = request.readUInt16BE(4);
  const reply = Buffer.alloc(5 + 2 * count);
  reply.set([request[0], request[1], 2 * count]);
  for (let i = 0; i < count; i++) reply.writeUInt16BE((request.readUInt16BE(2) + i) & 0xffff, 3 + 2 * i);
  reply.writeUInt16LE(crcOf(reply.subarray(0, -2)), reply.length - 2);
  counts.idleMs += Math.max(now - quietAt, 0);
  const begin = now + request.length * characterMs + silenceMs;
  quietAt = Number.POSITIVE_INFINITY;
  const send = (from) => {
    const to = Math.min(from + PIECE, reply.length);
    at(begin + to * characterMs, () => {
      const sentAt = performance.now();
      port.write(reply.subarray(from, to));
      if (to < reply.length) send(to);
      else quietAt = sentAt + silenceMs;
    });
  };
  send(0);
});
port.on('open', () => console.log('open'));
const asked = createInterface({ input: process.stdin });
asked.on('line', () => console.log(JSON.stringify({ ...counts, at: performance.now() })));
asked.on('close', () => process.exit(0));
