import type { ListedAlarm } from '../api.ts';
import { useKnown } from '../store.ts';
import { minuteOfDay } from '../time.ts';
import { type Say, useWords } from '../words/words.ts';

function suppressorWords(say: Say, by: string): string {
  if (by === 'chatter') return say('suppressed-by.chatter');
  const order = /^work-order:(.*)$/.exec(by)?.[1];
  return order === undefined ? by : say('suppressed-by.work-order', { order });
}

/** Why nobody is called for it, that it waits for a reset, has been active for too long, or is one of a flood. */
export function StandingChips({ alarm }: { readonly alarm: ListedAlarm }) {
  const { say } = useWords();
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const { shelved = null, suppressedBy = null, outOfService = null } = alarm.announced ?? {};
  return (
    <>
      {shelved !== null && (
        <span className="chip" title={say('chip.shelved-by', { by: shelved.by })}>
          {say('chip.shelved', { time: minuteOfDay(shelved.until, zone) })}
        </span>
      )}
      {suppressedBy !== null && (
        <span className="chip">{say('chip.suppressed', { by: suppressorWords(say, suppressedBy) })}</span>
      )}
      {outOfService !== null && (
        <span className="chip">{say('chip.out-of-service', { owner: outOfService.owner })}</span>
      )}
      {alarm.causeGoneAt !== undefined && <span className="chip chip-warn">{say('chip.latched')}</span>}
      {alarm.staleAt !== undefined && <span className="chip">{say('chip.stale')}</span>}
      {alarm.incident !== undefined && <span className="chip">{say('chip.incident')}</span>}
    </>
  );
}
