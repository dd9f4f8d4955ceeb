import { openClock } from '#kit/clock.ts';
import { silentLog } from '#kit/log.ts';
import { openScratch } from '#kit/scratch.ts';
import type { SiteLink, SitePoint } from '../../config/site.ts';
import type { Driver } from '../../drivers/driver.ts';
import type { Reading } from '../../drivers/reading.ts';

export interface OnceRead {
  /** By `device/point`; those that were not heard in time are not in it. */
  readonly readings: ReadonlyMap<string, Reading>;
  /** Why the link is down, if it is. */
  readonly error: string | undefined;
}

/** Opens a link by its real driver and waits until each point has a reading, at most so long. */
export async function readOnce(driver: Driver, link: SiteLink, withinMs: number): Promise<OnceRead> {
  await using stack = new AsyncDisposableStack();
  const { dir } = stack.use(await openScratch('trial'));
  const clock = openClock();
  // The schemas of this very driver made the options and sources.
  const open = stack.use(await driver.open(link as never, { clock, wire: clock, log: silentLog, dir }));
  const wanted = link.devices.flatMap((device) => device.points.map((point: SitePoint) => point.key));
  const readings = new Map<string, Reading>();
  const stop = new AbortController();
  stack.defer(clock.after(withinMs, () => stop.abort()));
  for await (const batch of open.readings(stop.signal)) {
    for (const reading of batch) readings.set(reading.point, reading);
    if (wanted.every((key) => readings.has(key))) break;
  }
  return { readings, error: open.status().error };
}
