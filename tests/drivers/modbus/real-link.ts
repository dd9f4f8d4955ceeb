import type { ModbusDevice } from '../../../drivers/modbus/check.ts';
import { modbus } from '../../../drivers/modbus/kind.ts';
import type { Reading } from '../../../drivers/reading.ts';
import { openClock } from '../../../gateway/kit/clock.ts';
import { silentLog } from '../../../gateway/kit/log.ts';

/**
 * A link as a site declares it, on the system's clock; `latest` is the last of each point. Its time-out is short where a
 * first request may go to a slave that is not there yet; a test that an answer must not miss gives it another.
 */
export async function openReal(kind: keyof typeof modbus.links, options: object, devices: readonly ModbusDevice[]) {
  const clock = openClock();
  const parsed = modbus.links[kind].parse({ timeout: '250ms', ...options });
  const link = await modbus.open(
    { id: 'l', kind, options: parsed, devices: devices as never },
    { clock, wire: clock, log: silentLog, dir: '' },
  );
  const stop = new AbortController();
  const latest = new Map<string, Reading>();
  const run = async () => {
    for await (const batch of link.readings(stop.signal))
      for (const reading of batch) latest.set(reading.point, reading);
  };
  const done = run();
  return {
    link,
    latest,
    /** Value of each point, or the code when there is none. */
    values: () => Object.fromEntries([...latest].map(([point, { value, code }]) => [point, value ?? code])),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await link[Symbol.asyncDispose]();
      await done;
    },
  };
}
