import { join } from 'node:path';
import type { OpenLink, Picture } from '../drivers/driver.ts';
import type { Alarm } from './alarms/alarm.ts';
import type { ApiContext, Health } from './api/context.ts';
import { openApi } from './api/open-api.ts';
import type { Receiver } from './commissioning/walk-test.ts';
import { ConsoleDoor } from './console-door.ts';
import { CallDesk } from './duty/call-desk.ts';
import type { OpenDutyDesk } from './duty/duty-desk.ts';
import { ExerciseDesk } from './exercises/exercise-desk.ts';
import type { Gateway } from './gateway.ts';
import { InstallerDesk } from './installer/installer-desk.ts';
import { Jobs } from './installer/jobs.ts';
import type { GatewaySite } from './kinds.ts';
import { openMetrics } from './metrics.ts';
import { switchOf } from './open-outputs.ts';
import { PermitImports } from './permits/import-permits.ts';
import type { Works } from './reload.ts';
import { SiteDesk } from './site/site-desk.ts';
import type { SiteSource } from './site/site-start.ts';
import { siteViews } from './site/site-views.ts';
import type { TimeKeeper } from './time/time-keeper.ts';

/** The way of the data as it is open. */
export interface Way extends Omit<Works, 'duty' | 'calls' | 'console'> {
  readonly source: SiteSource;
  readonly consoleDir: string;
  readonly version: string;
  /** The states that the ledger kept of an earlier run. */
  readonly saved: ReadonlyMap<string, object>;
  /** Null where the time is made. */
  readonly time: TimeKeeper | null;
  readonly dutyDesk: OpenDutyDesk;
}

/** What a gateway is to people, but for where its console is at the moment. */
export interface Desks extends Omit<Gateway, 'url'> {
  readonly console: ConsoleDoor;
}

/** What stands beside the way, for people: exercises, calls, the installer's jobs, figures, the page, the site's changes. */
export async function openDesks(way: Way): Promise<Desks> {
  const { present, source, data, clock, wire, log, version, saved, time, dutyDesk } = way;
  const { ledger, accounts, history, live, permits, lateness, board, outputs, links, sinks } = way;
  const { judge } = live;
  const { duty, linkFor, ...dutyParts } = dutyDesk;
  const site = () => present.site;
  await using opening = new AsyncDisposableStack();

  const exercises = opening.use(
    new ExerciseDesk({
      ...{ site, board, live, ledger, accounts, sinks: sinks.open, clock, wire, log },
      callsFor: (entry): readonly Receiver[] => calls.receiversOf(entry),
    }),
  );
  const act: Gateway['act'] = (action) => exercises.act(action) ?? live.act(action);
  const calls = opening.use(
    await CallDesk.open({
      ...{ site, ledger, live, saved, clock, wire, log, linkFor, act, dir: join(data, 'channels') },
      standing: () => duty.standing,
      permits: () => permits.over(present.site.permits),
      find: (alarm): Alarm | null => judge.alarms.find(alarm) ?? exercises.find(alarm),
      exercised: () => exercises.alarms,
      isUnseen: (incident) => judge.alarms.isUnseen(incident) || exercises.isUnseen(incident),
    }),
  );
  live.onUndurable((events) => calls.tellAtOnce(events));
  const jobs = opening.use(new Jobs({ site, links: links.open, clock, wire, log }));
  const metrics = opening.use(
    openMetrics({ ledger, history, links: links.open, sinks: sinks.open, judge, lateness, board }),
  );
  const health = (): Health => {
    const { durable, error = 'not durable' } = ledger.status();
    const failures = [...board.failures].map(([link, text]) => `link ${link}: ${text}`);
    const reasons = [...failures, ...(durable ? [] : [`ledger: ${error}`])];
    return { ready: reasons.length === 0, reasons };
  };
  const context: ApiContext = {
    ...{ clock, wire, log, version, accounts, ledger, history, health, site, act, permits, outputs, calls, jobs, duty },
    ...dutyParts,
    ...siteViews(site),
    metrics: metrics.registry,
    alarms: () => live.alarms,
    points: () => board.points(),
    answers: () => [...judge.rules.answers()],
    links: () => statusOf(links.open),
    upstreams: () => statusOf(sinks.open),
    picture: (device, at) => pictureOf(present.site, links.open, device, at),
    standing: () => judge.alarms.standing,
    walkTests: exercises.walkTests,
    drills: exercises.drills,
    get devices() {
      return devices;
    },
    reloadSite: (by, from) => desk.reload(by, from),
    backSite: (number, by, from) => desk.back(number, by, from),
    siteHistory: () => desk.history(),
    onReadings: (listener) => board.listen(listener),
  };
  const openAt: Parameters<typeof ConsoleDoor.open>[1] = (listen) =>
    openApi({ listen, consoleDir: way.consoleDir }, context);
  const console = opening.use(await ConsoleDoor.open(present.site.console.listen, openAt, wire));
  const works: Works = { ...way, duty, calls, console };
  const desk = opening.use(new SiteDesk(works, source));
  const devices = new InstallerDesk(works, desk, context.links, version);
  metrics.watchSite(() => desk.status());
  metrics.watchOutputs(() => outputs.list());
  metrics.watchCalls(() => calls.status());
  if (time !== null) metrics.watchTime(() => time.status());
  desk.begin(saved);
  const imports = new PermitImports(permits, join(data, 'permits-import.json'));
  void imports.resume(log);

  const opened = opening.move();
  return {
    ...{ console, act, duty, permits, devices, jobs, site: desk, outputs: switchOf(outputs, accounts, clock) },
    walkTests: exercises.walkTests,
    drills: exercises.drills,
    invite: (role) => console.invite(role),
    users: () => accounts.list(),
    status: () => ({
      ...health(),
      ledger: ledger.status(),
      links: context.links(),
      upstreams: context.upstreams(),
      calls: calls.status(),
      site: desk.status(),
      ...(time === null ? {} : { time: time.status() }),
    }),
    alarms: () => live.alarms,
    standing: () => judge.alarms.standing,
    importPermits: (text, author, isTrial) => imports.import(text, author, isTrial),
    async forgetBackground(device, by) {
      if (!(await live.forgetBackground(device))) return false;
      await accounts.audit({ at: clock.now(), who: by, what: 'background', detail: { device } });
      return true;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

const statusOf = <S>(open: ReadonlyMap<string, { status(): S }>): Record<string, S> =>
  Object.fromEntries([...open].map(([id, each]) => [id, each.status()]));

/** The picture that a device's link keeps; none where the device, or its link, has none. */
async function pictureOf(
  site: GatewaySite,
  links: ReadonlyMap<string, OpenLink>,
  device: string,
  at: number,
): Promise<Picture | undefined> {
  const link = site.links.find(({ devices }) => devices.some(({ id }) => id === device));
  return link === undefined ? undefined : await links.get(link.id)?.picture?.(device, at);
}
