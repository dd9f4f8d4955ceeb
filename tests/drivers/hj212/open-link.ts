import { hj212 } from '../../../drivers/hj212/kind.ts';
import type { Reading } from '../../../drivers/reading.ts';
import { type Hj212Where, runHj212Devices } from '../../../firmware-sim/hj212/devices.ts';
import type { Hj212Device as SimDevice, SimValue } from '../../../firmware-sim/hj212/instrument.ts';
import { type Clock, openClock } from '../../../gateway/kit/clock.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { MN, makeDevice, makeLink } from './site.ts';

/** A real link whose readings are gathered as they come. */
export async function openLink(
  options: object,
  devices = [makeDevice()],
  clocks: { clock?: Clock; wire?: Clock } = {},
) {
  const { wire = openClock({ trust: () => 'synchronised' }), clock = wire } = clocks;
  const link = await hj212.open(makeLink(options, devices), { clock, wire, log: silentLog, dir: '' });
  const stop = new AbortController();
  const readings: Reading[] = [];
  const reading = (async () => {
    for await (const batch of link.readings(stop.signal)) readings.push(...batch);
  })();
  return {
    link,
    readings,
    count: (name: string) => link.status().counters[name] ?? 0,
    values: () => readings.map(({ value, code }) => value ?? code),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await reading;
      await link[Symbol.asyncDispose]();
    },
  };
}

export const simDevice = (
  persona: SimDevice['persona'],
  more: Partial<SimDevice> = {},
  values: readonly SimValue[] = [{ name: 'LA-Rtd', value: '57.9', flag: 'N' }],
): SimDevice => ({
  id: 'sim',
  mn: MN,
  password: '123456',
  st: '23',
  edition: 2017,
  persona,
  uploads: [{ cn: '2011', everyMs: 100, values: () => values }],
  ...more,
});

/** Simulated instruments until the scope ends. */
export function runSims(devices: readonly SimDevice[], where: Hj212Where): AsyncDisposable {
  const stop = new AbortController();
  const running = runHj212Devices(devices, where, stop.signal);
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}
