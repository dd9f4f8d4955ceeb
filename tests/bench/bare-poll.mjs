/**
 * What polling is compared with: a socket, requests and numbers. Reads 50 holding registers of each of 100 units by
 * turns, so many requests in flight, and adds the registers up; nothing is judged, kept, or waited for. With a period
 * all units are asked once in it. Prints a line of JSON for each line it is given: values and CPU microseconds since.
 *
 * usage: node tests/bench/bare-poll.mjs PORT WINDOW EVERY_MS (0: as fast as it can)
 */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const [port, window, everyMs] = process.argv.slice(2).map(Number);
const WARM_MS = 4000;
const UNITS = 100;
const COUNT = 50;
const FRAME = 9 + 2 * COUNT;
const socket = connect({ host: '127.0.0.1', port, noDelay: true });
const numbers = new Array(COUNT);
let transaction = 0;
let unit = 0;
let values = 0;
let missed = 0;
let inFlight = 0;
let waiting = Number.POSITIVE_INFINITY;

function ask() {
  transaction = (transaction + 1) & 0xffff;
  unit = (unit % UNITS) + 1;
  waiting--;
  inFlight++;
  socket.write(Buffer.from([transaction >> 8, transaction & 0xff, 0, 0, 0, 6, unit, 3, 0, 0, 0, COUNT]));
}
const pump = () => {
  while (inFlight < window && waiting > 0) ask();
};
let held = Buffer.alloc(0);
socket.on('data', (chunk) => {
  held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
  let at = 0;
  for (; held.length - at >= FRAME; at += FRAME) {
    for (let i = 0; i < COUNT; i++) numbers[i] = held.readUInt16BE(at + 9 + 2 * i);
    values += COUNT;
    inFlight--;
    pump();
  }
  held = held.subarray(at);
});
let slot = Number.NaN;
const due = () => {
  const now = Math.floor(Date.now() / everyMs);
  // What was not asked for in its period, and whole periods in which nobody looked.
  missed += waiting + (now > slot + 1 ? (now - slot - 1) * UNITS : 0);
  slot = now;
  waiting = UNITS;
  pump();
  // A timer may fire a little early, and would then be due again at once.
  setTimeout(due, everyMs - (Date.now() % everyMs) + 1);
};
socket.once('connect', pump);
// As fast as it can at first, so that what is measured is compiled.
if (everyMs > 0) {
  setTimeout(() => {
    waiting = 0;
    setTimeout(due, everyMs);
  }, WARM_MS);
}

let before = process.cpuUsage();
const asked = createInterface({ input: process.stdin });
asked.on('close', () => process.exit(0));
asked.on('line', () => {
  const { user, system } = process.cpuUsage(before);
  before = process.cpuUsage();
  console.log(JSON.stringify({ values, cpuUs: user + system, missed }));
  values = 0;
  missed = 0;
});
