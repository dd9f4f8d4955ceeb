import type { RulePoint } from './point.ts';
import type { Rest } from './rest.ts';
import type { Rule } from './rule.ts';
import type { Band } from './threshold.ts';

/**
 * What a rule of one kind knows of the points that it looks at. It is fed every good reading in force, and asked
 * of each level, lowest first, whether the present value is beyond it. It keeps no levels and no deadlines of its own.
 */
export interface Probe {
  /** The points that it is fed from; its own point comes first. */
  readonly inputs: readonly RulePoint[];
  /** A good reading of `inputs[input]`. */
  take(input: number, tick: number, value: number | string): void;
  /** A reading of its own point that is not good, and why; only what is of the quality of readings asks for it. */
  miss?(tick: number, why: string): void;
  /** Why it cannot be evaluated now, or null. `since`: the tick from which its point or its opening has been there. */
  code(tick: number, since: number): string | null;
  /**
   * A quick yes where it can be evaluated and exactly the lowest `held` levels are passed, as on nearly every reading while
   * these hold; false says nothing.
   */
  isQuiet(held: number): boolean;
  /** Where all that it keeps of a reading is its value: that, kept in one place with what its rule keeps … */
  readonly rest?: Rest;
  /** … and the values that pass exactly the lowest `held` levels; undefined where a value alone does not say it. */
  restBand?(held: number): Band | undefined;
  isPassed(level: number): boolean;
  isBack(level: number): boolean;
  /** The measure, a state's name, or null. */
  value(): number | string | null;
  /** The limit of a level, as events carry it. */
  limit(level: number): number | null;
  coverage(): number | null;
  /** The tick up to which its answer is borne by good readings: deadlines after it do not fire. `holds`: a level does. */
  validUntil(holds: boolean): number;
  /** The tick at which time alone makes its one level true (silence); Infinity for all other kinds. */
  dueByTime(since: number): number;
  /**
   * The tick from which its window is not covered if nothing more is read (while it fills: when it should be full);
   * Infinity where silence alone makes nothing not evaluable.
   */
  coverageEnd(since: number): number;
  /** After a restart: its newest good reading was at `tick`. */
  restore(tick: number): void;
  /** Forgets its readings: a new opening. */
  clear(): void;
  /**
   * What it has gathered, where that is stored with the state of the rule and not read from history again: of what is
   * derived, which are few values over a long time.
   */
  saveWindow?(): SavedWindow | undefined;
  /** Takes what was saved, `shift` added to its ticks. */
  restoreWindow?(saved: SavedWindow, shift: number): void;
}

/** Oldest first; a value as the measure keeps it. */
export type SavedWindow = readonly (readonly [tick: number, kept: number])[];

export interface ProbeKind<R extends Rule = Rule> {
  /** As a person reads it, and as events carry it. */
  describe(rule: R): string;
  /** `siblings`: the points of the same device, its own among them. */
  open(rule: R, point: RulePoint, siblings: readonly RulePoint[]): Probe;
}

/** More than this many periods between good readings is a gap (RULES.md, section 3, hold). */
export const GAP_PERIODS = 3;

/** What a probe answers that has no number to hold against a limit, no window, and nothing that time alone makes true. */
export const UNMEASURED = {
  isQuiet: () => false,
  limit: () => null,
  coverage: () => null,
  dueByTime: () => Number.POSITIVE_INFINITY,
  coverageEnd: () => Number.POSITIVE_INFINITY,
} satisfies Partial<Probe>;
