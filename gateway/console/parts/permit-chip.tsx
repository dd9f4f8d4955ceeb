import { asksForFiling } from '../alarm-order.ts';
import type { ListedAlarm } from '../api.ts';
import { useWords } from '../words/words.ts';

/** Whether the site filed for night work; nothing where the alarm does not turn on it. */
export function PermitChip({ alarm }: { readonly alarm: Pick<ListedAlarm, 'permit' | 'watch'> }) {
  const { say } = useWords();
  if (alarm.permit === null) {
    return asksForFiling(alarm) ? <span className="chip chip-warn">{say('permit.none')}</span> : null;
  }
  const { id, status } = alarm.permit;
  return (
    <span className={status === 'granted' ? 'chip chip-ok' : 'chip chip-warn'} title={`${say('permit.title')} ${id}`}>
      {say(`permit.${status}`)}
    </span>
  );
}
