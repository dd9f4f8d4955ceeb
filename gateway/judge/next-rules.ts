import type { Clock } from '#kit/clock.ts';
import { Fault } from '#kit/fault.ts';
import { Slices } from '#kit/slices.ts';
import { openZone, type Zone } from '#kit/zone.ts';
import type { Reading } from '../../drivers/reading.ts';
import { joined, type Step } from '../alarms/step.ts';
import type { HistoryReader } from '../history/history.ts';
import type { Ledger, LedgerBatch } from '../ledger/ledger.ts';
import { isOwnAlarm } from '../own/own-alarms.ts';
import { DERIVE_MEMORY_MS } from '../rules/derive.ts';
import { RuleEngine } from '../rules/engine.ts';
import type { Permit } from '../rules/permit.ts';
import { memoryOf, type PreparedRules, partsToFill } from '../rules/prepared-rules.ts';
import type { Instant, Judge, JudgedSite } from './judge.ts';
import { inTime } from './late.ts';
import type { LiveJudge } from './live-judge.ts';
import { ceased, instants, reasonOf } from './restore.ts';

/** Readings that may come in while windows are filled. */
const MOST_WAITING = 500_000;
/** How far on the line a rule is that takes readings and judges none. */
const NEVER = Number.MAX_SAFE_INTEGER;
/** Keys of what is learned. */
const LEARNED = 'background:';

export interface NextRulesOptions {
  readonly site: JudgedSite;
  /** Points whose readings mean something else than before: nothing of them is taken over. */
  readonly changedPoints: ReadonlySet<string>;
  /** Permits that were brought meanwhile, which win over the site's. */
  brought(): readonly Permit[];
  readonly live: LiveJudge;
  readonly history: HistoryReader;
  readonly ledger: Pick<Ledger, 'restore'>;
  readonly clock: Clock;
  readonly wire: Clock;
  /** The tick at which this run began: what history has of before is of another line. */
  readonly since: number;
  readonly signal: AbortSignal;
}

/**
 * The rules of a changed site, made ready beside those at work, in slices. What is the same goes on as it is; for rules that
 * are new, windows are filled from history and then from what comes in, and judge nothing, until all takes the place of the
 * others at once.
 */
export class NextRules implements Disposable {
  readonly #options: NextRulesOptions;
  readonly #zone: Zone;
  readonly #next: PreparedRules;
  /** What fills the windows of rules that are new; null where there are none. */
  readonly #filled: RuleEngine | null;
  readonly #stop: () => void;
  readonly #from: Instant;
  /** What came in from this tick on is followed, what came before is in history. */
  readonly #first: number;
  /** What came in while windows are filled; null once they are. */
  #waiting: (readonly Reading[])[] | null = [];
  #count = 0;

  private constructor(options: NextRulesOptions, { zone, next, filled, from }: Opened) {
    this.#options = options;
    this.#zone = zone;
    this.#next = next;
    this.#filled = filled;
    this.#from = from;
    this.#stop = filled === null ? () => {} : options.live.follow((batch) => this.#follow(batch));
    this.#first = this.#waiting?.[0]?.[0]?.tick ?? options.clock.tick();
  }

