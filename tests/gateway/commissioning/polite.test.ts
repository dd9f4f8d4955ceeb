import { expect } from 'vitest';
import type { OpenLink } from '../../../drivers/driver.ts';
import { openTtyReader } from '../../../firmware-sim/modbus/tty-settings.ts';
import { Scan } from '../../../gateway/commissioning/scan.ts';
import { openClock } from '../../../gateway/kit/clock.ts';
import { makeDevice } from '../../drivers/modbus/site.ts';
import { testWith, until } from '../../tools/program.ts';
import { openTunedLine, simpleUnit } from './tuned-line.ts';

const OWN = { baud: 9600, parity: 'none', dataBits: 8, stopBits: 1 } as const;
const UNITS = [1, 2, 3, 4, 5, 6];
const EVERY_MS = 500;
const OTHERS = [
  { ...OWN, parity: 'even' },
  { ...OWN, baud: 19_200 },
] as const;

async function openBus() {
  await using stack = new AsyncDisposableStack();
  const tuned = UNITS.map((unit) => ({ unit: simpleUnit(unit), at: OWN }));
  const hidden = { unit: simpleUnit(9), at: { baud: 9600, parity: 'even' } } as const;
  const line = stack.use(await openTunedLine([...tuned, hidden]));
  const devices = UNITS.map((unit) => makeDevice(`d${unit}`, unit, ['holding 0 u16'], {}, EVERY_MS));
  const link = await line.open({ ...OWN, timeout: '500ms' }, devices);
  const good = { count: 0 };
  const stop = new AbortController();
  stack.defer(() => stop.abort());
  void count(link, good, stop.signal);
  await until(() => good.count >= UNITS.length, 'all units to answer');
  const moved = stack.move();
  return { line, link, good, [Symbol.asyncDispose]: () => moved.disposeAsync() };
}

async function count(link: OpenLink, good: { count: number }, signal: AbortSignal): Promise<void> {
  for await (const batch of link.readings(signal))
    good.count += batch.filter(({ quality }) => quality === 'good').length;
}

const plan = {
  settings: OTHERS,
  units: [7, 8, 9, 10, 11],
  known: new Map(),
  models: [],
  timeoutMs: 90,
};
const quiet = (signal: AbortSignal) => ({ signal, tell: () => {}, progress: () => {} });

testWith('socat')(
  'beside live polling a scan at other settings takes at most a tenth of the rate, and finds',
  async () => {
    await using bus = await openBus();
    const clock = openClock();
    const rate = async (run: () => Promise<unknown>): Promise<number> => {
      const [before, at] = [bus.good.count, clock.tick()];
      await run();
      return ((bus.good.count - before) * 1000) / (clock.tick() - at);
    };
    const first = await rate(() => clock.sleep(2000));
    await using borrowed = bus.link.borrow?.();
    if (borrowed === undefined) throw new Error('not lent');
    expect(bus.link.borrow?.()).toBeUndefined();
    let found: readonly number[] = [];
    const scanned = () =>
      rate(async () => {
        const result = await new Scan(borrowed, plan, quiet(new AbortController().signal), clock).run();
        found = result.found.map(({ unit }) => unit);
      });
    let [alone, beside] = [first, await scanned()];
    // Real time on a real tty: what else runs may disturb one of the two, and is asked not to disturb six.
    for (let again = 0; again < 5 && (beside / alone <= 0.9 || found.join() !== '9'); again++) {
      alone = await rate(() => clock.sleep(2000));
      beside = await scanned();
    }
    console.log(`${alone.toFixed(2)} readings a second alone, ${beside.toFixed(2)} beside a scan`);
    expect(found).toEqual([9]);
    expect(beside / alone).toBeGreaterThan(0.9);
    const isAnswering = () => Object.values(bus.link.status().devices).filter(({ answers }) => answers).length;
    await until(
      () => isAnswering() === UNITS.length,
      () => `all to answer: ${JSON.stringify(bus.link.status().devices)}`,
    );
  },
);

testWith('socat')('a job that dies in the midst of a question leaves the line as it was', async () => {
  await using bus = await openBus();
  await using reader = await openTtyReader(bus.line.tty);
  const death = new AbortController();
  const borrowed = bus.link.borrow?.();
  if (borrowed === undefined) throw new Error('not lent');
  const scan = new Scan(borrowed, { ...plan, timeoutMs: 2000 }, quiet(death.signal), openClock()).run();
  await until(async () => (await reader.read()).parity === 'even', 'the line to be set otherwise');
  death.abort();
  await scan;
  await borrowed[Symbol.asyncDispose]();
  await until(async () => {
    const { baud, parity } = await reader.read();
    return baud === OWN.baud && parity === OWN.parity;
  }, 'the line to be as it was');
  const { count } = bus.good;
  await until(() => bus.good.count > count + UNITS.length, 'polls to go on');
  // It can be lent again.
  await using again = bus.link.borrow?.();
  expect(again).toBeDefined();
});
