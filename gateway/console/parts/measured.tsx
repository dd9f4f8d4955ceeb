import { excessOf } from '../alarm-order.ts';
import type { ListedAlarm } from '../api.ts';
import { excessWords, valueWords } from '../phrases.ts';
import { useWords } from '../words/words.ts';

/** What was measured against what: the excess over the law's number first, where there is one. */
export function Measured({ alarm }: { readonly alarm: ListedAlarm }) {
  const { say } = useWords();
  const { unit, measure, legalLimit, quantity } = alarm.watch;
  const excess = quantity.startsWith('noise.') || quantity.startsWith('fume.') ? excessOf(alarm) : undefined;
  const value = measure.startsWith('silent') ? say('alarm.no-data') : valueWords(say, alarm.value, unit, measure);
  const [over, overUnit] = excessWords(excess ?? 0, unit);
  const limit = (of: number) => valueWords(say, of, unit, measure);
  return (
    <div className="measured">
      <strong className="headline">
        {excess === undefined ? value : say('alarm.excess', { value: over, unit: overUnit })}
      </strong>
      <span className="quiet limits">
        {excess !== undefined && <span>{say('alarm.value', { value })}</span>}
        {alarm.limit !== null && <span>{say('alarm.threshold', { value: limit(alarm.limit) })}</span>}
        {legalLimit !== null && legalLimit !== alarm.limit && (
          <span>{say('alarm.legal-limit', { value: limit(legalLimit) })}</span>
        )}
      </span>
    </div>
  );
}
