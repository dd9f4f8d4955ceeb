import { modbus } from '../../drivers/modbus/kind.ts';
import { openClock } from '../../gateway/kit/clock.ts';
import { silentLog } from '../../gateway/kit/log.ts';
import { makeDevice } from '../drivers/modbus/site.ts';
import { openPtyPair } from '../tools/pty.ts';
import type { Figure } from './figure.ts';
import { Told } from './told.ts';

const BAUD = 9600;
/** Start, eight of data, parity, stop. */
const BITS = 11;
const UNITS = 32;
const WARM_MS = 1500;

interface Counts {
  readonly requests: number;
  readonly early: number;
  readonly idleMs: number;
  readonly at: number;
}

/** The driver on a tty on which slaves answer as fast as 9,600 baud allow. */
async function share(registers: number, seconds: number): Promise<{ used: number; early: number; crc: number }> {
  await using ptys = await openPtyPair();
  using slave = new Told(['tests/bench/paced-slave.mjs', ptys.theirs, BAUD, BITS]);
  await slave.line();
  const points = Array.from({ length: registers }, (_, i) => `holding ${i} u16`);
  const devices = Array.from({ length: UNITS }, (_, i) => makeDevice(`u${i}`, i + 1, points, {}, 50));
  const clock = openClock();
  const options = modbus.links['modbus-rtu'].parse({ port: ptys.ours, baud: BAUD, parity: 'even' });
  await using link = await modbus.open(
    { id: 'l', kind: 'modbus-rtu', options, devices: devices as never },
    { clock, wire: clock, log: silentLog, dir: '' },
  );
  const stop = new AbortController();
  const reading = (async () => {
    for await (const _ of link.readings(stop.signal));
  })();
  await new Promise((resolve) => setTimeout(resolve, WARM_MS));
  const before: Counts = JSON.parse(await slave.ask());
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const after: Counts = JSON.parse(await slave.ask());
  const { crc = 0 } = link.status().counters;
  stop.abort();
  await reading;
  // Not by the number of requests: how late the slaves themselves are on a busy machine is not the driver's doing.
  const used = 1 - (after.idleMs - before.idleMs) / (after.at - before.at);
  return { used, early: after.early - before.early, crc };
}

/** How much of a serial bus of 32 units is used, of what its wire allows. */
export async function modbusBus(seconds: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [registers, least] of [
    [50, 0.95],
    [1, 0.85],
  ] as const) {
    const { used, early, crc } = await share(registers, seconds);
    const percent = (part: number) => `${(100 * part).toFixed(1)} %`;
    figures.push({
      name: `Modbus RTU, 32 units at 9,600 baud, ${registers} register(s) each: use of what the wire allows`,
      asked: `at least ${percent(least)}`,
      measured: `${percent(used)}; ${early} requests before 3.5 characters of silence, ${crc} bad check sums (${seconds} s)`,
      // Half a percent of nothing must not look like a miss.
      ofBound: early + crc > 0 ? Number.POSITIVE_INFINITY : (1 - used) / (1 - least),
    });
  }
  return figures;
}
