import { join } from 'node:path';
import { type Clock, withTicksFrom } from '#kit/clock.ts';
import { Fault } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { keepSmall } from '#kit/memory.ts';
import type { Listen, Site } from '../config/site.ts';
import type { LinkContext, LinkStatus, OpenLink, Picture } from '../drivers/driver.ts';
import { openers as drivers } from '../drivers/openers.ts';
import type { Reading } from '../drivers/reading.ts';
import type { Action, Receipt } from './alarms/action.ts';
import type { Alarm } from './alarms/alarm.ts';
import type { StandingView } from './alarms/alarm-book.ts';
import { TestWatch } from './alarms/device-tested.ts';
import { NOTHING } from './alarms/lifecycle.ts';
import type { ApiContext, Health } from './api/context.ts';
import type { DeviceDesk } from './api/device-desk.ts';
import type { DutyDesk } from './api/duty-desk.ts';
import { Board } from './board.ts';
import type { Receiver } from './commissioning/walk-test.ts';
import { ConsoleDoor } from './console-door.ts';
import type { CallDeskStatus } from './duty/call-desk.ts';
import { openDutyDesk } from './duty/duty-desk.ts';
import type { ExerciseDesk } from './exercises/exercise-desk.ts';
import { openHistory } from './history/open-history.ts';
import type { Jobs } from './installer/jobs.ts';
import { inTime } from './judge/late.ts';
import { LiveJudge } from './judge/live-judge.ts';
import { noisePointsOf } from './judge/noise-points.ts';
import { firstTick, RUN, restoreJudge } from './judge/restore.ts';
import type { Role } from './ledger/accounts.ts';
import { openDataLock } from './ledger/data-lock.ts';
import type { LedgerStatus } from './ledger/ledger.ts';
import { openLedger } from './ledger/open-ledger.ts';
import { type OutputSwitch, openOutputs, switchOf } from './open-outputs.ts';
import type { Outputs } from './outputs/outputs.ts';
import { LedgerAlarm } from './own/ledger-alarm.ts';
import { OwnPoints } from './own/own-points.ts';
import type { PermitImport } from './permits/import-permits.ts';
import { type PermitRecord, PermitRegister } from './permits/permit-register.ts';
import { Pumps } from './pumps.ts';
import type { Works } from './reload.ts';
import type { Permit, PermitAuthor, Permits } from './rules/permit.ts';
import type { Rule } from './rules/rule.ts';
import { changeLink, type DriverLink, linkSpecs } from './site/link-spec.ts';
import type { SiteDesk, SiteStatus } from './site/site-desk.ts';
import { SiteParts } from './site/site-parts.ts';
import type { SiteSource } from './site/site-start.ts';
import { siteViews } from './site/site-views.ts';
import { openBootLine } from './time/boot-line.ts';
import type { KeptClock } from './time/kept-clock.ts';
import { STRETCH, TimeKeeper, type TimeStatus } from './time/time-keeper.ts';
import { openers as upstreams } from './upstream/openers.ts';
import type { OpenUpstream, UpstreamContext, UpstreamOpener, UpstreamStatus } from './upstream/upstream.ts';
import { upstreamCommands } from './upstream-commands.ts';

