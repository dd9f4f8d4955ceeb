import { Checkbox, Input, Select, Table, type TableColumnsType } from 'antd';
import { useDeferredValue, useMemo, useState, useSyncExternalStore } from 'react';
import type { AnswerView } from '../../api/context.ts';
import { answersByPoint, isConcern } from '../answers.ts';
import type { ListedPoint, Session } from '../api.ts';
import { AnswerWords } from '../parts/answer-words.tsx';
import { PointDrawer } from '../parts/point-drawer.tsx';
import { QualityWords } from '../parts/quality-words.tsx';
import { useRoom } from '../parts/room.ts';
import { lengthWords, valueWords } from '../phrases.ts';
import { Place, subscribePlace } from '../place.ts';
import { isLate, isWanted } from '../points-filter.ts';
import { rightsOf } from '../rights.ts';
import { useSiteNow } from '../site-now.ts';
import { useKnown } from '../store.ts';
import { type Say, useWords } from '../words/words.ts';

const NO_ANSWERS: readonly AnswerView[] = [];
/** From this width on a table has room for every column; below, a row is two lines. */
const WIDE_PX = 900;

/** Every point as it is read now. */
export function Points({ session }: { readonly session: Session }) {
  const { say } = useWords();
  const points = useKnown((known) => known.points);
  const given = useKnown((known) => known.answers);
  const { point: shown } = useSyncExternalStore(subscribePlace, Place.now);
  const now = useSiteNow();
  const [text, setText] = useState('');
  const [scene, setScene] = useState<string | null>(null);
  const [problems, setProblems] = useState(false);
  const wantedText = useDeferredValue(text.trim());
  const { holder, width, height } = useRoom();
  const answers = useMemo(() => answersByPoint(given), [given]);
  const scenes = useMemo(
    () => [...new Set([...points.values()].map((point) => point.scene).filter((name) => name !== null))].sort(),
    [points],
  );
  const of = (point: ListedPoint) => answers.get(point.key) ?? NO_ANSWERS;
  const filter = { text: wantedText, scene, problems };
  const rows = [...points.values()].filter((point) =>
    isWanted(point, of(point), say.of('quantity', point.quantity), now, filter),
  );
  const open = shown === null ? undefined : points.get(shown);
  return (
    <>
      <h1 className="only-read">{say('points.title')}</h1>
      <div className="bar bar-filter">
        <Input.Search
          allowClear
          value={text}
          aria-label={say('points.filter')}
          placeholder={say('points.filter')}
          onChange={(event) => setText(event.target.value)}
        />
        <Select
          value={scene ?? ''}
          aria-label={say('points.scene')}
          onChange={(value) => setScene(value === '' ? null : value)}
          options={[
            { value: '', label: say('points.all-scenes') },
            ...scenes.map((name) => ({ value: name, label: say.of('scene', name) })),
          ]}
        />
        <Checkbox checked={problems} onChange={(event) => setProblems(event.target.checked)}>
          {say('points.problems')}
        </Checkbox>
        <span className="quiet">{say('points.count', { shown: rows.length, all: points.size })}</span>
      </div>
      <div className="room" ref={holder}>
        <Table
          virtual
          size="small"
          rowKey="key"
          columns={width >= WIDE_PX ? wideColumns(say, of, now) : narrowColumns(say, of, now)}
          dataSource={rows}
          pagination={false}
          scroll={{ x: width, y: Math.max(200, height - 40) }}
          locale={{ emptyText: say('points.none') }}
          onRow={(point) => ({ onClick: () => Place.go('points', { point: point.key }) })}
        />
      </div>
      {open !== undefined && (
        <PointDrawer point={open} answers={of(open)} mayService={rightsOf(session.role).service} />
      )}
    </>
  );
}

type AnswersOf = (point: ListedPoint) => readonly AnswerView[];

function Name({ point }: { readonly point: ListedPoint }) {
  const { say } = useWords();
  const quantity = say.of('quantity', point.quantity);
  return (
    <a
      href={`#/points?point=${encodeURIComponent(point.key)}`}
      aria-label={say('points.open-chart', { device: point.deviceName, quantity })}
      onClick={(event) => event.stopPropagation()}
    >
      {point.deviceName}
    </a>
  );
}

function Value({ point }: { readonly point: ListedPoint }) {
  const { say } = useWords();
  const bad = point.last?.quality === 'bad';
  return <b className={bad ? 'reading bad' : 'reading'}>{valueWords(say, point.last?.value ?? null, point.unit)}</b>;
}

function Age({ point, now }: { readonly point: ListedPoint; readonly now: number }) {
  const { say } = useWords();
  if (point.last === null) return <span className="quiet">{say('points.never')}</span>;
  const late = isLate(point, now);
  return (
    <span className={late ? 'late' : 'quiet'} title={late ? say('points.late') : undefined}>
      {late && '⚠ '}
      {lengthWords(say, now - point.last.at)}
    </span>
  );
}

/** The worst of what the rules say, and how many more have something to say. */
function Worst({ answers }: { readonly answers: readonly AnswerView[] }) {
  const [worst, ...less] = answers;
  if (worst === undefined) return null;
  const others = less.filter(isConcern);
  return (
    <>
      <AnswerWords answer={worst} />
      {others.length > 0 && <span className="quiet"> +{others.length}</span>}
    </>
  );
}

function wideColumns(say: Say, of: AnswersOf, now: number): TableColumnsType<ListedPoint> {
  return [
    { title: say('points.device'), key: 'device', width: 250, render: (_, point) => <Name point={point} /> },
    { title: say('points.place'), key: 'grid', width: 80, render: (_, point) => point.place.grid },
    { title: say('points.quantity'), key: 'quantity', width: 150, render: (_, p) => say.of('quantity', p.quantity) },
    { title: say('points.value'), key: 'value', width: 120, align: 'right', render: (_, p) => <Value point={p} /> },
    {
      title: say('points.quality'),
      key: 'quality',
      width: 210,
      className: 'after-number',
      render: (_, { last }) => last !== null && <QualityWords reading={last} />,
    },
    { title: say('points.age'), key: 'age', width: 120, render: (_, point) => <Age point={point} now={now} /> },
    { title: say('points.rules'), key: 'rules', width: 220, render: (_, point) => <Worst answers={of(point)} /> },
  ];
}

function narrowColumns(say: Say, of: AnswersOf, now: number): TableColumnsType<ListedPoint> {
  return [
    {
      title: say('points.device'),
      key: 'device',
      width: 200,
      render: (_, point) => (
        <div className="two-lines">
          <Name point={point} />
          <span className="quiet">
            {say.of('quantity', point.quantity)} · {point.place.grid}
          </span>
          <Worst answers={of(point)} />
        </div>
      ),
    },
    {
      title: say('points.value'),
      key: 'value',
      width: 130,
      align: 'right',
      render: (_, point) => (
        <div className="two-lines two-lines-right">
          <Value point={point} />
          {point.last !== null && <QualityWords reading={point.last} />}
          <Age point={point} now={now} />
        </div>
      ),
    },
  ];
}
