import { join } from 'node:path';
import { type Clock, withTicksFrom } from '#kit/clock.ts';
import type { Log } from '#kit/log.ts';
import { keepSmall } from '#kit/memory.ts';
import type { LinkStatus } from '../drivers/driver.ts';
import { openLink } from '../drivers/openers.ts';
import type { Reading } from '../drivers/reading.ts';
import type { Action, Receipt } from './alarms/action.ts';
import type { Alarm } from './alarms/alarm.ts';
import type { StandingView } from './alarms/alarm-book.ts';
import { TestWatch } from './alarms/device-tested.ts';
import type { Health } from './api/context.ts';
import type { DeviceDesk } from './api/device-desk.ts';
import type { DutyDesk } from './api/duty-desk.ts';
import { Board } from './board.ts';
import type { CallDeskStatus } from './duty/call-desk.ts';
import { openDutyDesk } from './duty/duty-desk.ts';
import type { ExerciseDesk } from './exercises/exercise-desk.ts';
import { openHistory } from './history/open-history.ts';
import type { Jobs } from './installer/jobs.ts';
import { inTime } from './judge/late.ts';
import { LiveJudge } from './judge/live-judge.ts';
import { noisePointsOf } from './judge/noise-points.ts';
import { firstTick, RUN, restoreJudge } from './judge/restore.ts';
import type { GatewaySite } from './kinds.ts';
import type { Role } from './ledger/accounts.ts';
import { openDataLock } from './ledger/data-lock.ts';
import type { LedgerStatus } from './ledger/ledger.ts';
import { openLedger } from './ledger/open-ledger.ts';
import { type OutputSwitch, openOutputs } from './open-outputs.ts';
import { openTime } from './open-time.ts';
import { LedgerAlarm } from './own/ledger-alarm.ts';
import { OwnPoints } from './own/own-points.ts';
import type { PermitImport } from './permits/import-permits.ts';
import { type PermitRecord, PermitRegister } from './permits/permit-register.ts';
import { Pumps } from './pumps.ts';
import type { PermitAuthor, Permits } from './rules/permit.ts';
import { changeLink, type DriverLink, linkSpecs } from './site/link-spec.ts';
import type { SiteDesk, SiteStatus } from './site/site-desk.ts';
import { SiteParts } from './site/site-parts.ts';
import type { SiteSource } from './site/site-start.ts';
import type { KeptClock } from './time/kept-clock.ts';
import type { TimeStatus } from './time/time-keeper.ts';
import { openSink, type SinkSpec } from './upstream/openers.ts';
import type { UpstreamStatus } from './upstream/upstream.ts';
import { upstreamCommands } from './upstream-commands.ts';

export interface GatewayOptions {
  readonly site: GatewaySite;
  /** Where it was read from, and is read again. */
  readonly source: SiteSource;
  /** What the box remembers: databases and keys. Held by this process alone. */
  readonly data: string;
  /** The site's time; the demo runs it faster. Its trust is what events and legal rules go by. */
  readonly clock: Clock;
  /** The same clock, where it may be wrong and be told the time; left out where its time is made, as in the demo. */
  readonly kept?: KeptClock;
  /** Real time: time-outs on the wire, sessions, back-off. */
  readonly wire: Clock;
  readonly log: Log;
  /** The built page. */
  readonly consoleDir: string;
  readonly version: string;
}

export interface GatewayStatus extends Health {
  readonly ledger: LedgerStatus;
  readonly links: Readonly<Record<string, LinkStatus>>;
  readonly upstreams: Readonly<Record<string, UpstreamStatus>>;
  readonly calls: CallDeskStatus;
  readonly site: SiteStatus;
  /** Left out where the time is made. */
  readonly time?: TimeStatus;
}

export interface Gateway extends AsyncDisposable {
  /** Where the console is. */
  readonly url: string;
  /** A one-time sign-in link. */
  invite(role: Role): Promise<string>;
  /** Who may sign in. */
  users(): Promise<readonly { readonly name: string; readonly role: Role }[]>;
  /** How it does, for a person at the box. */
  status(): GatewayStatus;
  /** Alarms that are not closed. */
  alarms(): readonly Alarm[];
  act(action: Action): Promise<Receipt>;
  /** What keeps alarms from people. */
  standing(): StandingView;
  readonly duty: DutyDesk;
  /** Changes the site while it runs. */
  readonly permits: Permits;
  readonly devices: DeviceDesk;
  /** Takes a CSV of permits, all of it or nothing; `isTrial`: only says what is wrong. */
  importPermits(text: string, author: PermitAuthor, isTrial: boolean): Promise<PermitImport>;
  readonly site: Pick<SiteDesk, 'reload' | 'back' | 'apply' | 'history' | 'hangUp'>;
  /** Learns anew how a device stands, durable and in the audit trail; false when no rule asks for it. */
  forgetBackground(device: string, by: string): Promise<boolean>;
  /** Switched by the box's own administrator, in the audit trail. */
  readonly outputs: OutputSwitch;
  readonly walkTests: ExerciseDesk['walkTests'];
  readonly drills: ExerciseDesk['drills'];
  readonly jobs: Jobs;
}

