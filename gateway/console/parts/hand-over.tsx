import type { DutyView } from '../../api/duty-desk.ts';
import { byUrgency } from '../alarm-order.ts';
import { deskApi } from '../desk-api.ts';
import { useKnown } from '../store.ts';
import { useWords } from '../words/words.ts';
import { AskButton, type AskedFields } from './ask-form.tsx';
import { Card } from './card.tsx';
import { DueWords } from './due-words.tsx';
import { ExerciseMark } from './exercise-mark.tsx';
import { LevelTag } from './level-tag.tsx';
import { useTold } from './told.ts';

const SHOWN = 12;

interface HandOverProps {
  readonly duty: DutyView;
  readonly mayWrite: boolean;
  readonly onDone: () => void;
}

/** What is open and goes to the next ones, and handing it over to them. */
export function HandOver({ duty, mayWrite, onDone }: HandOverProps) {
  const { say, language } = useWords();
  const { tell } = useTold();
  const alarms = useKnown((known) => known.alarms) ?? [];
  const people = useKnown((known) => known.people);
  // Whoever is on duty now cannot take it over from himself; those who do it usually stand first.
  const now = new Set([...duty.duty, ...duty.leader].map(({ id }) => id));
  const rank = (roles: readonly string[]) => Number(roles.includes('duty')) * 2 + Number(roles.includes('leader'));
  const options = people.contacts
    .filter(({ id }) => !now.has(id))
    .toSorted((a, b) => rank(b.roles) - rank(a.roles))
    .map(({ id, name }) => [id, name] as const);
  const handOver = async ({ to = '', also = '', note = '' }: AskedFields): Promise<boolean> => {
    const ids = [...new Set([to, also])].filter((id) => id !== '');
    const done = await tell(deskApi.handOver(ids, note), () => say('handover.done'));
    if (done !== undefined) onDone();
    return done !== undefined;
  };
  return (
    <Card title={say('handover.title')}>
      <p>{alarms.length === 0 ? say('handover.none') : say('handover.items', { count: alarms.length })}</p>
      <ul className="open-items">
        {alarms
          .toSorted(byUrgency)
          .slice(0, SHOWN)
          .map((alarm) => (
            <li key={alarm.id}>
              <LevelTag level={alarm.level} />{' '}
              <a href={`#/alarms?alarm=${encodeURIComponent(alarm.id)}`}>
                <ExerciseMark alarm={alarm} /> {alarm.watch.deviceName} {alarm.watch.title[language]}
              </a>{' '}
              <DueWords alarm={alarm} />
            </li>
          ))}
      </ul>
      {mayWrite && (
        <AskButton
          text={say('handover.submit')}
          label={say('handover.title')}
          fields={[
            { kind: 'choice', name: 'to', label: say('handover.to'), required: true, options },
            { kind: 'choice', name: 'also', label: say('handover.also'), options },
            { kind: 'note', name: 'note', label: say('handover.note') },
          ]}
          onAsk={handOver}
        />
      )}
    </Card>
  );
}
