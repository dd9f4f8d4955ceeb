import type { Clock } from '#kit/clock.ts';
import { Fault } from '#kit/fault.ts';
import { openZone, type Zone } from '#kit/zone.ts';
import type { Reading } from '../drivers/reading.ts';
import { joined } from './alarms/step.ts';
import type { HistoryReader } from './history/history.ts';
import { type Instant, type Judge, type JudgedSite, openRules } from './judge.ts';
import { inTime } from './late.ts';
import type { Ledger, LedgerBatch } from './ledger/ledger.ts';
import { LEDGER_ALARM } from './ledger-alarm.ts';
import type { LiveJudge } from './live-judge.ts';
import { ceased, instants, reasonOf } from './restore.ts';
import type { RuleEngine } from './rules/engine.ts';
import type { Permit } from './rules/permit.ts';
import { eitherOf, withoutPoints } from './rules/rule-parts.ts';

/** Readings from history that are taken between two looks at what else the loop has to do. */
const SLICE = 2000;
/** Readings that may come in while windows are filled. */
const MOST_WAITING = 500_000;
/** How far back on the line a rule is that takes readings and judges none. */
const NEVER = Number.MAX_SAFE_INTEGER;
/** Keys of what is learned, and of what is derived. */
const LEARNED = 'background:';
const DERIVED = 'derived:';

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
 * The rules of a changed site, made ready beside those at work. What these have gathered is taken over where it means the
 * same; for rules that are new, windows are filled from history and then from what comes in, and judge nothing, until they
 * take the place of the others with the state that those have come to.
 */
export class NextRules implements Disposable {
  readonly #options: NextRulesOptions;
  readonly #zone: Zone;
  /** The new rules alone, while their windows are filled; null where there are none. */
  readonly #filled: RuleEngine | null;
  readonly #stop: () => void;
  readonly #from: Instant;
  /** What came in from this tick on is followed, what came before is in history. */
  readonly #first: number;
  /** What came in while windows are filled; null once they are. */
  #waiting: (readonly Reading[])[] | null = [];
  #count = 0;

  private constructor(options: NextRulesOptions) {
    const { site, live, clock, changedPoints } = options;
    const { judge } = live;
    this.#options = options;
    this.#zone = openZone(site.timeZone);
    const now = { at: clock.now(), tick: clock.tick() };
    const parts = withoutPoints(judge.rules.parts, changedPoints, true);
    const rules = openRules(site, this.#zone, now, judge.trust).newTo(parts);
    const { memoryMs } =
      rules.length === 0 ? { memoryMs: 0 } : openRules({ ...site, rules }, this.#zone, now, judge.trust);
    this.#from = { at: now.at - memoryMs, tick: now.tick - memoryMs };
    this.#filled =
      rules.length === 0 ? null : openRules({ ...site, rules }, this.#zone, this.#from, judge.trust, parts);
    // What is derived goes on from where it is; the others judge nothing yet.
    const derived = [...live.snapshot()].filter(([key]) => key.startsWith(DERIVED));
    this.#filled?.restore(new Map(derived), 0, NEVER);
    this.#stop = this.#filled === null ? () => {} : live.follow((batch) => this.#follow(batch));
    this.#first = this.#waiting?.[0]?.[0]?.tick ?? now.tick;
  }

  /** Ready when its windows are filled. Throws a Fault where history cannot be read, or when it is given up. */
  static async open(options: NextRulesOptions): Promise<NextRules> {
    const next = new NextRules(options);
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
   * and the states that have to be stored.
   */
  takePlace(judge: Judge, instant: Instant): { step: ReturnType<Judge['advance']>; rules: LedgerBatch['rules'] } {
    const { changedPoints, site, brought } = this.#options;
    this.#stop();
    const unsaved = new Set(judge.rules.save().map(({ key }) => key));
    const states = judge.rules.snapshot();
    const before = [...states.keys()];
    for (const point of changedPoints) states.delete(`${LEARNED}${point}`);
    for (const key of before) if (changedPoints.has(pointOf(key))) states.delete(key);
    for (const [key, state] of this.#filled?.snapshot() ?? []) {
      if (key.startsWith(DERIVED) && !states.has(key)) states.set(key, state);
    }
    const kept = withoutPoints(judge.rules.parts, changedPoints, false);
    const parts = this.#filled === null ? kept : eitherOf(kept, this.#filled.parts);
    const next = openRules(site, this.#zone, instant, judge.trust, parts);
    next.setPermits(brought(), instant.at, instant.tick);
    const taken = next.restore(states, 0, instant.tick);
    judge.changeRules(next, this.#zone);
    judge.setPlans(site.plans ?? []);

    const saved = next.snapshot();
    const gone = before.filter((key) => !saved.has(key) && !key.startsWith(LEARNED));
    const why = (key: string): string => {
      const reason = reasonOf(key, next, site);
      return reason === 'rule-changed' && changedPoints.has(pointOf(key)) ? 'point-changed' : reason;
    };
    const returned = judge.alarms.open
      .filter(({ condition, watch }) => condition === 'active' && !taken.has(watch.key) && watch.key !== LEDGER_ALARM)
      .map((alarm) => judge.alarms.take(ceased(alarm, instant.at, why(alarm.watch.key))));
    return {
      step: joined([...returned, judge.changeAlarms(site, instant.at), judge.resume(0, instant)]),
      rules: [
        ...[...saved].filter(([key]) => !taken.has(key) || unsaved.has(key)).map(([key, state]) => ({ key, state })),
        ...gone.map((key) => ({ key, state: null })),
      ],
    };
  }

  /** A device that was there before, and is again, stands as it was learned then. */
  async #remember(): Promise<void> {
    const { ledger, live, changedPoints } = this.#options;
    const { parts } = live.judge.rules;
    const isLost = (key: string) =>
      key.startsWith(LEARNED) && parts.background(key) === undefined && !changedPoints.has(key.slice(LEARNED.length));
    const lost = [...(this.#filled?.snapshot().keys() ?? [])].filter(isLost);
    if (lost.length === 0) return;
    const { rules } = await ledger.restore();
    const found = lost.map((key) => [key, rules.get(key)] as const).filter(([, state]) => state !== undefined);
    this.#filled?.restore(new Map(found as [string, object][]), 0, NEVER);
  }

  async #fill(): Promise<void> {
    if (this.#filled === null) return;
    const { history, wire, since, signal } = this.#options;
    const shift = this.#from.at - this.#from.tick;
    let slice = 0;
    for await (const batch of history.since(this.#from.at)) {
      for (const instant of instants(inTime(batch))) {
        const tick = instant[0]?.tick ?? this.#first;
        if (tick >= this.#first) continue;
        // Of an earlier run, whose line is another one: it lies before this run's.
        const moved =
          tick >= since ? instant : instant.map((each) => ({ ...each, tick: Math.min(each.at - shift, since - 1) }));
        this.#step(moved);
        slice += instant.length;
        if (slice < SLICE) continue;
        slice = 0;
        await wire.sleep(0, signal);
      }
    }
    if (this.#count > MOST_WAITING) {
      throw new Fault('site-busy', `more than ${MOST_WAITING} readings came in while windows were filled`, {
        hint: 'change the site by a restart',
      });
    }
    for (const batch of this.#waiting ?? []) this.#step(batch);
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

/** The point of a rule's key, `rule@device/point`. */
const pointOf = (key: string): string => key.slice(key.indexOf('@') + 1);
