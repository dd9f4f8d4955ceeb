import { Segmented, Spin } from 'antd';
import { lazy, Suspense, useMemo, useState, useSyncExternalStore } from 'react';
import { api, type Session } from '../api.ts';
import { useAsked } from '../asked.ts';
import { AlarmRow } from '../parts/alarm-row.tsx';
import { LevelCounts } from '../parts/level-counts.tsx';
import { OpenAlarms } from '../parts/open-alarms.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { Place, subscribePlace } from '../place.ts';
import { NO_RIGHTS, rightsOf } from '../rights.ts';
import { useKnown } from '../store.ts';
import { useWords } from '../words/words.ts';

const AlarmDrawer = lazy(async () => ({ default: (await import('../parts/alarm-drawer.tsx')).AlarmDrawer }));

type Tab = 'open' | 'closed';
const CLOSED_SHOWN = 200;

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

function ClosedAlarms() {
  const { say } = useWords();
  // One more closed, or the stream is back: the list is another.
  const last = useKnown((known) => known.entries.find(({ type }) => type.endsWith('.closed'))?.sequence);
  const connection = useKnown((known) => known.connection);
  const { value, problem } = useAsked(() => api.alarms('closed', CLOSED_SHOWN), `${last} ${connection}`);
  const closed = value?.alarms;
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
