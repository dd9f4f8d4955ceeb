import { Drawer, Spin } from 'antd';
import { lazy, Suspense } from 'react';
import { type AlarmLife, api } from '../api.ts';
import { useAsked } from '../asked.ts';
import { CALL_PREFIX } from '../called.ts';
import { Place } from '../place.ts';
import type { Rights } from '../rights.ts';
import { useKnown } from '../store.ts';
import { useWords } from '../words/words.ts';
import { Acknowledge } from './acknowledge.tsx';
import { AlarmFacts } from './alarm-facts.tsx';
import { AlarmPicture } from './alarm-picture.tsx';
import { AroundAlarm } from './around-alarm.tsx';
import { ExerciseMark } from './exercise-mark.tsx';
import { LevelTag } from './level-tag.tsx';
import { LifeSteps } from './life-steps.tsx';
import { Measured } from './measured.tsx';
import { NextLevel } from './next-level.tsx';
import { PermitChip } from './permit-chip.tsx';
import { ProblemNote } from './problem-note.tsx';
import { ResponsePanel } from './response-panel.tsx';
import { ServiceButtons } from './service-buttons.tsx';
import { SpotPhotos } from './spot-photos.tsx';
import { StandingChips } from './standing-chips.tsx';

const AlarmChart = lazy(async () => ({ default: (await import('./alarm-chart.tsx')).AlarmChart }));

/** Everything about one alarm, beside the list. */
export function AlarmDrawer({ id, rights }: { readonly id: string; readonly rights: Rights }) {
  const { say } = useWords();
  const last = useKnown((known) => known.entries.find(({ data }) => data.alarm === id)?.sequence);
  const connection = useKnown((known) => known.connection);
  const { value: told, problem, again } = useAsked(() => api.alarm(id), `${id} ${last} ${connection}`);
  const current = told?.alarm.id === id ? told : undefined;
  const exercise = current?.alarm.exercise;
  return (
    <Drawer
      open
      size={720}
      title={say('detail.title')}
      onClose={() => Place.go('alarms', Place.kept())}
      classNames={{ body: connection === 'lost' ? 'stale' : '' }}
    >
      {exercise !== undefined && (
        <p className="exercise-banner">
          <b>{say(`exercise.${exercise}`)}</b> {say(`exercise.${exercise}-text`)}
        </p>
      )}
      {problem !== undefined && <ProblemNote problem={problem} />}
      {current === undefined ? (
        problem === undefined && <Spin />
      ) : (
        <Detail told={current} rights={rights} onDone={again} />
      )}
    </Drawer>
  );
}

interface DetailProps {
  readonly told: AlarmLife;
  readonly rights: Rights;
  readonly onDone: () => void;
}

function Detail({ told, rights, onDone }: DetailProps) {
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
          <StandingChips alarm={alarm} />
        </div>
        <h2>
          <ExerciseMark alarm={alarm} /> {watch.deviceName}
        </h2>
        <p>{watch.title[language]}</p>
        <div className="detail-measured">
          <div>
            <Measured alarm={alarm} />
            <NextLevel alarm={alarm} />
          </div>
          {alarm.closedAt === null && <Acknowledge alarm={alarm} rights={rights} />}
        </div>
      </header>
      <h3>{say('detail.response')}</h3>
      <ResponsePanel alarm={alarm} rights={rights} onDone={onDone} />
      <AroundAlarm told={told} />
      <SpotPhotos alarm={alarm} last={events.at(-1)?.sequence ?? ''} />
      {pictureAt !== null && <AlarmPicture id={alarm.id} at={pictureAt} />}
      <h3>{say('detail.chart')}</h3>
      <Suspense fallback={<Spin />}>
        <AlarmChart key={alarm.id} alarm={alarm} events={events} />
      </Suspense>
      <h3>{say('detail.life')}</h3>
      <LifeSteps events={events.filter(({ type }) => !type.startsWith(CALL_PREFIX))} />
      {!complete && <p className="quiet">{say('detail.incomplete')}</p>}
      <h3>{say('detail.facts')}</h3>
      <AlarmFacts alarm={alarm} />
      {rights.service && (
        <div className="deeds">
          <ServiceButtons on={watch.device} name={watch.deviceName} onDone={onDone} />
        </div>
      )}
    </article>
  );
}
