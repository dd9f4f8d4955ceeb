import { ALARM_PREFIX, isRise } from '../alarm-order.ts';
import type { LogEntry } from '../api.ts';
import { useNaming } from '../naming.ts';
import { noteParts, percentWords, stepWords, valueWords } from '../phrases.ts';
import { useKnown } from '../store.ts';
import { dayOf, timeOfDay } from '../time.ts';
import { useWords } from '../words/words.ts';
import { LevelTag } from './level-tag.tsx';

/** Every step of an alarm's life, oldest first, in the site's time. */
export function LifeSteps({ events }: { readonly events: readonly LogEntry[] }) {
  const sorted = events.toSorted((a, b) => Number(a.sequence) - Number(b.sequence));
  return (
    <ol className="life">
      {sorted.map((entry) => (
        <Step key={entry.sequence} entry={entry} />
      ))}
    </ol>
  );
}

/** What was said, and behind it where he was who said it: a photo stands among the others of the alarm. */
function Note({ text }: { readonly text: string }) {
  const { words, at } = noteParts(text);
  return (
    <>
      {words !== '' && <q className="life-note">{words}</q>}
      {at !== null && (
        <a className="quiet" href={`geo:${at[1]},${at[0]}`}>
          {at.join(', ')} (WGS84)
        </a>
      )}
    </>
  );
}

function Step({ entry }: { readonly entry: LogEntry }) {
  const { say } = useWords();
  const naming = useNaming();
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const at = Date.parse(entry.time);
  const step = entry.type.slice(ALARM_PREFIX.length);
  const { level, previousLevel, value, limit, unit, measure, coverage, reason, by, note, response } = entry.data;
  const { verdict, shelvedUntil } = entry.data;
  const judged = step === 'raised' || step === 'level-changed' || step === 'returned';
  return (
    <li className={isRise(entry) ? 'life-rise' : `life-${step}`}>
      <time dateTime={entry.time}>
        {timeOfDay(at, zone)}
        <small className="quiet">{dayOf(at, zone)}</small>
      </time>
      <div>
        <b>{stepWords(say, entry)}</b>
        {step === 'level-changed' && previousLevel && (
          <>
            <LevelTag level={previousLevel} /> →
          </>
        )}
        {(step === 'raised' || step === 'level-changed') && level && <LevelTag level={level} />}
        {step === 'escalated' && response && (
          <span>
            {response.late !== null && say.of('wait', response.late)} → {say('called.tier', { tier: response.tier })}
          </span>
        )}
        {step === 'dispatched' && response?.to && <span>→ {naming.who(response.to)}</span>}
        {step === 'verdict' && verdict && <span>{say(`verdict.${verdict}`)}</span>}
        {step === 'shelved' && shelvedUntil && (
          <span>{say('chip.shelved', { time: timeOfDay(Date.parse(shelvedUntil), zone) })}</span>
        )}
        {by && <span> {naming.who(by)}</span>}
        {reason && <span className="quiet">{say.of('reason', reason)}</span>}
        {judged && value !== null && value !== undefined && (
          <span className="quiet">
            {valueWords(say, value, unit ?? null, measure ?? 'value')}
            {typeof limit === 'number' &&
              ` · ${say('alarm.threshold', { value: valueWords(say, limit, unit ?? null, measure ?? 'value') })}`}
            {typeof coverage === 'number' && ` · ${say('fact.coverage')} ${percentWords(coverage)}`}
          </span>
        )}
        {note && <Note text={note} />}
      </div>
      <span className="quiet code">#{entry.sequence}</span>
    </li>
  );
}
