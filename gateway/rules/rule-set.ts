import type { Zone } from '#kit/zone.ts';
import { Feeds } from './feeds.ts';
import type { Answer, Watch } from './finding.ts';
import type { NotEvaluable } from './not-evaluable.ts';
import type { Watches } from './open-watches.ts';
import { PermitBook } from './permit-book.ts';
import type { RulePoint } from './point.ts';
import type { Schedule } from './schedule.ts';

/** Rules at work, and what they judge by: put in the place of others as a whole. */
export interface RuleSet extends Omit<Watches, 'adopting'> {
  readonly points: readonly RulePoint[];
  readonly permits: PermitBook;
  /** By point. */
  readonly notEvaluable: ReadonlyMap<string, NotEvaluable>;
}

export const noRules = (zone: Zone): RuleSet => ({
  points: [],
  permits: new PermitBook([], zone),
  notEvaluable: new Map(),
  watches: [],
  byKey: new Map(),
  permitted: new Map(),
  on: new Set(),
  feeds: new Feeds(),
  schedules: new Map(),
  whiles: new Map(),
  backgrounds: new Map(),
  derivers: [],
});

/** What a rule says of a point, by its key; null: there is no such rule on a point. */
export function watchOf({ byKey, notEvaluable }: RuleSet, key: string): Watch | null {
  const [, point = ''] = key.split('@');
  const own = notEvaluable.get(point)?.watch;
  return byKey.get(key)?.watch ?? (own?.key === key ? own : null);
}

export const hasSchedule = ({ schedules }: RuleSet, wanted: Schedule): boolean =>
  [...schedules.values()].some(([schedule]) => schedule === wanted);

/** What every rule answers of every point now. */
export function* answersOf({ watches }: RuleSet): Generator<{
  readonly rule: string;
  readonly point: string;
  readonly answer: Answer;
  readonly code: string | null;
  readonly value: number | string | null;
  /** UTC ms. */
  readonly since: number;
}> {
  for (const watch of watches) {
    const isUnread = watch.answer === 'normal' && !watch.hasRead && watch.rule.kind !== 'silent';
    yield {
      rule: watch.rule.id,
      point: watch.point.key,
      answer: isUnread ? 'not-evaluable' : watch.answer,
      code: isUnread ? 'no-value' : watch.code,
      value: watch.probe.value(),
      since: watch.answerAt,
    };
  }
}