/** How long devices have at most for their first answer before the page is loaded, which holds the main loop up. */
const FIRST_ANSWER_MS = 250;

/** The whole way, opened from the end to the beginning: what takes is there before what gives. */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const { site, source, data, kept, wire, log, consoleDir, version } = options;
  const present = { site };
  await using opening = new AsyncDisposableStack();

  opening.use(openDataLock(data, log));
  const openingHistory = openHistory({ dir: join(data, 'history'), log, isNoise: noisePointsOf(() => present.site) });
  opening.defer(async () => await (await openingHistory)[Symbol.asyncDispose]());
  const { ledger, accounts } = await openLedger({ dir: data, gateway: site.gateway, log });
  opening.use(ledger);
  const history = await openingHistory;
  const first = await firstTick(ledger);
  if (first > 0) kept?.remember(first);
  const clock = withTicksFrom(options.clock, first);
  const since = clock.tick();

  const permits = new PermitRegister({
    site,
    // Stored by the register.
    stored: (await ledger.permits()) as readonly PermitRecord[],
    instant: () => ({ at: clock.now(), tick: clock.tick() }),
    apply: (changed, batch, instant) => live.changePermits(changed, batch, instant),
  });
  permits.tellDiffering(log);
  const restored = await restoreJudge({ ...site, permits: permits.over(site.permits) }, ledger, history, clock, log);
  const { judge, lateness, saved } = restored;
  const live = opening.use(new LiveJudge(restored, ledger, clock, wire, log));
  live.recordTo(history.mark, restored.start, permits.brought());
  const links = new SiteParts(
    (spec: DriverLink) => openLink(spec, { clock, wire, log, dir: join(data, 'links', spec.id) }),
    changeLink,
  );
  const time = opening.use(openTime(kept, { present, live, ledger, links: links.open, saved, wire, log }));
  // Not waited for: a disk that refuses writes must not keep the watch from starting.
  // With where this run begins: what it reads lies on its own line of ticks from now on.
  void live.keep(restored.step, [], [{ key: RUN, state: restored.start }]);
  opening.use(new LedgerAlarm(site, ledger, live, clock, wire));
  const dutyDesk = openDutyDesk({ site: () => present.site, live, accounts, saved, clock, wire, log, data });

  const begun = Promise.withResolvers<void>();
  // Before exercises are there, nothing can be of one.
  let act = (action: Action): Promise<Receipt> => live.act(action);
  const sinks = opening.use(
    new SiteParts((spec: SinkSpec) =>
      openSink(spec, {
        gateway: site.gateway,
        ...{ version, clock, wire, log, ledger, history, begun: begun.promise },
        commands: upstreamCommands({ permits, act: (action) => act(action), clock: kept }, spec.id),
        points: () => present.site.points,
      }),
    ),
  );
  await sinks.change(site.upstreams);
  opening.defer(begun.resolve);

  const board = new Board(site.points);
  const tests = new TestWatch(site.points, (at) => judge.zone.encode(at));
  const take = (batch: readonly Reading[]): Promise<unknown> | undefined => {
    const marked = lateness.mark(batch, clock.trust());
    const timely = inTime(marked);
    const durable = live.take(timely, tests.take(timely));
    // After what was derived up to them: history has all in the order of its time.
    history.keep(marked);
    board.take(marked);
    outputs.take(marked);
    return durable;
  };
  judge.listenToDerived((batch) => {
    history.keep(batch);
    board.take(batch);
  });
  const answered = Promise.withResolvers<void>();
  const takeOfLinks = (batch: readonly Reading[]) => {
    answered.resolve();
    return take(batch);
  };
  const pumps = opening.use(new Pumps(takeOfLinks, board, log));
  opening.use(links);
  await links.change(linkSpecs(site));
  const outputs = opening.use(openOutputs(site, { links: links.open, live, clock, wire, log }));
  pumps.start(links.open);
  const own = opening.use(
    new OwnPoints({ points: site.points, data, links: links.open, sinks: sinks.open, outputs, clock, wire, take }),
  );

  // The devices are asked before the page is even loaded, and before a client is with which one could connect.
  if (links.open.size > 0) await Promise.race([answered.promise, wire.sleep(FIRST_ANSWER_MS)]);
  begun.resolve();
  keepSmall();
  const { openDesks } = await import('./open-desks.ts');
  const { console, ...desks } = opening.use(
    await openDesks({
      ...{ present, source, data, clock, wire, log, since, consoleDir, version, saved, time },
      ...{ ledger, accounts, history, live, permits, lateness, board, tests, own, outputs, links, sinks, dutyDesk },
      pump: () => pumps.start(links.open),
    }),
  );
  act = desks.act;

  const opened = opening.move();
  return {
    ...desks,
    get url() {
      return console.url;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
