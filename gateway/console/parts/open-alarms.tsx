import { Button, Spin } from 'antd';
import { useMemo, useState, useSyncExternalStore } from 'react';
import { IS_IN, isGroup } from '../alarm-groups.ts';
import { byUrgency, risenFrom } from '../alarm-order.ts';
import type { ListedAlarm } from '../api.ts';
import lantern from '../lantern.svg';
import { Place, subscribePlace } from '../place.ts';
import { isSilenced } from '../response.ts';
import type { Rights } from '../rights.ts';
import { useKnown } from '../store.ts';
import { useWords } from '../words/words.ts';
import { AlarmRow } from './alarm-row.tsx';
import { GroupChips } from './group-chips.tsx';
import { Incidents } from './incidents.tsx';

/** A storm must not stop the page: so many rows at first, the most urgent, and as many more on demand. */
const ROWS = 100;

/** The alarms that are not closed: those that people are called for, and below them those that nobody is. */
export function OpenAlarms({ rights }: { readonly rights: Rights }) {
  const { say } = useWords();
  const alarms = useKnown((known) => known.alarms);
  const connection = useKnown((known) => known.connection);
  const { only } = useSyncExternalStore(subscribePlace, Place.now);
  const group = isGroup(only) ? only : null;
  const sorted = useMemo(() => alarms?.toSorted(byUrgency), [alarms]);
  if (sorted === undefined) {
    return connection === 'lost' ? null : (
      <div className="wait">
        <Spin /> {say('alarms.loading')}
      </div>
    );
  }
  if (sorted.length === 0 && group === null) return connection === 'live' ? <AllWell /> : null;
  const wanted = group === null ? sorted : sorted.filter(IS_IN[group]);
  const silenced = group === null ? wanted.filter(isSilenced) : [];
  const called = group === null ? wanted.filter((alarm) => !isSilenced(alarm)) : wanted;
  return (
    <>
      <GroupChips alarms={sorted} chosen={group} />
      <Incidents alarms={sorted} />
      {wanted.length === 0 && <p className="wait quiet">{say('group.none')}</p>}
      <Rows alarms={called} rights={rights} />
      {silenced.length > 0 && (
        <section aria-label={say('group.silenced')}>
          <h2 className="list-part">{say('group.silenced')}</h2>
          <Rows alarms={silenced} rights={rights} />
        </section>
      )}
    </>
  );
}

/** That all is well may be said only by a gateway that is heard. */
function AllWell() {
  const { say } = useWords();
  return (
    <div className="well">
      <img src={lantern} alt="" width="72" height="72" />
      <strong className="all-well">{say('alarms.none')}</strong>
      <span className="quiet">{say('alarms.none-text')}</span>
    </div>
  );
}

function Rows({ alarms, rights }: { readonly alarms: readonly ListedAlarm[]; readonly rights: Rights }) {
  const { say } = useWords();
  const entries = useKnown((known) => known.entries);
  const [rows, setRows] = useState(ROWS);
  const hidden = alarms.length - rows;
  return (
    <>
      <ol className="alarms">
        {alarms.slice(0, rows).map((alarm) => (
          // A risen alarm is a new sight: its key changes with its level, so that the row comes in once more.
          <AlarmRow
            key={`${alarm.id} ${alarm.level}`}
            alarm={alarm}
            risenFrom={risenFrom(alarm, entries)}
            rights={rights}
          />
        ))}
      </ol>
      {hidden > 0 && (
        <Button block onClick={() => setRows(rows + ROWS)}>
          {say('alarms.more', { count: hidden })}
        </Button>
      )}
    </>
  );
}
