import { ALARM_TYPE, type AlarmEvent } from '../alarms/alarm-event.ts';
import type { Instant, JudgedSite } from '../judge/judge.ts';
import { compareLevels, LEVELS, type Level } from '../rules/finding.ts';
import type { Line } from './recording.ts';
import { Replay } from './replay.ts';

/** The two sets of rules: what the site has, and what it is compared with. */
export const SIDES = ['site', 'other'] as const;
export type Side = (typeof SIDES)[number];

/** What one set of rules said, of one rule on one point or in all. */
export interface Tally {
  /** Alarms, each from raised to closed. */
  alarms: number;
  /** How often one was raised, again or anew. */
  raised: number;
  /** Milliseconds active at each level, on the line that never steps. */
  readonly activeMs: Record<Level, number>;
}

/** A stretch of time in which one of the two was active without a break, and the other was not, or at another highest level. */
export interface Difference {
  /** `rule@device/point`. */
  readonly key: string;
  /** As events say it; `to` null: still active at the end. */
  readonly from: string;
  readonly to: string | null;
  readonly highest: Readonly<Record<Side, Level | null>>;
}

type Told = Record<Side, Tally>;

/** Of one rule on one point. */
interface Watched {
  readonly key: string;
  readonly told: Told;
  /** The level now, and the tick since which it has been so. */
  readonly now: Record<Side, { level: Level | null; since: number }>;
  stretch: { readonly from: string; readonly highest: Record<Side, Level | null> } | null;
}

const MOST_DIFFERENCES = 10_000;
/** A step of the wall clock changes `at − tick` by more than this, ms. */
const CLOCK_STEP_MS = 1000;

const both = <T>(make: () => T): Record<Side, T> => ({ site: make(), other: make() });
const noTally = (): Tally => ({ alarms: 0, raised: 0, activeMs: { blue: 0, yellow: 0, orange: 0, red: 0 } });

/** Two sets of rules over one recording, in one pass. */
export class Comparison {
  readonly #replays: Record<Side, Replay>;
  readonly #watched = new Map<string, Watched>();
  readonly #touched = new Set<Watched>();
  readonly #differences: Difference[] = [];
  #leftOut = 0;
  #last: Instant | null = null;

  constructor(site: JudgedSite, other: JudgedSite) {
    this.#replays = { site: new Replay(site), other: new Replay(other) };
  }

  take(line: Line): void {
    const isStep =
      this.#last !== null && Math.abs(line.at - line.tick - this.#last.at + this.#last.tick) > CLOCK_STEP_MS;
    this.#last = line;
    this.#hold((replay) => replay.take(line), isStep);
  }

  /** The recording is over; time runs on to `until`, UTC ms, if that is later. What is active then stays so. */
  end(until: number | null): void {
    if (this.#last === null) return;
    if (until !== null && until > this.#last.at) {
      this.#last = { at: until, tick: this.#last.tick + until - this.#last.at };
      this.#hold((replay) => replay.runTo(until), false);
    }
    for (const watched of this.#watched.values()) {
      for (const side of SIDES) this.#credit(watched, side, this.#last.tick);
      this.#endStretch(watched, null);
    }
  }

  /** Of every rule on every point of which either said something, in the order of their names. */
  rows(): readonly { readonly key: string; readonly told: Readonly<Told> }[] {
    return [...this.#watched.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  total(): Told {
    const total = both(noTally);
    for (const { told } of this.#watched.values()) {
      for (const side of SIDES) {
        total[side].alarms += told[side].alarms;
        total[side].raised += told[side].raised;
        for (const level of LEVELS) total[side].activeMs[level] += told[side].activeMs[level];
      }
    }
    return total;
  }

  /** In the order in which they ended, the first 10,000; `leftOut` more there were. */
  get differences(): { readonly told: readonly Difference[]; readonly leftOut: number } {
    return { told: this.#differences, leftOut: this.#leftOut };
  }

  /** Takes the events of both in the order of their times, so that what they say at one instant is held together. */
  #hold(run: (replay: Replay) => readonly AlarmEvent[], isStep: boolean): void {
    const said: { readonly side: Side; readonly event: AlarmEvent; readonly at: number }[] = [];
    for (const side of SIDES) {
      for (const event of run(this.#replays[side])) said.push({ side, event, at: Date.parse(event.time) });
    }
    if (said.length === 0 || this.#last === null) return;
    const { at, tick } = this.#last;
    said.sort((a, b) => a.at - b.at);
    for (const [i, each] of said.entries()) {
      if (each.at !== said[i - 1]?.at) this.#settle(said[i - 1]?.event.time ?? '');
      this.#take(each.side, each.event, isStep ? tick : Math.min(tick, tick + each.at - at));
    }
    this.#settle(said.at(-1)?.event.time ?? '');
  }

  #take(side: Side, { type, time, data }: AlarmEvent, tick: number): void {
    const watched = this.#watchedOf(`${data.rule}@${data.device}/${data.point}`);
    const tally = watched.told[side];
    this.#credit(watched, side, tick);
    if (type === `${ALARM_TYPE}raised`) {
      tally.raised++;
      if (!data.again) tally.alarms++;
    }
    const level = data.condition === 'active' ? data.level : null;
    watched.now[side].level = level;
    this.#touched.add(watched);
    if (level === null) return;
    watched.stretch ??= { from: time, highest: both((): Level | null => null) };
    const { highest } = watched.stretch;
    if (compareLevels(level, highest[side]) > 0) highest[side] = level;
  }

  /** All of one instant is in. */
  #settle(time: string): void {
    for (const watched of this.#touched) {
      if (SIDES.every((side) => watched.now[side].level === null)) this.#endStretch(watched, time);
    }
    this.#touched.clear();
  }

  #endStretch(watched: Watched, to: string | null): void {
    const { key, stretch } = watched;
    watched.stretch = null;
    if (stretch === null || stretch.highest.site === stretch.highest.other) return;
    if (this.#differences.length < MOST_DIFFERENCES) this.#differences.push({ key, ...stretch, to });
    else this.#leftOut++;
  }

  #credit({ told, now }: Watched, side: Side, tick: number): void {
    const { level, since } = now[side];
    if (level !== null) told[side].activeMs[level] += Math.max(0, tick - since);
    now[side].since = tick;
  }

  #watchedOf(key: string): Watched {
    const known = this.#watched.get(key);
    if (known !== undefined) return known;
    const now = both((): { level: Level | null; since: number } => ({ level: null, since: 0 }));
    const made: Watched = { key, told: both(noTally), now, stretch: null };
    this.#watched.set(key, made);
    return made;
  }
}
