import type { AnswerView } from '../api/context.ts';
import type { RuleView } from '../api/people-desk.ts';
import type { Level } from '../rules/finding.ts';
import { URGENT_FIRST } from './alarm-order.ts';
import type { ListedAlarm, LiveReading } from './api.ts';

/** What comes next, if it goes on as it does. */
export interface NextLevel {
  readonly level: Level;
  readonly limit: number;
  /** UTC ms. */
  readonly at: number;
}

/** Further off than this is no forecast. */
const FARTHEST_MS = 3 * 3_600_000;

const limitOf = (rule: RuleView, level: Level): number | undefined => {
  const { above, atLeast } = rule.levels[level] ?? {};
  const limit = above ?? atLeast;
  return typeof limit === 'number' ? limit : undefined;
};

/**
 * When an alarm's point comes to the next level of the rule on its value, at the rate that another rule measures of it
 * (in its unit a minute). Null where nothing says how fast it rises, it does not, or there is no higher level.
 */
export function nextLevel(
  { watch, condition }: Pick<ListedAlarm, 'watch' | 'condition'>,
  last: LiveReading | null | undefined,
  rules: readonly RuleView[],
  answers: readonly AnswerView[],
): NextLevel | null {
  const value = last?.value;
  if (condition !== 'active' || last?.quality !== 'good' || typeof value !== 'number') return null;
  if (watch.measure !== 'value' && !watch.measure.startsWith('rate')) return null;
  const point = `${watch.device}/${watch.point}`;
  const own = answers.filter((answer) => answer.point === point);
  const judging = (measure: string) =>
    rules.filter((rule) => rule.measure === measure && own.some((answer) => answer.rule === rule.id));
  const perMinute = own.find(({ rule }) => judging('rate').some(({ id }) => id === rule))?.value;
  if (typeof perMinute !== 'number' || perMinute <= 0) return null;
  const steps = judging('value').flatMap((rule) =>
    URGENT_FIRST.flatMap((level) => {
      const limit = limitOf(rule, level);
      return limit === undefined || limit <= value ? [] : [{ level, limit }];
    }),
  );
  const [next] = steps.sort((a, b) => a.limit - b.limit);
  if (next === undefined) return null;
  const inMs = ((next.limit - value) / perMinute) * 60_000;
  return inMs > FARTHEST_MS ? null : { ...next, at: last.at + inMs };
}
