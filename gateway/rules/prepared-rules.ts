import type { Background } from './background.ts';
import type { Deriver } from './derive.ts';
import type { NoiseFloor } from './noise-floor.ts';
import type { NotEvaluable } from './not-evaluable.ts';
import type { Watches } from './open-watches.ts';
import { GAP_PERIODS } from './probe.ts';
import { NO_PARTS, type RuleParts } from './rule-parts.ts';
import type { RuleSet } from './rule-set.ts';
import type { RuleWatch } from './rule-watch.ts';
import type { While } from './while.ts';

/** Rules that are ready to take the place of those of an engine at work; all that is the same is these rules' own. */
export interface PreparedRules extends RuleSet {
  /** Those that take over what others know, each with the other. */
  readonly adopting: Watches['adopting'];
  /** Where the state of one goes to another that means the same. */
  readonly moved: readonly (readonly [from: RuleWatch, to: RuleWatch])[];
  readonly movedNotEvaluable: readonly (readonly [from: NotEvaluable, to: NotEvaluable])[];
  /** What begins anew. */
  readonly fresh: readonly RuleWatch[];
  readonly freshNotEvaluable: readonly NotEvaluable[];
  /** Keys of which there is nothing any more. */
  readonly gone: readonly string[];
  /** What is looked at no more. */
  readonly retired: readonly (RuleWatch | NotEvaluable)[];
  readonly freshDerivers: readonly Deriver[];
  readonly freshBackgrounds: readonly (Background | NoiseFloor)[];
  readonly freshWhiles: readonly While[];
}

/** What became of rules whose place others took. */
export interface RulesChanged {
  /** Keys of which there is nothing any more. */
  readonly gone: readonly string[];
  /** Whether what is said under a key now goes on from what was said before. */
  isKept(key: string): boolean;
}

/** What windows that begin anew are filled through: these very windows, and nothing of what goes on. */
export function partsToFill(next: PreparedRules, atWork: RuleParts): RuleParts {
  const fresh = new Map(next.fresh.map((watch) => [watch.watch.key, watch]));
  const own = new Set(next.freshBackgrounds);
  const learned = new Map([...next.backgrounds.values()].map((each) => [each.key, each]));
  return {
    ...NO_PARTS,
    isDerived: atWork.isDerived,
    probe(key, meaning) {
      const found = fresh.get(key);
      return found?.meaning === meaning ? found.probe : undefined;
    },
    background: (key) => learned.get(key),
    isFed: (each) => !own.has(each),
    while: atWork.while,
  };
}

interface Remembering {
  readonly watches: readonly RuleWatch[];
  readonly backgrounds: Iterable<Background | NoiseFloor>;
  readonly whiles: Iterable<While>;
}

/** How far back readings are needed to fill every window: the longest of windows and gaps, ms. */
export function memoryOf({ watches, backgrounds, whiles }: Remembering): number {
  let most = 0;
  for (const { rule, point } of watches) {
    if (point.derived !== undefined) continue;
    const over = rule.kind === 'limit' && 'over' in rule.measure ? rule.measure.over : 0;
    const stuck = rule.kind === 'stuck' ? rule.after : 0;
    most = Math.max(most, over, stuck + GAP_PERIODS * point.everyMs);
  }
  for (const each of backgrounds) most = Math.max(most, each.memoryMs);
  for (const { inputs } of whiles) {
    for (const { everyMs } of inputs) most = Math.max(most, GAP_PERIODS * everyMs);
  }
  return most;
}
