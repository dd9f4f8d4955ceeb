import type { ListedAlarm } from '../api.ts';
import { useWords } from '../words/words.ts';

/** 【演练】 or 【测试】, so that nobody takes it for real; nothing on a real alarm. */
export function ExerciseMark({ alarm }: { readonly alarm: Pick<ListedAlarm, 'exercise'> }) {
  const { say } = useWords();
  if (alarm.exercise === undefined) return null;
  return (
    <span className="exercise-mark" title={say(`exercise.${alarm.exercise}-text`)}>
      {say(`exercise.${alarm.exercise}`)}
    </span>
  );
}