  /** Ready when its windows are filled. Throws a Fault where history cannot be read, or when it is given up. */
  static async open(options: NextRulesOptions): Promise<NextRules> {
    const next = new NextRules(options, await prepare(options));
    try {
      await next.#remember();
      await next.#fill();
      return next;
    } catch (error) {
      next[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#stop();
    this.#waiting = null;
  }

  /**
   * Takes the place of a judge's rules at the instant that these have come to. Gives the events of alarms that cease by it,
   * and the states that have to be stored beside those of rules that are new.
   */
  takePlace(judge: Judge, instant: Instant): { step: Step; rules: LedgerBatch['rules'] } {
    const { changedPoints, site, brought } = this.#options;
    this.#stop();
    const derived = this.#filled?.derivedStates() ?? new Map();
    const { gone, isKept } = judge.changeRules(this.#zone, this.#next, brought(), derived);
    judge.setPlans(site.plans ?? []);
    const why = (key: string): string => {
      const reason = reasonOf(key, judge.rules, site);
      return reason === 'rule-changed' && changedPoints.has(pointOf(key)) ? 'point-changed' : reason;
    };
    const returned = judge.alarms.open
      .filter(({ condition, watch }) => condition === 'active' && !isKept(watch.key) && !isOwnAlarm(watch.key))
      .map((alarm) => judge.alarms.take(ceased(alarm, instant.at, why(alarm.watch.key))));
    return {
      step: joined([...returned, judge.changeAlarms(site, instant.at), judge.settle(instant)]),
      rules: gone.map((key) => ({ key, state: null })),
    };
  }

  /** A device that was there before, and is again, stands as it was learned then. */
  async #remember(): Promise<void> {
    const { ledger, changedPoints } = this.#options;
    const lost = this.#next.freshBackgrounds.filter(({ key }) => !changedPoints.has(key.slice(LEARNED.length)));
    if (lost.length === 0) return;
    const { rules } = await ledger.restore();
    const found = lost.flatMap(({ key }) => {
      const state = rules.get(key);
      return state === undefined ? [] : [[key, state] as const];
    });
    this.#filled?.takeLearned(new Map(found));
  }

  async #fill(): Promise<void> {
    if (this.#filled === null) return;
    const { history, since, signal } = this.#options;
    const shift = this.#from.at - this.#from.tick;
    const slices = new Slices();
    for await (const batch of history.since(this.#from.at, this.#filled.fedBy)) {
      for (const instant of instants(inTime(batch))) {
        const tick = instant[0]?.tick ?? this.#first;
        if (tick >= this.#first) continue;
        // Of an earlier run, whose line is another one: it lies before this run's.
        const moved =
          tick >= since ? instant : instant.map((each) => ({ ...each, tick: Math.min(each.at - shift, since - 1) }));
        this.#step(moved);
        if (!slices.isOver) continue;
        await slices.next();
        signal.throwIfAborted();
      }
    }
    if (this.#count > MOST_WAITING) {
      throw new Fault('site-busy', `more than ${MOST_WAITING} readings came in while windows were filled`, {
        hint: 'change the site by a restart',
      });
    }
    // What comes in meanwhile is taken in its turn.
    for (const batch of this.#waiting ?? []) {
      this.#step(batch);
      if (slices.isOver) await slices.next();
    }
    this.#waiting = null;
  }

  #follow(batch: readonly Reading[]): void {
    if (this.#waiting === null) {
      this.#step(batch);
      return;
    }
    this.#count += batch.length;
    // Past the bound it is given up.
    if (this.#count <= MOST_WAITING) this.#waiting.push(batch);
  }

  #step(batch: readonly Reading[]): void {
    const { changedPoints } = this.#options;
    const same = changedPoints.size === 0 ? batch : batch.filter(({ point }) => !changedPoints.has(point));
    this.#filled?.step(same);
  }
}

interface Opened {
  readonly zone: Zone;
  readonly next: PreparedRules;
  readonly filled: RuleEngine | null;
  readonly from: Instant;
}

async function prepare({ site, live, clock, changedPoints, signal }: NextRulesOptions): Promise<Opened> {
  const { rules, trust } = live.judge;
  const slices = new Slices();
  const zone = openZone(site.timeZone);
  const parts = rules.partsFor(site.points, changedPoints);
  const next = await slices.run(rules.prepare({ ...site, zone }, parts), signal);
  const now = { at: clock.now(), tick: clock.tick() };
  const { fresh, freshBackgrounds: backgrounds, freshWhiles: whiles, freshDerivers } = next;
  if (fresh.length === 0 && freshDerivers.length === 0) return { zone, next, filled: null, from: now };
  const derivedMs = freshDerivers.length === 0 ? 0 : DERIVE_MEMORY_MS;
  const memoryMs = Math.max(derivedMs, memoryOf({ watches: fresh, backgrounds, whiles }));
  const from = { at: now.at - memoryMs, tick: now.tick - memoryMs };
  const filled = new RuleEngine({ ...site, rules: [], points: [], permits: [], zone, start: from, trust });
  const only = new Set(fresh.map(({ watch }) => watch.key));
  const toFill = await slices.run(filled.prepare({ ...site, zone, only }, partsToFill(next, parts)), signal);
  await slices.next();
  filled.change(toFill, [], new Map());
  await slices.next();
  // What is derived goes on from where it is; the others judge nothing yet.
  filled.restore(rules.derivedStates(), 0, NEVER);
  return { zone, next, filled, from };
}

/** The point of a rule's key, `rule@device/point`. */
const pointOf = (key: string): string => key.slice(key.indexOf('@') + 1);