export type GatewaySite = Site<Rule, Permit>;
type SiteUpstream = GatewaySite['upstreams'][number];

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
  const { site, data, wire, log, version, source } = options;
  await using opening = new AsyncDisposableStack();

  opening.use(openDataLock(data, log));
  let current = (): GatewaySite => site;
  const openingHistory = openHistory({ dir: join(data, 'history'), log, isNoise: noisePointsOf(() => current()) });
  opening.defer(async () => await (await openingHistory)[Symbol.asyncDispose]());
  const { ledger, accounts } = await openLedger({ dir: data, gateway: site.gateway, log });
  opening.use(ledger);
  const history = await openingHistory;
  const first = await firstTick(ledger);
  if (first > 0) options.kept?.remember(first);
  const clock = withTicksFrom(options.clock, first);
  const since = clock.tick();

  const permits = new PermitRegister({
    site,
    // Stored by the register.
    stored: (await ledger.permits()) as readonly PermitRecord[],
    instant: () => ({ at: clock.now(), tick: clock.tick() }),
    apply: (changed, batch, instant) => live.changePermits(changed, batch, instant),
  });
  for (const { permit } of permits.list().filter(({ differs }) => differs !== null)) {
    log.warn(
      { permit: permit.id },
      "a permit of the site's files says otherwise than the one that was brought, which counts",
    );
  }
  const restored = await restoreJudge({ ...site, permits: permits.over(site.permits) }, ledger, history, clock, log);
  const { judge, lateness, step } = restored;
  const live = opening.use(new LiveJudge(restored, ledger, clock, wire, log));
  const brought = permits.list().filter(({ source }) => source !== 'site');
  live.recordTo(
    history.mark,
    restored.start,
    brought.map(({ permit }) => permit),
  );
  let linksNow = (): ReadonlyMap<string, OpenLink> => new Map();
  const time =
    options.kept === undefined
      ? null
      : opening.use(
          new TimeKeeper({
            ...{ clock: options.kept, boot: openBootLine(), wire, log, links: () => linksNow() },
            instruments: () => current().clockInstruments ?? [],
            saved: restored.saved.get(STRETCH),
            next: () => ledger.status().next,
            keep: (told, states) => live.keep(NOTHING, told, states),
            encodeTime: (at) => judge.zone.encode(at),
            changed: () => live.lookAtTrust(),
          }),
        );
  // Not waited for: a disk that refuses writes must not keep the watch from starting.
  // With where this run begins: what it reads lies on its own line of ticks from now on.
  void live.keep(step, [], [{ key: RUN, state: restored.start }]);
  opening.use(new LedgerAlarm(site, ledger, live, clock, wire));
  const desks = { site: () => current(), live, accounts, saved: restored.saved, clock, wire, log, data };
  const { duty, linkFor, ...dutyParts } = openDutyDesk(desks);

  const answered = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  // Before exercises are there, nothing can be of one.
  let act = (action: Action): Promise<Receipt> => live.act(action);
  const sinks = opening.use(
    new SiteParts((spec: SiteUpstream) => {
      const commands = upstreamCommands({ permits, act: (action) => act(action), clock: options.kept }, spec.id);
      return openSink(spec, {
        gateway: site.gateway,
        ...{ version, clock, wire, log, ledger, history, commands, begun: begun.promise },
        points: () => current().points,
      });
    }),
  );
  await sinks.change(site.upstreams);
  opening.defer(begun.resolve);

  const board = new Board(site.points);
  const tests = new TestWatch(site.points, (at) => judge.zone.encode(at));
  let seen: Pick<Outputs, 'take'> | null = null;
  const take = (batch: readonly Reading[]): Promise<unknown> | undefined => {
    const marked = lateness.mark(batch, clock.trust());
    const timely = inTime(marked);
    const durable = live.take(timely, tests.take(timely));
    // After what was derived up to them: history has all in the order of its time.
    history.keep(marked);
    board.take(marked);
    seen?.take(marked);
    return durable;
  };
  judge.listenToDerived((batch) => {
    history.keep(batch);
    board.take(batch);
  });
  const takeOfLinks = (batch: readonly Reading[]) => {
    answered.resolve();
    return take(batch);
  };
  const pumps = opening.use(new Pumps(takeOfLinks, board, log));
  const links = opening.use(
    new SiteParts(
      (spec: DriverLink) => openLink(spec, { clock, wire, log, dir: join(data, 'links', spec.id) }),
      changeLink,
    ),
  );
  linksNow = () => links.open;
  await links.change(linkSpecs(site));
  pumps.start(links.open);
  const outputs = opening.use(openOutputs(site, { links: links.open, live, clock, wire, log }));
  seen = outputs;
  const backlog = () => Math.max(0, ...[...sinks.open.values()].map((sink) => sink.status().backlog));
  const own = opening.use(
    new OwnPoints({
      points: site.points,
      data,
      links: links.open,
      outputs: () => outputs.list(),
      backlog,
      clock,
      wire,
      take,
    }),
  );

  // The devices are asked before the page is even loaded, and before a client is with which one could connect.
  if (links.open.size > 0) await Promise.race([answered.promise, wire.sleep(FIRST_ANSWER_MS)]);
  begun.resolve();
  keepSmall();
  const [
    { openApi },
    { openMetrics },
    { SiteDesk },
    { InstallerDesk },
    { Jobs },
    { CallDesk },
    { ExerciseDesk },
    { PermitImports },
  ] = await Promise.all([
    import('./api/open-api.ts'),
    import('./metrics.ts'),
    import('./site/site-desk.ts'),
    import('./installer/installer-desk.ts'),
    import('./installer/jobs.ts'),
    import('./duty/call-desk.ts'),
    import('./exercises/exercise-desk.ts'),
    import('./permits/import-permits.ts'),
  ]);
  const exercises = opening.use(
    new ExerciseDesk({
      ...{ board, live, ledger, accounts, sinks: sinks.open, clock, wire, log },
      site: () => current(),
      callsFor: (entry): readonly Receiver[] => calls.receiversOf(entry),
    }),
  );
  act = (action) => exercises.act(action) ?? live.act(action);
  const calls = opening.use(
    await CallDesk.open({
      ...{ ledger, live, saved: restored.saved, clock, wire, log, dir: join(data, 'channels') },
      site: () => current(),
      standing: () => duty.standing,
      linkFor,
      permits: () => permits.over(current().permits),
      find: (alarm): Alarm | null => live.judge.alarms.find(alarm) ?? exercises.find(alarm),
      exercised: () => exercises.alarms,
      isUnseen: (incident) => live.judge.alarms.isUnseen(incident) || exercises.isUnseen(incident),
      act,
    }),
  );
  live.onUndurable((events) => calls.tellAtOnce(events));
  const jobs = opening.use(new Jobs({ site: () => works.site, links: links.open, clock, wire, log }));
  const health = (): Health => {
    const { durable, error = 'not durable' } = ledger.status();
    const failures = [...board.failures].map(([link, text]) => `link ${link}: ${text}`);
    const reasons = [...failures, ...(durable ? [] : [`ledger: ${error}`])];
    return { ready: reasons.length === 0, reasons };
  };
  const metrics = openMetrics({ ledger, history, links: links.open, sinks: sinks.open, judge, lateness, board });
  opening.use(metrics);
  const context: ApiContext = {
    ...{ clock, wire, log, version, accounts, ledger, history, health },
    metrics: metrics.registry,
    site: () => works.site,
    alarms: () => live.alarms,
    points: () => board.points(),
    answers: () => [...judge.rules.answers()],
    links: () => statusOf(links.open),
    upstreams: () => statusOf(sinks.open),
    picture: (device, at) => pictureOf(works.site, links.open, device, at),
    act,
    standing: () => judge.alarms.standing,
    permits,
    outputs,
    walkTests: exercises.walkTests,
    drills: exercises.drills,
    calls,
    get devices() {
      return devices;
    },
    jobs,
    duty,
    ...dutyParts,
    ...siteViews(() => works.site),
    reloadSite: (by, from) => desk.reload(by, from),
    backSite: (number, by, from) => desk.back(number, by, from),
    siteHistory: () => desk.history(),
    onReadings: (listener) => board.listen(listener),
  };
  const openAt = (listen: Listen) => openApi({ listen, consoleDir: options.consoleDir }, context);
  const console = opening.use(await ConsoleDoor.open(site.console.listen, openAt, wire));
  const pump = () => pumps.start(links.open);
  const works: Works = {
    ...{ site, data, clock, wire, log, since, ledger, accounts, history, live, permits, lateness, board, tests, own },
    ...{ console, links, sinks, pump, outputs, calls, duty },
  };
  current = () => works.site;
  const desk = opening.use(new SiteDesk(works, source));
  const devices = new InstallerDesk(works, desk, context.links, version);
  metrics.watchSite(() => desk.status());
  metrics.watchOutputs(() => outputs.list());
  metrics.watchCalls(() => calls.status());
  if (time !== null) metrics.watchTime(() => time.status());
  desk.begin(restored.saved);
  const imports = new PermitImports(permits, join(data, 'permits-import.json'));
  void imports.resume(log);

  const opened = opening.move();
  return {
    get url() {
      return console.url;
    },
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
    act,
    standing: () => judge.alarms.standing,
    walkTests: exercises.walkTests,
    drills: exercises.drills,
    duty,
    permits,
    devices,
    jobs,
    importPermits: (text, author, isTrial) => imports.import(text, author, isTrial),
    site: desk,
    outputs: switchOf(outputs, accounts, clock),
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

async function openSink({ id, kind, options }: SiteUpstream, context: UpstreamContext): Promise<OpenUpstream> {
  // Of the kind that its options were checked for.
  const sink: UpstreamOpener<never> | undefined = Object.values(upstreams).find((each) => each.kind === kind);
  if (sink === undefined) throw new Fault('upstream-kind', `upstream ${id}: no kind ${kind}`);
  return sink.open(id, options as never, context);
}

async function openLink(spec: DriverLink, context: LinkContext): Promise<OpenLink> {
  const open = drivers[spec.protocol];
  if (open === undefined) throw new Fault('link-kind', `link ${spec.id}: no driver for ${spec.protocol}`);
  return open(spec, context);
}
