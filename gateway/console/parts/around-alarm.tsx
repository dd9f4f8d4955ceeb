import { type AlarmLife, api } from '../api.ts';
import { useAsked } from '../asked.ts';
import { deskApi } from '../desk-api.ts';
import { useWords } from '../words/words.ts';
import { Called } from './called.tsx';
import { Cards } from './cards.tsx';
import { CaseBox } from './case-box.tsx';

const CASES_SEARCHED = 200;

/** What belongs to an alarm: what to do about it, its case, and who was called for it. */
export function AroundAlarm({ told }: { readonly told: AlarmLife }) {
  const { say } = useWords();
  const { alarm, events } = told;
  const last = events.at(-1)?.sequence;
  const { id, level } = alarm;
  const cards = useAsked(() => api.cards(id), `${id} ${level}`).value?.cards ?? [];
  const cases = useAsked(() => api.cases(CASES_SEARCHED), `${id} ${last}`).value?.cases ?? [];
  const calls = useAsked(deskApi.calls, `${id} ${last}`).value?.calls ?? [];
  const own = cases.find(({ alarms }) => alarms.some((each) => each.id === id));
  return (
    <>
      {cards.length > 0 && (
        <>
          <h3>{say('detail.cards')}</h3>
          <Cards cards={cards} />
        </>
      )}
      {own !== undefined && (
        <>
          <h3>{say('detail.case')}</h3>
          <CaseBox of={own} alarm={id} />
        </>
      )}
      <h3>{say('detail.called')}</h3>
      <Called events={events} calls={calls.filter((call) => call.alarm === id)} />
    </>
  );
}
