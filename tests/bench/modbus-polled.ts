/**
 * The driver as the gateway has it: 100 devices of 50 registers on one link, each register a point with a range; the
 * readings are dropped, or handed to the judge with a rule on every point. Prints a line of JSON for each line it is
 * given since the last: values, CPU microseconds, deadlines missed. It has no other timer: one of 5 ms took as much CPU
 * as a third of the polls each 100 ms. `small`: V8 keeps its heap small, as in a gateway after its start; by turns that
 * cannot be measured, since it collects all whenever the program was stopped.
 *
 * usage: node tests/bench/modbus-polled.ts PORT WINDOW EVERY_MS (0: as fast as it can) drop | judge [small]
 */
import { createInterface } from 'node:readline';
import { modbus } from '../../drivers/modbus/kind.ts';
import type { ModbusPoint } from '../../drivers/modbus/plan.ts';
import { Judge } from '../../gateway/judge/judge.ts';
import { openClock } from '../../gateway/kit/clock.ts';
import { silentLog } from '../../gateway/kit/log.ts';
import { keepSmall } from '../../gateway/kit/memory.ts';
import { makeDevice, makePoint } from '../drivers/modbus/site.ts';
import { aPoint, aSite } from '../tools/judged.ts';

const [port, window, every, mode, heap] = process.argv.slice(2);
const FASTEST_MS = 2;
const WARM_MS = 4000;
const rule = { on: { quantity: 'water.depth' }, levels: { yellow: { above: 9000 }, red: { above: 9500 } } };
const clock = openClock();
const options = modbus.links['modbus-tcp'].parse({ host: '127.0.0.1', port: Number(port), window: Number(window) });

async function openPolled(everyMs: number) {
  const points = (device: string): ModbusPoint[] =>
    Array.from({ length: 50 }, (_, i) =>
      makePoint(device, `holding ${i} u16`, {}, { everyMs, quantity: 'water.depth', range: [0, 10_000] }),
    );
  const devices = Array.from({ length: 100 }, (_, i) => makeDevice(`d-${i + 1}`, i + 1, points(`d-${i + 1}`)));
  const judged = devices
    .flatMap((device) => device.points)
    // A gap of three periods is no gap here: what is measured is the work for a reading.
    .map(({ key, device, id }) => aPoint({ key, device, id, everyMs: Math.max(everyMs, 1000) }));
  const start = { at: clock.now(), tick: clock.tick() };
  const judge = mode === 'judge' ? new Judge(aSite([rule], judged), start, 'synchronised') : undefined;
  const link = await modbus.open(
    { id: 'l', kind: 'modbus-tcp', options, devices: devices as never },
    { clock, wire: clock, log: silentLog, dir: '' },
  );
  const polled = { values: 0, link };
  const read = async () => {
    for await (const batch of link.readings(new AbortController().signal)) {
      judge?.step(batch);
      for (const { quality } of batch) if (quality === 'good') polled.values++;
    }
  };
  void read();
  return polled;
}

if (heap === 'small') keepSmall();
// So that what is measured is compiled as it is in a gateway that has run for a while.
const warm = await openPolled(FASTEST_MS);
await clock.sleep(WARM_MS);
await warm.link[Symbol.asyncDispose]();
const polled = await openPolled(Number(every) || FASTEST_MS);
let before = process.cpuUsage();
let missedBefore = 0;
const asked = createInterface({ input: process.stdin });
asked.on('close', () => process.exit(0));
asked.on('line', () => {
  const { user, system } = process.cpuUsage(before);
  before = process.cpuUsage();
  const { missed = 0, timeouts } = polled.link.status().counters;
  console.log(JSON.stringify({ values: polled.values, cpuUs: user + system, missed: missed - missedBefore, timeouts }));
  missedBefore = missed;
  polled.values = 0;
});
