import type { Clock } from '#kit/clock.ts';
import { Fault } from '#kit/fault.ts';
import { openZone, type Zone } from '#kit/zone.ts';
import type { Reading } from '../drivers/reading.ts';
import type { HistoryReader } from './history/history.ts';
import { type Instant, type Judge, type JudgedSite, joined, openRules } from './judge.ts';
import { inTime } from './late.ts';
import type { Ledger, LedgerBatch } from './ledger/ledger.ts';
import { LEDGER_ALARM } from './ledger-alarm.ts';
import type { LiveJudge } from './live-judge.ts';
import { ceased, instants } from './restore.ts';
import type { RuleEngine } from './rules/engine.ts';
import type { Permit } from './rules/permit.ts';

/** Readings from history that are taken between two looks at what else the loop has to do. */
const SLICE = 2000;
/** Readings that may come in while windows are filled. */
const MOST_WAITING = 500_000;
/** How far back on the line a rule is that takes readings and judges none. */
const NEVER = Number.MAX_SAFE_INTEGER;
/** Keys of what is learned, and of what is derived. */
const LEARNED = /^background:/;
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
 * The rules of a changed site, made ready beside those at work. Their windows are filled from history and then from what
 * comes in, and judge nothing, until they take the place of the others with the state that those have come to.
 */
export class NextRules implements Disposable {
  readonly #options: NextRulesOptions;
  readonly #zone: Zone;
  readonly #rules: RuleEngine;
  readonly #stop: () => void;
  readonly #from: Instant;
  /** What came in from this tick on is followed, what came before is in history. */
  readonly #first: number;
  /** What came in while windows are filled; null once they are. */
  #waiting: (readonly Reading[])[] | null = [];
  #count = 0;
  /** States of devices' backgrounds that the present rules do not ask for, and an earlier site's did. */
  #remembered: ReadonlyMap<string, object> = new Map();

  private constructor(options: NextRulesOptions) {
    const { site, live, clock } = options;
    this.#options = options;
    this.#zone = openZone(site.timeZone);
    const now = { at: clock.now(), tick: clock.tick() };
    const { memoryMs } = openRules(site, this.#zone, now, live.judge.trust);
    this.#from = { at: now.at - memoryMs, tick: now.tick - memoryMs };
    this.#rules = openRules(site, this.#zone, this.#from, live.judge.trust);
    // What is derived goes on from where it is; the others judge nothing yet.
    const derived = [...live.snapshot()].filter(([key]) => key.startsWith(DERIVED));
    this.#rules.restore(new Map(derived), 0, NEVER);
    this.#stop = live.follow((batch) => this.#follow(batch));
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
    const next = this.#rules;
    const unsaved = new Set(judge.rules.save().map(({ key }) => key));
    const states = judge.rules.snapshot();
    const before = [...states.keys()];
    for (const key of before) if (changedPoints.has(pointOf(key))) states.delete(key);
    for (const [key, state] of this.#remembered) if (!states.has(key)) states.set(key, state);
    next.setTrust(judge.trust, instant.at, instant.tick);
    next.setPermits(brought(), instant.at, instant.tick);
    const taken = next.restore(states, 0, instant.tick);
    // What was derived while windows were filled is known already.
    next.takeDerived();
    judge.changeRules(next, this.#zone);

    const saved = next.save();
    const kept = new Set(next.snapshot().keys());
    const gone = before.filter((key) => !kept.has(key) && !LEARNED.test(key));
    const points = new Set(site.points.map(({ key }) => key));
    const reasonOf = (key: string): string => {
      if (!points.has(pointOf(key))) return 'point-removed';
      if (!next.has(key)) return 'rule-removed';
      return changedPoints.has(pointOf(key)) ? 'point-changed' : 'rule-changed';
    };
    const returned = judge.alarms.open
      .filter(({ condition, watch }) => condition === 'active' && !taken.has(watch.key) && watch.key !== LEDGER_ALARM)
      .map((alarm) => judge.alarms.take(ceased(alarm, instant.at, reasonOf(alarm.watch.key))));
    return {
      step: joined([...returned, judge.resume(0, instant)]),
      rules: [
        ...saved.filter(({ key }) => !taken.has(key) || unsaved.has(key)),
        ...gone.map((key) => ({ key, state: null })),
      ],
    };
  }

  /** A device that was there before, and is again, stands as it was learned then. */
  async #remember(): Promise<void> {
    const wanted = [...this.#rules.snapshot().keys()].filter((key) => LEARNED.test(key));
    if (wanted.length === 0) return;
    const { rules } = await this.#options.ledger.restore();
    const found = wanted.map((key) => [key, rules.get(key)] as const);
    this.#remembered = new Map(found.flatMap(([key, state]) => (state === undefined ? [] : [[key, state] as const])));
  }

  async #fill(): Promise<void> {
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
    this.#rules.step(same);
  }
}

/** The point of a rule's key, `rule@device/point`. */
const pointOf = (key: string): string => key.slice(key.indexOf('@') + 1);
