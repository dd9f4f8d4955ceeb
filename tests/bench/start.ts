import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { checkedFile } from '../../gateway/site/checked-site.ts';
import { openMosquitto } from '../tools/mosquitto.ts';
import { type Running, start, until } from '../tools/program.ts';
import { EVENTS_TOPIC, LIMIT, openBenchGateway } from './bench-gateway.ts';
import { type Figure, median } from './figure.ts';
import { openSlave } from './slave.ts';

const MOST = 3;
const GIVE_UP_MS = 60_000;
const BARE_TOPIC = 'bare';

interface Start {
  readonly toReading: number;
  readonly toPublish: number;
}

/**
 * From the start of the process to the first register asked for, and to the first PUBLISH that came of it: of a
 * gateway, of a loop that reads and publishes, and of the least that reads a register. By turns, as medians. Of a build:
 * a checkout keeps no checked site.
 */
export async function startToReading(main: string, runs: number): Promise<Figure[]> {
  await using mosquitto = await openMosquitto();
  let asked = () => {};
  let published = () => {};
  let n = 0;
  // By turns over the limit and under it, so that the first reading of each run is an event.
  await using slave = await openSlave(() => {
    asked();
    return n % 2 === 1 ? LIMIT + 1 : 0;
  });
  await using site = await openBenchGateway({
    modbusPort: slave.port,
    units: 1,
    every: '10s',
    mqttPort: mosquitto.port,
  });
  // A box starts again with the site that it has checked: the first start of all is another thing.
  if (main.endsWith('.js')) {
    await using first = site.start(main);
    const checked = checkedFile(join(site.folder, 'data'));
    await until(() => existsSync(checked) || first.process.exitCode !== null, 'the site to be kept as checked', 60_000);
    const ended = once(first.process, 'exit');
    if (first.process.kill('SIGTERM')) await ended;
  }
  const city = await mqtt.connectAsync({ host: '127.0.0.1', port: mosquitto.port });
  await city.subscribeAsync([EVENTS_TOPIC, BARE_TOPIC], { qos: 1 });
  city.on('message', () => published());

  const measure = async (run: () => Running, publishes: boolean): Promise<Start> => {
    const since = performance.now();
    const elapsed = (set: (done: () => void) => void) =>
      new Promise<number>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no sign of it: ${program.output()}`)), GIVE_UP_MS);
        set(() => {
          clearTimeout(timer);
          resolve(performance.now() - since);
        });
      });
    await using program = run();
    const reading = elapsed((done) => {
      asked = done;
    });
    const publish = publishes
      ? elapsed((done) => {
          published = done;
        })
      : Promise.resolve(Number.NaN);
    const times = { toReading: await reading, toPublish: await publish };
    const ended = once(program.process, 'exit');
    // Asked to end, so that it keeps its compiled code as a gateway does that is stopped.
    if (program.process.exitCode === null && program.process.kill('SIGTERM')) await ended;
    return times;
  };

  const [gateway, loop, least]: [Start[], Start[], Start[]] = [[], [], []];
  const bareLoop = [slave.port, 1, 10_000, 0, mosquitto.port].map(String);
  // The first round is not counted: nothing is cached then, neither files nor code.
  for (let round = 0; round <= runs; round++) {
    n++;
    const took = [
      await measure(() => site.start(main), true),
      await measure(() => start(process.execPath, ['tests/bench/bare-loop.mjs', ...bareLoop, BARE_TOPIC]), true),
      await measure(() => start(process.execPath, ['tests/bench/bare-read.mjs', String(slave.port)]), false),
    ];
    if (round > 0) for (const [i, times] of [gateway, loop, least].entries()) times.push(took[i] as Start);
  }
  await city.endAsync(true);

  const of = (starts: readonly Start[], key: keyof Start) => median(starts.map((each) => each[key]));
  const figure = (name: string, ours: number, bare: number, most: number | null): Figure => ({
    name,
    asked: most === null ? null : `at most ${most} times`,
    measured: `${(ours / bare).toFixed(2)} times: ${ours.toFixed(0)} ms and ${bare.toFixed(0)} ms (medians of ${runs})`,
    ofBound: most === null ? null : ours / bare / most,
  });
  const reading = of(gateway, 'toReading');
  return [
    figure('start to first reading, to a bare loop’s with mqtt.js', reading, of(loop, 'toReading'), MOST),
    figure('start to first reading, to a bare socket’s', reading, of(least, 'toReading'), null),
    figure('start to first PUBLISH, to a bare loop’s', of(gateway, 'toPublish'), of(loop, 'toPublish'), null),
  ];
}
