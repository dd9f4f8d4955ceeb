import { Spin } from 'antd';
import { useMemo } from 'react';
import { CALL_PREFIX } from '../called.ts';
import { lateSteps, type NightAlarm, nightOf, sumsOf } from '../night.ts';
import { lastNoon, useNightLog } from '../night-log.ts';
import { useSiteNow } from '../site-now.ts';
import { useKnown } from '../store.ts';
import { dayOf, minuteOfDay } from '../time.ts';
import { useWords } from '../words/words.ts';
import { Card } from './card.tsx';
import { LateList, NightTable, StepSums } from './night-tables.tsx';

/** The night on one page: alarms, how long people took for each step against the promise, what was late. */
export function Night() {
  const { say } = useWords();
  const log = useNightLog();
  const now = useSiteNow();
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const all = useMemo(() => nightOf(log?.entries ?? []), [log]);
  const alarms = useMemo(() => all.filter(({ exercise }) => exercise === null), [all]);
  const sums = useMemo(() => sumsOf(alarms), [alarms]);
  const noon = lastNoon(now, zone);
  const title = (
    <>
      {say('night.title')}{' '}
      {!Number.isNaN(now) && (
        <small className="quiet">
          {say('night.since', { time: `${dayOf(noon, zone)} ${minuteOfDay(noon, zone)}` })}
        </small>
      )}
    </>
  );
  if (log === undefined) {
    return (
      <Card title={title}>
        <Spin />
      </Card>
    );
  }
  const late = lateSteps(alarms, now);
  const calls = log.entries.filter(({ type, data }) => type === `${CALL_PREFIX}sent` && data.exercise == null).length;
  return (
    <Card title={title}>
      <Figures alarms={alarms} late={late.length} calls={calls} />
      {!log.isWhole && <p className="quiet">{say('night.whole')}</p>}
      <div className="night-parts">
        <section>
          <h3>{say('night.steps')}</h3>
          {sums.length === 0 ? <p className="quiet">{say('night.no-steps')}</p> : <StepSums sums={sums} />}
        </section>
        <section>
          <h3>{say('night.late')}</h3>
          {late.length === 0 ? <p className="quiet">{say('night.no-late')}</p> : <LateList late={late} />}
        </section>
      </div>
      <h3>{say('night.alarms')}</h3>
      {alarms.length === 0 ? <p className="quiet">{say('night.none')}</p> : <NightTable alarms={alarms} now={now} />}
    </Card>
  );
}

interface FiguresProps {
  readonly alarms: readonly NightAlarm[];
  readonly late: number;
  readonly calls: number;
}

function Figures({ alarms, late, calls }: FiguresProps) {
  const { say } = useWords();
  const closed = alarms.filter(({ isClosed }) => isClosed).length;
  const figure = (name: string, count: number, isBad = false) => (
    <li className={isBad ? 'count count-red' : 'count'}>
      <b>{count}</b> <span>{name}</span>
    </li>
  );
  return (
    <ul className="counts">
      {figure(say('night.raised'), alarms.length)}
      {figure(say('night.closed'), closed)}
      {figure(say('night.open'), alarms.length - closed)}
      {figure(say('night.late'), late, late > 0)}
      {figure(say('night.calls'), calls)}
    </ul>
  );
}
