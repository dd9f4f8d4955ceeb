import { Segmented, Spin } from 'antd';
import { useMemo, useState } from 'react';
import type { ListedPoint } from '../api.ts';
import { valueWords } from '../phrases.ts';
import { useSeries } from '../series.ts';
import { useSiteNow } from '../site-now.ts';
import { useKnown } from '../store.ts';
import { useWords } from '../words/words.ts';
import { Chart } from './chart.tsx';
import { ProblemNote } from './problem-note.tsx';

const SPANS = { '10min': 600_000, '1h': 3_600_000, '8h': 28_800_000, '24h': 86_400_000 } as const;
type Span = keyof typeof SPANS;
const SPAN_NAMES = Object.keys(SPANS).filter((name): name is Span => name in SPANS);

/** The newest readings of a point, going on by themselves. */
export function PointChart({ point }: { readonly point: ListedPoint }) {
  const { say } = useWords();
  const [span, setSpan] = useState<Span>('1h');
  const now = useSiteNow();
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  // Where the span begins when it is asked for; the chart itself moves on with the time.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new point is asked from its own present on
  const asked = useMemo(() => now - SPANS[span], [span, point.key]);
  const { series, problem } = useSeries(point.key, asked, null);
  const from = now - SPANS[span];
  const seen = useMemo(() => {
    if (series === undefined) return undefined;
    const first = series.at.findIndex((at) => at >= from);
    const start = first < 0 ? series.at.length : Math.max(0, first - 1);
    return { at: series.at.slice(start), value: series.value.slice(start), quality: series.quality.slice(start) };
  }, [series, from]);
  const name = `${point.deviceName} ${say.of('quantity', point.quantity)}`;
  return (
    <section aria-label={say('chart.label', { point: name })}>
      <div className="chart-bar">
        <Segmented<Span>
          value={span}
          onChange={setSpan}
          aria-label={say('chart.span')}
          options={SPAN_NAMES.map((value) => ({ value, label: say(`chart.${value}`) }))}
        />
        <span className="quiet">{say('chart.zone', { zone })}</span>
      </div>
      {problem !== undefined && <ProblemNote problem={problem} />}
      {seen === undefined ? (
        problem === undefined && <Spin />
      ) : seen.at.length === 0 ? (
        <p className="wait quiet">{say('chart.empty')}</p>
      ) : (
        <>
          <Chart
            label={say('chart.label', { point: name })}
            columns={seen}
            from={from}
            to={now}
            zone={zone}
            show={(value) => valueWords(say, value, point.unit)}
            extras={{ limits: [], marks: [] }}
          />
          <Figures columns={seen} point={point} />
        </>
      )}
    </section>
  );
}

interface FiguresProps {
  readonly columns: Parameters<typeof Chart>[0]['columns'];
  readonly point: ListedPoint;
}

/** What the chart says, in numbers: for those who do not see it, and for a report by telephone. */
function Figures({ columns, point }: FiguresProps) {
  const { say } = useWords();
  const numbers = columns.value.filter((value, n) => typeof value === 'number' && columns.quality[n] === 'good');
  const show = (value: number | string | null) => valueWords(say, value, point.unit);
  const count = (wanted: 'bad' | 'uncertain') => columns.quality.filter((quality) => quality === wanted).length;
  const highest = numbers.reduce<number | null>((most, value) => Math.max(most ?? Number(value), Number(value)), null);
  const lowest = numbers.reduce<number | null>((least, value) => Math.min(least ?? Number(value), Number(value)), null);
  return (
    <ul className="figures">
      <li>
        {say('chart.now')} <b>{show(point.last?.value ?? null)}</b>
      </li>
      {highest !== null && (
        <>
          <li>
            {say('chart.highest')} <b>{show(highest)}</b>
          </li>
          <li>
            {say('chart.lowest')} <b>{show(lowest)}</b>
          </li>
        </>
      )}
      {count('bad') > 0 && <li className="bad">× {say('chart.bad', { count: count('bad') })}</li>}
      {count('uncertain') > 0 && (
        <li className="uncertain">○ {say('chart.uncertain', { count: count('uncertain') })}</li>
      )}
    </ul>
  );
}
