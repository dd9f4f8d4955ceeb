import { excessOf } from '../alarm-order.ts';
import type { ListedAlarm, LiveReading } from '../api.ts';
import { excessWords, valueWords } from '../phrases.ts';
import { useKnown } from '../store.ts';
import { useWords } from '../words/words.ts';

/** What is read of the alarm's point now, as long as it stands, can be read, and the gateway is heard. */
function useReadingNow({ watch, condition }: ListedAlarm): LiveReading | undefined {
  const last = useKnown((known) => known.points.get(`${watch.device}/${watch.point}`)?.last);
  const live = useKnown((known) => known.connection === 'live');
  return live && condition === 'active' && last?.quality === 'good' && !watch.measure.startsWith('silent')
    ? last
    : undefined;
}

/**
 * What was measured against what: the excess over the law's number first, where there is one. The alarm's own value is
 * that of its last change; where the reading itself is what is judged, the present one says more, and stands first.
 */
export function Measured({ alarm }: { readonly alarm: ListedAlarm }) {
  const { say } = useWords();
  const { unit, measure, legalLimit, quantity } = alarm.watch;
  const now = useReadingNow(alarm);
  const excess = quantity.startsWith('noise.') || quantity.startsWith('fume.') ? excessOf(alarm) : undefined;
  const judged = measure.startsWith('silent') ? say('alarm.no-data') : valueWords(say, alarm.value, unit, measure);
  const present = now === undefined ? undefined : valueWords(say, now.value, unit);
  const isReading = excess === undefined && (measure === 'value' || measure === 'state' || alarm.value === null);
  const [over, overUnit] = excessWords(excess ?? 0, unit);
  const limit = (of: number) => valueWords(say, of, unit, measure);
  const headline = isReading && present !== undefined ? present : judged;
  return (
    <div className="measured">
      <strong className="headline">
        {excess === undefined ? headline : say('alarm.excess', { value: over, unit: overUnit })}
      </strong>
      <span className="quiet limits">
        {excess !== undefined && <span>{say('alarm.value', { value: judged })}</span>}
        {alarm.limit !== null && <span>{say('alarm.threshold', { value: limit(alarm.limit) })}</span>}
        {legalLimit !== null && legalLimit !== alarm.limit && (
          <span>{say('alarm.legal-limit', { value: limit(legalLimit) })}</span>
        )}
        {headline !== judged && alarm.value !== null && <span>{say('alarm.judged', { value: judged })}</span>}
        {!isReading && present !== undefined && <span>{say('alarm.now', { value: present })}</span>}
      </span>
    </div>
  );
}
