import type { AnswerView } from '../../api/context.ts';
import { LEVELS, type Level } from '../../rules/finding.ts';
import { useNaming } from '../naming.ts';
import { useKnown } from '../store.ts';
import { timeOfDay } from '../time.ts';
import { useWords } from '../words/words.ts';
import { LevelTag } from './level-tag.tsx';

const isLevel = (answer: string): answer is Level => LEVELS.some((level) => level === answer);

/** What one rule says of a point: a level, normal, or why it says nothing. */
export function AnswerWords({ answer }: { readonly answer: AnswerView }) {
  const { say } = useWords();
  if (isLevel(answer.answer)) return <LevelTag level={answer.answer} />;
  if (answer.answer !== 'not-evaluable') return <span className="quiet">{say(`answer.${answer.answer}`)}</span>;
  return (
    <span className="unjudged">
      {say('answer.not-evaluable')}
      {answer.code !== null && ` (${say.of('why', answer.code)})`}
    </span>
  );
}

/** Every rule's answer of a point, with since when. */
export function AnswerList({ answers }: { readonly answers: readonly AnswerView[] }) {
  const { say } = useWords();
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const naming = useNaming();
  return (
    <ul className="answers">
      {answers.map((answer) => (
        <li key={answer.rule}>
          <span>{naming.rule(answer.rule)}</span>
          <AnswerWords answer={answer} />
          <span className="quiet">{say('answer.since', { time: timeOfDay(answer.since, zone) })}</span>
        </li>
      ))}
    </ul>
  );
}
