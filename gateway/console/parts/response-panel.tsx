import type { ListedAlarm } from '../api.ts';
import { useNaming } from '../naming.ts';
import { deedsOf } from '../response.ts';
import type { Rights } from '../rights.ts';
import { useWords } from '../words/words.ts';
import { DeedButton } from './deed-button.tsx';
import { DueWords } from './due-words.tsx';

interface PanelProps {
  readonly alarm: ListedAlarm;
  readonly rights: Rights;
  readonly onDone: () => void;
}

/** Where the response stands, what waits next, and what one may do about it. */
export function ResponsePanel({ alarm, rights, onDone }: PanelProps) {
  const { say } = useWords();
  const naming = useNaming();
  const { response, verdict } = alarm;
  const deeds = deedsOf(alarm, rights);
  const stage = response?.stage ?? 'waiting';
  return (
    <section className="response" aria-label={say('detail.response')}>
      <div className="detail-states">
        <strong className="stage">{say(`stage.${stage}`)}</strong>
        {response?.to && <span>{say('wait.to', { to: naming.who(response.to) })}</span>}
        {verdict !== undefined && (
          <span>
            {say('verdict.name')}: <b>{say(`verdict.${verdict}`)}</b>
          </span>
        )}
        <DueWords alarm={alarm} />
        {response !== undefined && (
          <span className="quiet">{say('wait.plan', { plan: naming.plan(response.plan) })}</span>
        )}
      </div>
      {deeds.length > 0 && (
        <div className="deeds">
          {deeds.map((deed, index) => (
            <DeedButton
              key={deed}
              alarm={alarm}
              deed={deed}
              // The next natural step stands out; what always may be done does not.
              primary={index === 0 && deed !== 'verdict' && alarm.acknowledged}
              onDone={onDone}
            />
          ))}
        </div>
      )}
    </section>
  );
}
