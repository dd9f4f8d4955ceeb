import { Drawer, Spin } from 'antd';
import { lazy, Suspense, useEffect, useState } from 'react';
import { type AlarmLife, api, type Problem } from '../api.ts';
import { Place } from '../place.ts';
import type { Rights } from '../rights.ts';
import { useKnown } from '../store.ts';
import { useWords } from '../words/words.ts';
import { Acknowledge } from './acknowledge.tsx';
import { AlarmFacts } from './alarm-facts.tsx';
import { AlarmPicture } from './alarm-picture.tsx';
import { LevelTag } from './level-tag.tsx';
import { LifeSteps } from './life-steps.tsx';
import { Measured } from './measured.tsx';
import { PermitChip } from './permit-chip.tsx';
import { ProblemNote } from './problem-note.tsx';

const AlarmChart = lazy(async () => ({ default: (await import('./alarm-chart.tsx')).AlarmChart }));

/** Everything about one alarm, beside the list. */
export function AlarmDrawer({ id, rights }: { readonly id: string; readonly rights: Rights }) {
  const { say } = useWords();
  const [told, setTold] = useState<AlarmLife>();
  const [problem, setProblem] = useState<Problem>();
  const last = useKnown((known) => known.entries.find(({ data }) => data.alarm === id)?.sequence);
  const connection = useKnown((known) => known.connection);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `last` and `connection` say when to ask again
  useEffect(() => {
    let here = true;
    void api.alarm(id).then((answer) => {
      if (!here) return;
      if (answer.ok) setTold(answer.value);
      setProblem(answer.ok ? undefined : answer.problem);
    });
    return () => {
      here = false;
    };
  }, [id, last, connection]);
  const current = told?.alarm.id === id ? told : undefined;
  return (
    <Drawer
      open
      size={720}
      title={say('detail.title')}
      onClose={() => Place.go('alarms')}
      classNames={{ body: connection === 'lost' ? 'stale' : '' }}
    >
      {problem !== undefined && <ProblemNote problem={problem} />}
      {current === undefined ? problem === undefined && <Spin /> : <Detail told={current} rights={rights} />}
    </Drawer>
  );
}

function Detail({ told, rights }: { readonly told: AlarmLife; readonly rights: Rights }) {
  const { say, language } = useWords();
  const { alarm, events, complete, pictureAt } = told;
  const { condition, acknowledged, watch } = alarm;
  return (
    <article className="detail">
      <header className="detail-head">
        <div className="detail-states">
          <LevelTag level={alarm.level} />
          <span className={`state state-${condition}`}>{say(`condition.${condition}`)}</span>
          <span className={acknowledged ? 'state' : 'state state-unseen'}>
            {say(acknowledged ? 'acknowledged.yes' : 'acknowledged.no')}
          </span>
          <PermitChip alarm={alarm} />
        </div>
        <h2>{watch.deviceName}</h2>
        <p>{watch.title[language]}</p>
        <div className="detail-measured">
          <Measured alarm={alarm} />
          {alarm.closedAt === null && <Acknowledge alarm={alarm} rights={rights} />}
        </div>
      </header>
      {pictureAt !== null && <AlarmPicture id={alarm.id} at={pictureAt} />}
      <h3>{say('detail.chart')}</h3>
      <Suspense fallback={<Spin />}>
        <AlarmChart key={alarm.id} alarm={alarm} events={events} />
      </Suspense>
      <h3>{say('detail.life')}</h3>
      <LifeSteps events={events} />
      {!complete && <p className="quiet">{say('detail.incomplete')}</p>}
      <h3>{say('detail.facts')}</h3>
      <AlarmFacts alarm={alarm} />
    </article>
  );
}
