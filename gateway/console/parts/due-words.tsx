import type { ListedAlarm } from '../api.ts';
import { lengthWords } from '../phrases.ts';
import { waitingFor } from '../response.ts';
import { useSiteNow } from '../site-now.ts';
import { useKnown } from '../store.ts';
import { minuteOfDay } from '../time.ts';
import { useWords } from '../words/words.ts';

/** What is waited for next, and its time running down; red once it is late. Nothing where people owe nothing. */
export function DueWords({ alarm }: { readonly alarm: ListedAlarm }) {
  const { say } = useWords();
  const now = useSiteNow();
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const waiting = waitingFor(alarm, now);
  if (waiting === null) return null;
  const { step, dueAt, isLate, pausedUntil, tier } = waiting;
  const firstTier = alarm.response?.firstTier ?? 1;
  const time =
    pausedUntil !== null
      ? say('wait.paused', { time: minuteOfDay(pausedUntil, zone) })
      : isLate
        ? tier > firstTier
          ? say('wait.late-tier', { tier })
          : say('wait.late', { length: lengthWords(say, now - (dueAt ?? now)) })
        : dueAt === null
          ? null
          : say('wait.left', { length: lengthWords(say, dueAt - now) });
  return (
    <span className={isLate ? 'due due-late' : 'due'}>
      <b>{say(`wait.${step}`)}</b> {time}
    </span>
  );
}
