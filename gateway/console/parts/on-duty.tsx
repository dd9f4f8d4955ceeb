import type { DutyView, Mode } from '../../api/duty-desk.ts';
import { deskApi } from '../desk-api.ts';
import { useSiteNow } from '../site-now.ts';
import { useKnown } from '../store.ts';
import { dayOf, minuteOfDay, timeNear } from '../time.ts';
import { useWords } from '../words/words.ts';
import { AskButton, type AskedFields } from './ask-form.tsx';
import { Card } from './card.tsx';
import { Fact } from './fact.tsx';
import { useTold } from './told.ts';

const MODES: readonly Mode[] = ['routine', 'IV', 'III', 'II', 'I'];

interface OnDutyProps {
  readonly duty: DutyView;
  readonly mayChange: boolean;
  readonly onDone: () => void;
}

/** 值班员 and 带班领导 of now, and the mode of the site with its change. */
export function OnDuty({ duty, mayChange, onDone }: OnDutyProps) {
  const { say } = useWords();
  const { tell } = useTold();
  const now = useSiteNow();
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const { mode, modeSince, modeBy, modeNote, since, until } = duty;
  const names = (people: DutyView['duty']) => people.map(({ name }) => name).join('、');
  const when = (at: number) => `${dayOf(at, zone)} ${minuteOfDay(at, zone)}`;
  const change = async ({ mode: to = '', note = '' }: AskedFields): Promise<boolean> => {
    const wanted = MODES.find((each) => each === to);
    if (wanted === undefined) return false;
    const done = await tell(deskApi.setMode(wanted, note), ({ status }) =>
      say(status === 'unchanged' ? 'deed.unchanged' : 'mode.done'),
    );
    if (done !== undefined) onDone();
    return done !== undefined;
  };
  return (
    <Card title={say('duty.on')}>
      <dl className="facts facts-large">
        <Fact name={say('duty.people')}>
          {duty.duty.length === 0 ? <span className="bad">{say('duty.nobody')}</span> : <b>{names(duty.duty)}</b>}
        </Fact>
        <Fact name={say('duty.leader')}>{duty.leader.length === 0 ? null : <b>{names(duty.leader)}</b>}</Fact>
        <Fact name={say('duty.shift')}>
          {since === null || until === null ? null : say('duty.until', { from: when(since), to: when(until) })}
        </Fact>
        <Fact name={say('duty.by')}>{say(`duty-by.${duty.by}`)}</Fact>
      </dl>
      <div className={mode === 'routine' ? 'mode' : 'mode mode-response'}>
        <span>
          {say('mode.title')} <strong>{say(`mode.${mode}`)}</strong>
          {modeSince !== null && (
            <small className="quiet">
              {' '}
              {say('mode.since', { time: timeNear(modeSince, now, zone), by: modeBy ?? '' })} {modeNote}
            </small>
          )}
        </span>
        {mayChange && (
          <AskButton
            text={say('mode.change')}
            label={`${say('mode.change')}: ${say('mode.title')}`}
            fields={[
              {
                ...{ kind: 'choice', name: 'mode', label: say('mode.to'), required: true },
                options: MODES.filter((each) => each !== mode).map((each) => [each, say(`mode.${each}`)]),
              },
              { kind: 'note', name: 'note', label: say('mode.reason'), required: true },
            ]}
            onAsk={change}
          />
        )}
      </div>
    </Card>
  );
}
