import { join } from 'node:path';
import { encodeProblem } from '../../config/check-report.ts';
import { loadSite } from '../../config/load.ts';
import type { SiteLink } from '../../config/site.ts';
import type { Driver } from '../../drivers/driver.ts';
import type { Reading } from '../../drivers/reading.ts';
import { parseScenario } from '../../firmware-sim/load.ts';
import { profilesIn } from '../../firmware-sim/profiles.ts';
import type { Scenario } from '../../firmware-sim/scenario.ts';
import { kinds } from '../../gateway/kinds.ts';
import { openClock } from '../../gateway/kit/clock.ts';
import { silentLog } from '../../gateway/kit/log.ts';
import { writeSite } from '../config/temporary-site.ts';

export const PROFILES = join(import.meta.dirname, '../../config/profiles');

/** A device as the scenario and the site both have it, and what each has beside. */
export interface Both {
  readonly profile: string;
  readonly sim?: object;
  readonly site?: object;
}

/** One link of that kind with those devices, `d0`, `d1` …; Modbus units from 1. */
export const scenarioOf = (link: object, devices: readonly Both[]): Scenario =>
  parseScenario(
    JSON.stringify({
      scenario: 'models',
      start: '2026-07-15T21:30:00+08:00',
      end: '2026-07-15T22:30:00+08:00',
      links: { link },
      devices: devices.map(({ profile, sim }, n) => ({ id: `d${n}`, profile, link: 'link', unit: n + 1, ...sim })),
    }),
    profilesIn([PROFILES]),
  );

/** The same as the real loader makes it, without what `address` Modbus alone has where a device says otherwise. */
export async function siteLinkOf(link: object, devices: readonly Both[]): Promise<SiteLink> {
  const own = devices.map(({ profile, site }, n) => ({
    id: `d${n}`,
    profile,
    link: 'link',
    ...(site ?? { address: n + 1 }),
  }));
  await using site = await writeSite({
    'site.yaml': JSON.stringify({ gateway: 'g', timeZone: 'UTC', links: [{ id: 'link', ...link }], devices: own }),
  });
  const loaded = await loadSite(site.dir, kinds);
  const [found] = loaded.site?.links ?? [];
  if (found === undefined) throw new Error(loaded.problems.map(encodeProblem).join('\n'));
  return found;
}

export interface Listening extends AsyncDisposable {
  /** All that was read, oldest first. */
  readonly readings: readonly Reading[];
  counters(): Readonly<Record<string, number>>;
}

/** Opens a link by its real driver and keeps all that it reads. */
export async function listenTo(driver: Driver, link: SiteLink, dir = ''): Promise<Listening> {
  const clock = openClock();
  const open = await driver.open(link as never, { clock, wire: clock, log: silentLog, dir });
  const stop = new AbortController();
  const readings: Reading[] = [];
  const running = (async () => {
    for await (const batch of open.readings(stop.signal)) readings.push(...batch);
  })();
  return {
    readings,
    counters: () => open.status().counters,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await open[Symbol.asyncDispose]();
      await running;
    },
  };
}
