import { Drawer, Spin } from 'antd';
import { lazy, Suspense } from 'react';
import type { AnswerView } from '../../api/context.ts';
import type { ListedPoint } from '../api.ts';
import { valueWords } from '../phrases.ts';
import { Place } from '../place.ts';
import { useKnown } from '../store.ts';
import { useWords } from '../words/words.ts';
import { AnswerList } from './answer-words.tsx';
import { QualityWords } from './quality-words.tsx';
import { ServiceButtons } from './service-buttons.tsx';

const PointChart = lazy(async () => ({ default: (await import('./point-chart.tsx')).PointChart }));

/** One point: its chart, and all that the rules say of it. */
export function PointDrawer({
  point,
  answers,
  mayService,
}: {
  readonly mayService: boolean;
  readonly point: ListedPoint;
  readonly answers: readonly AnswerView[];
}) {
  const { say } = useWords();
  const lost = useKnown((known) => known.connection === 'lost');
  return (
    <Drawer
      open
      size={860}
      title={`${point.deviceName} · ${say.of('quantity', point.quantity)}`}
      onClose={() => Place.go('points')}
      classNames={{ body: lost ? 'stale' : '' }}
    >
      <div className="point-now">
        <strong className="headline">{valueWords(say, point.last?.value ?? null, point.unit)}</strong>
        {point.last !== null && <QualityWords reading={point.last} />}
        <span className="quiet">
          {point.place.grid !== null && say('alarm.grid', { grid: point.place.grid })}{' '}
          <span className="code">{point.key}</span> · {point.link}
        </span>
      </div>
      <Suspense fallback={<Spin />}>
        <PointChart key={point.key} point={point} />
      </Suspense>
      <h3>{say('points.all-answers')}</h3>
      <AnswerList answers={answers} />
      {mayService && (
        <div className="deeds">
          <ServiceButtons on={point.device} name={point.deviceName} />
        </div>
      )}
    </Drawer>
  );
}
