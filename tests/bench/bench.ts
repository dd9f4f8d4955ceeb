/**
 * `npm run bench`: what the gateway must reach, each figure a ratio or a difference to something bare that runs beside
 * it, so that a noisy machine does not decide. Of `dist/`, which it builds. Exit status 1 when a promise is clearly missed.
 *
 * usage: node tests/bench/bench.ts [--quick] [--main FILE] [--only NAME]
 */
import { spawnSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { floodOfAlarms } from './alarm-flood.ts';
import { boxMemory } from './box.ts';
import { changeToCall } from './call-latency.ts';
import { changesWhileRunning } from './changes.ts';
import { deadUnit } from './dead-unit.ts';
import { runDemo } from './demo.ts';
import { type Figure, isMissed, tableOf } from './figure.ts';
import { keepHistory } from './history.ts';
import { manyPoints } from './many-points.ts';
import { modbusBus } from './modbus-bus.ts';
import { modbusRate } from './modbus-rate.ts';
import { mqttDevices } from './mqtt-devices.ts';
import { pollToPublish } from './poll-to-publish.ts';
import { replayRecordings } from './replay.ts';
import { judgeMany } from './rules.ts';
import { startToReading } from './start.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    /** Another build, such as gateway/main.ts for the checkout itself. */
    main: { type: 'string' },
    only: { type: 'string' },
  },
});
const isQuick = values.quick;
if (values.main === undefined && spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' }).status !== 0) {
  process.exit(3);
}
const main = values.main ?? 'dist/gateway/main.js';
// Memory can be told only after a collection.
setFlagsFromString('--expose-gc');
globalThis.gc = runInNewContext('gc');

const benches: Readonly<Record<string, () => Promise<Figure[]> | Figure[]>> = {
  publish: () => pollToPublish(main, isQuick ? 15 : 120),
  start: () => startToReading(main, isQuick ? 3 : 11),
  demo: () => runDemo(main, isQuick ? 20 : 300),
  box: () => boxMemory(main, isQuick ? 20 : 300),
  rules: () => judgeMany(isQuick ? 2400 : 3600),
  'many-points': () => manyPoints(isQuick ? 30 : 600),
  replay: () => replayRecordings(main, isQuick ? 300 : 1800),
  calls: () => changeToCall(isQuick ? 20 : 120),
  changes: () => changesWhileRunning(main, isQuick),
  'alarm-flood': () => floodOfAlarms(isQuick ? 20 : 60),
  history: () => keepHistory(isQuick ? 600 : 3600, 366),
  'modbus-rate': () => modbusRate(isQuick ? 6 : 30),
  'modbus-bus': () => modbusBus(isQuick ? 5 : 30),
  'mqtt-devices': () => mqttDevices(main, isQuick ? 20 : 120),
  'dead-unit': () => deadUnit(isQuick ? 15 : 150),
};
const load = () =>
  loadavg()
    .map((each) => each.toFixed(2))
    .join(' ');
const before = load();
const figures: Figure[] = [];
for (const [name, run] of Object.entries(benches)) {
  if (values.only !== undefined && values.only !== name) continue;
  figures.push(...(await run()));
}
console.log(tableOf(figures));
console.log(`Node.js ${process.versions.node}, load ${before} before and ${load()} after`);
process.exit(figures.some(isMissed) ? 1 : 0);
