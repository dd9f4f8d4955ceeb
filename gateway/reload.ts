import type { Clock } from '#kit/clock.ts';
import type { Log } from '#kit/log.ts';
import type { OpenLink } from '../drivers/driver.ts';
import type { EntryDraft } from './alarms/alarm-event.ts';
import type { TestWatch } from './alarms/device-tested.ts';
import { NOTHING } from './alarms/step.ts';
import type { Board } from './board.ts';
import type { ConsoleDoor } from './console-door.ts';
import type { CallDesk } from './duty/call-desk.ts';
import type { DutyBook } from './duty/duty.ts';
import type { HistoryReader } from './history/history.ts';
import type { Lateness } from './judge/late.ts';
import type { LiveJudge } from './judge/live-judge.ts';
import { NextRules } from './judge/next-rules.ts';
import type { GatewaySite } from './kinds.ts';
import type { Accounts } from './ledger/accounts.ts';
import type { Ledger, LedgerBatch } from './ledger/ledger.ts';
import { stayingOutputs, usesOf } from './open-outputs.ts';
import type { Outputs } from './outputs/outputs.ts';
import type { OwnPoints } from './own/own-points.ts';
import type { PermitRegister } from './permits/permit-register.ts';
import type { KeptSite, PendingSite } from './site/kept-sites.ts';
import { type DriverLink, linkSpecs } from './site/link-spec.ts';
import type { SiteParts } from './site/site-parts.ts';
import type { SitePlan } from './site/site-plan.ts';
import type { OpenUpstream } from './upstream/upstream.ts';

/** Everything of a gateway at work that a changed site reaches. */
export interface Works {
  /** The site that runs; changed here alone. */
  readonly present: { site: GatewaySite };
  readonly data: string;
  readonly clock: Clock;
  readonly wire: Clock;
  readonly log: Log;
  /** The tick at which this run began. */
  readonly since: number;
  readonly ledger: Ledger;
  readonly accounts: Accounts;
  readonly history: HistoryReader;
  readonly live: LiveJudge;
  readonly permits: PermitRegister;
  readonly lateness: Lateness;
  readonly board: Board;
  readonly tests: TestWatch;
  readonly own: OwnPoints;
  readonly duty: DutyBook;
  readonly outputs: Outputs;
  readonly calls: CallDesk;
  readonly console: ConsoleDoor;
  readonly links: SiteParts<DriverLink, OpenLink>;
  readonly sinks: SiteParts<GatewaySite['upstreams'][number], OpenUpstream>;
  /** Readings of links that were opened go to the rules from now on. */
  pump(): void;
}

/** A site that is right, and how it differs from the one at work. */
export interface Change {
  readonly site: GatewaySite;
  readonly plan: SitePlan;
  /** Its copy, which becomes the present one when all else is ready. */
  readonly pending: PendingSite;
  /** What the ledger is told of it, and keeps. */
  tell(kept: KeptSite): { readonly told: readonly EntryDraft[]; readonly states: LedgerBatch['rules'] };
  /** Gives up what only waits. */
  readonly signal: AbortSignal;
}

/**
 * Another site takes the place of the one at work: what is new is built beside, what is equal keeps its socket and state,
 * and between two readings the new is there. It throws why it could not, and the old goes on as it was.
 */
export async function reload(works: Works, change: Change): Promise<KeptSite> {
  const { site, plan, pending } = change;
  await using undo = new AsyncDisposableStack();
  undo.defer(() => pending.discard());
  const next = plan.isJudgedSame ? null : undo.use(await openNextRules(works, change));
  const move = undo.use(await works.console.moveTo(site.console.listen));
  undo.defer(await works.sinks.change(site.upstreams));
  undo.defer(await works.calls.channels.change(site.channels));
  // While their links are still open.
  undo.defer(() => works.outputs.change(works.present.site.outputs, usesOf(works.present.site), []));
  await works.outputs.leave(stayingOutputs(works.present.site, site));
  undo.defer(await works.links.change(linkSpecs(site)));
  const kept = await pending.commit();
  // From here on nothing is undone, and nothing is waited for until all is as the new site says.
  undo.move();
  const { told, states } = change.tell(kept);
  void (next === null ? works.live.keep(NOTHING, told, states) : works.live.changeRules(next, told, states));
  takeOver(works, site, plan);
  move.done();
  return kept;
}

function openNextRules(works: Works, { site, plan, signal }: Change): Promise<NextRules> {
  const { permits } = works;
  const changedPoints = new Set([...plan.points.changed, ...plan.points.removed]);
  const judged = { ...site, permits: permits.over(site.permits) };
  return NextRules.open({ ...works, site: judged, changedPoints, brought: () => permits.brought(), signal });
}

function takeOver(works: Works, site: GatewaySite, plan: SitePlan): void {
  works.links.settle();
  works.live.judge.setPlans(site.plans);
  works.permits.changeSite(site);
  works.lateness.change(site.points);
  works.board.change(site.points);
  works.tests.change(site.points);
  works.own.change(site.points);
  works.outputs.change(site.outputs, usesOf(site), [...plan.links.added, ...plan.links.changed]);
  works.present.site = site;
  works.duty.applyPace();
  works.calls.wake();
  for (const link of [...plan.links.removed, ...plan.links.changed]) works.board.failures.delete(link);
  works.pump();
}
