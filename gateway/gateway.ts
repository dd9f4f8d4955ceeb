import { join } from 'node:path';
import { type Clock, withTicksFrom } from '#kit/clock.ts';
import { codeOf, Fault, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { keepSmall } from '#kit/memory.ts';
import { linkFieldsOf } from '../config/broker.ts';
import type { Site, SiteLink } from '../config/site.ts';
import type { LinkContext, LinkStatus, OpenLink, Picture } from '../drivers/driver.ts';
import { drivers } from '../drivers/index.ts';
import type { Reading } from '../drivers/reading.ts';
import type { Action, Receipt } from './alarms/action.ts';
import type { Alarm } from './alarms/alarm.ts';
import { TestWatch } from './alarms/device-tested.ts';
import type { Health } from './api/context.ts';
import { Board } from './board.ts';
import { openHistory } from './history/open-history.ts';
import { inTime } from './late.ts';
import type { Role } from './ledger/accounts.ts';
import { openDataLock } from './ledger/data-lock.ts';
import type { LedgerStatus } from './ledger/ledger.ts';
import { openLedger } from './ledger/open-ledger.ts';
import { LedgerAlarm } from './ledger-alarm.ts';
import { LiveJudge } from './live-judge.ts';
import { OwnPoints } from './own-points.ts';
import { firstTick, restoreJudge } from './restore.ts';
import type { Permit } from './rules/permit.ts';
import type { Rule } from './rules/rule.ts';
import { upstreams } from './upstream/index.ts';
import type { OpenUpstream, UpstreamStatus } from './upstream/upstream.ts';

export type GatewaySite = Site<Rule, Permit>;

export interface GatewayOptions {
  readonly site: GatewaySite;
  /** What the box remembers: databases and keys. Held by this process alone. */
  readonly data: string;
  /** The site's time; the demo runs it faster. Its trust is what events and legal rules go by. */
  readonly clock: Clock;
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
  /** Learns anew how a device stands, durable and in the audit trail; false when no rule asks for it. */
  forgetBackground(device: string, by: string): Promise<boolean>;
}

/** How long the devices have for themselves before the page is loaded, which holds the main loop up. */
const FIRST_ASK_MS = 10;

/** The whole way, opened from the end to the beginning: what takes is there before what gives. */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const { site, data, wire, log, version } = options;
  await using opening = new AsyncDisposableStack();

  opening.use(openDataLock(data, log));
  const openingHistory = openHistory({ dir: join(data, 'history'), log });
  opening.defer(async () => await (await openingHistory)[Symbol.asyncDispose]());
  const { ledger, accounts } = await openLedger({ dir: data, gateway: site.gateway, log });
  opening.use(ledger);
  const history = await openingHistory;
  const clock = withTicksFrom(options.clock, await firstTick(ledger));

  const restored = await restoreJudge(site, ledger, history, clock, log);
  const { judge, lateness, step } = restored;
  const live = opening.use(new LiveJudge(restored, ledger, clock, wire, log));
  // Not waited for: a disk that refuses writes must not keep the watch from starting.
  void live.keep(step, []);
  opening.use(new LedgerAlarm(site, ledger, live, clock, wire));

  const sinks = new Map<string, OpenUpstream>();
  for (const { id, kind, options: wanted } of site.upstreams) {
    const sink = upstreams.find((each) => each.kind === kind);
    if (sink === undefined) throw new Fault('upstream-kind', `upstream ${id}: no kind ${kind}`);
    const context = { gateway: site.gateway, version, clock, wire, log, ledger };
    sinks.set(id, opening.use(await sink.open(id, wanted as never, context)));
  }

  const board = new Board(site.points);
  const links = new Map<string, OpenLink>();
  const health = (): Health => {
    const { durable, error = 'not durable' } = ledger.status();
    const reasons = [...board.failures, ...(durable ? [] : [`ledger: ${error}`])];
    return { ready: reasons.length === 0, reasons };
  };
  const tests = new TestWatch(site.points, judge.zone.encode);
  const take = (batch: readonly Reading[]): Promise<unknown> | undefined => {
    const marked = lateness.mark(batch, clock.trust());
    history.keep(marked);
    board.take(marked);
    const timely = inTime(marked);
    return live.take(timely, tests.take(timely));
  };
  judge.listenToDerived((batch) => {
    history.keep(batch);
    board.take(batch);
  });
  const ending = new AbortController();
  const pumps: Promise<void>[] = [];
  opening.defer(async () => {
    await Promise.all(pumps);
  });
  opening.defer(() => ending.abort());
  for (const spec of site.links) {
    const link = opening.use(await openLink(site, spec, { clock, wire, log, dir: join(data, 'links', spec.id) }));
    links.set(spec.id, link);
    pumps.push(pump(spec.id, link, take, board, log, ending.signal));
  }
  const backlog = () => Math.max(0, ...[...sinks.values()].map((sink) => sink.status().backlog));
  opening.use(new OwnPoints({ points: site.points, data, links, backlog, clock, wire, take }));

  // The devices are asked before the page is even loaded.
  await wire.sleep(FIRST_ASK_MS);
  keepSmall();
  const [{ openApi }, { openMetrics }] = await Promise.all([import('./api/open-api.ts'), import('./metrics.ts')]);
  const metrics = openMetrics({ ledger, history, links, sinks, judge, lateness, board });
  opening.use(metrics);
  const api = opening.use(
    await openApi(
      { listen: site.console.listen, consoleDir: options.consoleDir },
      {
        clock,
        wire,
        log,
        site: { gateway: site.gateway, name: site.name, timeZone: site.timeZone, version },
        accounts,
        ledger,
        history,
        metrics: metrics.registry,
        alarms: () => live.alarms,
        points: () => board.points(),
        answers: () => [...judge.rules.answers()],
        links: () => statusOf(links),
        upstreams: () => statusOf(sinks),
        picture: (device, at) => pictureOf(site, links, device, at),
        health,
        act: (action) => live.act(action),
        onReadings: (listener) => board.listen(listener),
      },
    ),
  );

  const opened = opening.move();
  return {
    url: api.url,
    invite: (role) => api.invite(role),
    users: () => accounts.list(),
    status: () => ({ ...health(), ledger: ledger.status(), links: statusOf(links), upstreams: statusOf(sinks) }),
    alarms: () => live.alarms,
    act: (action) => live.act(action),
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

async function openLink(site: GatewaySite, spec: SiteLink, context: LinkContext): Promise<OpenLink> {
  const driver = drivers.find(({ protocol }) => protocol === spec.protocol);
  if (driver === undefined) throw new Fault('link-kind', `link ${spec.id}: no driver for ${spec.protocol}`);
  // The embedded broker listens where the site says, and times without a zone are of the site's, unless the link says otherwise.
  const isOwn = ['listen', 'tls', 'websocket'].some((field) => Object.hasOwn(spec.options as object, field));
  const broker = site.broker === null || isOwn ? {} : linkFieldsOf(site.broker);
  const given = spec.options as Record<string, unknown>;
  const isZoned = spec.kind === 'hj212' || spec.kind === 'cabinet';
  const inherited = spec.kind === 'mqtt' ? broker : isZoned ? { timeZone: site.timeZone } : {};
  const linkOptions = { ...inherited, ...given };
  return driver.open({ ...spec, options: linkOptions } as Parameters<typeof driver.open>[0], context);
}

/** A link's readings to the rules until the gateway ends. A driver that fails is told of, and harms no other. */
async function pump(
  id: string,
  link: OpenLink,
  take: (batch: readonly Reading[]) => Promise<unknown> | undefined,
  board: Board,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const batch of link.readings(signal)) {
      const durable = take(batch);
      if (durable !== undefined) link.kept?.(durable);
    }
  } catch (error) {
    if (signal.aborted) return;
    log.error({ link: id, code: codeOf(error) }, `the link's driver failed: ${textOf(error)}`);
    board.failures.push(`link ${id}: ${textOf(error)}`);
  }
}
