import type { ListedAlarm } from '../api.ts';
import { nextLevel } from '../next-level.ts';
import { lengthWords, valueWords } from '../phrases.ts';
import { useSiteNow } from '../site-now.ts';
import { useKnown } from '../store.ts';
import { useWords } from '../words/words.ts';

/** How long until the next level, running down; nothing where nothing rises. */
export function NextLevel({ alarm }: { readonly alarm: ListedAlarm }) {
  const { say } = useWords();
  const now = useSiteNow();
  const { watch } = alarm;
  const last = useKnown((known) => known.points.get(`${watch.device}/${watch.point}`)?.last);
  const rules = useKnown((known) => known.rules);
  const answers = useKnown((known) => known.answers);
  const live = useKnown((known) => known.connection === 'live');
  const next = live ? nextLevel(alarm, last, rules, answers) : null;
  if (next === null) return null;
  const limit = valueWords(say, next.limit, watch.unit);
  const left = next.at - now;
  return (
    <span className={`next-level next-${next.level}`}>
      {left <= 0
        ? say('alarm.next-now', { level: say(`level.${next.level}`), limit })
        : say('alarm.next', { level: say(`level.${next.level}`), limit, length: lengthWords(say, left) })}
    </span>
  );
}
