import type { AnswerView } from '../api/context.ts';
import { LEVELS } from '../rules/finding.ts';

/** The worst first: levels, then what cannot be judged, then normal, then what does not apply now. */
const ORDER: readonly string[] = [...LEVELS.toReversed(), 'not-evaluable', 'normal', 'not-in-force'];

/** A level, or no answer where one is wanted. */
export const isConcern = ({ answer }: AnswerView): boolean => answer !== 'normal' && answer !== 'not-in-force';

const byConcern = (a: AnswerView, b: AnswerView): number => ORDER.indexOf(a.answer) - ORDER.indexOf(b.answer);

/** Each point's answers, the worst first. */
export function answersByPoint(answers: readonly AnswerView[]): ReadonlyMap<string, readonly AnswerView[]> {
  const all = new Map<string, AnswerView[]>();
  for (const answer of answers) {
    const those = all.get(answer.point);
    if (those === undefined) all.set(answer.point, [answer]);
    else those.push(answer);
  }
  for (const those of all.values()) those.sort(byConcern);
  return all;
}
