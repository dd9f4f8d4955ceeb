import { Button, Segmented, Spin } from 'antd';
import { lazy, Suspense, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { byUrgency, risenFrom } from '../alarm-order.ts';
import { api, type ListedAlarm, type Problem, type Session } from '../api.ts';
import lantern from '../lantern.svg';
import { AlarmRow } from '../parts/alarm-row.tsx';
import { LevelCounts } from '../parts/level-counts.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { Place, subscribePlace } from '../place.ts';
import { NO_RIGHTS, type Rights, rightsOf } from '../rights.ts';
import { useKnown } from '../store.ts';
import { useWords } from '../words/words.ts';

const AlarmDrawer = lazy(async () => ({ default: (await import('../parts/alarm-drawer.tsx')).AlarmDrawer }));

type Tab = 'open' | 'closed';
const CLOSED_SHOWN = 200;
/** A storm must not stop the page: so many rows at first, the most urgent, and as many more on demand. */
const ROWS = 100;

/** The list that duty staff watch. */
export function Alarms({ session }: { readonly session: Session }) {
  const { say } = useWords();
  const { alarm: shown } = useSyncExternalStore(subscribePlace, Place.now);
  const open = useKnown((known) => known.alarms);
  const [tab, setTab] = useState<Tab>('open');
  const rights = useMemo(() => rightsOf(session.role), [session.role]);
  return (
    <>
      <h1 className="only-read">{say('alarms.title')}</h1>
      <div className="bar">
        <LevelCounts alarms={open ?? []} />
        <Segmented<Tab>
          value={tab}
          onChange={setTab}
          aria-label={say('alarms.title')}
          options={[
            { value: 'open', label: `${say('alarms.open')} ${open?.length ?? ''}` },
            { value: 'closed', label: say('alarms.closed') },
          ]}
        />
      </div>
      {tab === 'open' ? <OpenAlarms rights={rights} /> : <ClosedAlarms />}
      {shown !== null && (
        <Suspense fallback={null}>
          <AlarmDrawer id={shown} rights={rights} />
        </Suspense>
      )}
    </>
  );
}

function OpenAlarms({ rights }: { readonly rights: Rights }) {
  const { say } = useWords();
  const alarms = useKnown((known) => known.alarms);
  const entries = useKnown((known) => known.entries);
  const connection = useKnown((known) => known.connection);
  const [rows, setRows] = useState(ROWS);
  const sorted = useMemo(() => alarms?.toSorted(byUrgency), [alarms]);
  if (sorted === undefined) {
    return connection === 'lost' ? null : (
      <div className="wait">
        <Spin /> {say('alarms.loading')}
      </div>
    );
  }
  if (sorted.length === 0) {
    // That all is well may be said only by a gateway that is heard.
    return connection === 'live' ? (
      <div className="well">
        <img src={lantern} alt="" width="72" height="72" />
        <strong className="all-well">{say('alarms.none')}</strong>
        <span className="quiet">{say('alarms.none-text')}</span>
      </div>
    ) : null;
  }
  const hidden = sorted.length - rows;
  return (
    <>
      <ol className="alarms">
        {sorted.slice(0, rows).map((alarm) => (
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

function ClosedAlarms() {
  const { say } = useWords();
  const [closed, setClosed] = useState<readonly ListedAlarm[]>();
  const [problem, setProblem] = useState<Problem>();
  // One more closed, or the stream is back: the list is another.
  const last = useKnown((known) => known.entries.find(({ type }) => type.endsWith('.closed'))?.sequence);
  const connection = useKnown((known) => known.connection);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `last` and `connection` say when to ask again
  useEffect(() => {
    let here = true;
    void api.alarms('closed', CLOSED_SHOWN).then((answer) => {
      if (!here) return;
      if (answer.ok) setClosed(answer.value.alarms);
      setProblem(answer.ok ? undefined : answer.problem);
    });
    return () => {
      here = false;
    };
  }, [last, connection]);
  if (problem !== undefined) return <ProblemNote problem={problem} />;
  if (closed === undefined) return <Spin className="wait" />;
  if (closed.length === 0) return <p className="wait quiet">{say('alarms.none-closed')}</p>;
  return (
    <>
      <ol className="alarms">
        {closed.map((alarm) => (
          <AlarmRow key={alarm.id} alarm={alarm} risenFrom={undefined} rights={NO_RIGHTS} />
        ))}
      </ol>
      {closed.length === CLOSED_SHOWN && <p className="quiet">{say('alarms.closed-limit', { count: CLOSED_SHOWN })}</p>}
    </>
  );
}
