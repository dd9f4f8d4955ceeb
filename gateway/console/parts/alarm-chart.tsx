import { Spin } from 'antd';
import { ALARM_PREFIX } from '../alarm-order.ts';
import type { ListedAlarm, LogEntry } from '../api.ts';
import { numberWords, unitWords, valueWords } from '../phrases.ts';
import { useSeries } from '../series.ts';
import { useSiteNow } from '../site-now.ts';
import { useKnown } from '../store.ts';
import { useWords } from '../words/words.ts';
import { Chart } from './chart.tsx';
import { ProblemNote } from './problem-note.tsx';

/** What is shown before an alarm was raised and after it returned. */
const AROUND_MS = 30 * 60_000;
const CHANGES = ['raised', 'level-changed', 'returned'];

/** The readings of an alarm's point around its life, with its limits, and a mark at each change of its condition. */
export function AlarmChart({ alarm, events }: { readonly alarm: ListedAlarm; readonly events: readonly LogEntry[] }) {
  const { say } = useWords();
  const now = useSiteNow();
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const { watch } = alarm;
  const from = alarm.raisedAt - AROUND_MS;
  const end = alarm.returnedAt === null ? null : alarm.returnedAt + AROUND_MS;
  const over = end !== null && end < now;
  const { series, problem } = useSeries(`${watch.device}/${watch.point}`, from, over ? end : null);
  if (problem !== undefined) return <ProblemNote problem={problem} />;
  if (series === undefined) return <Spin />;
  if (series.at.length === 0) return <p className="quiet">{say('chart.empty')}</p>;
  // A rate or a change has no place among the readings it is made of.
  const comparable = !/^(rate|delta|silent|state|together|time-to|certificate|quality|angle)/.test(watch.measure);
  const line = (value: number | null, name: 'chart.threshold' | 'chart.legal-limit') =>
    value === null || !comparable
      ? []
      : [{ value, label: `${say(name)} ${numberWords(value)} ${unitWords(watch.unit)}`.trim() }];
  // The threshold that was passed last, should it have returned since.
  const limit = alarm.limit ?? events.findLast(({ data }) => typeof data.limit === 'number')?.data.limit ?? null;
  const legal = watch.legalLimit === limit ? null : watch.legalLimit;
  const marks = events
    .filter(({ type }) => CHANGES.includes(type.slice(ALARM_PREFIX.length)))
    .map(({ time }) => ({ at: Date.parse(time) }));
  return (
    <Chart
      label={say('chart.label', { point: `${watch.deviceName} ${say.of('quantity', watch.quantity)}` })}
      columns={series}
      from={from}
      to={over ? end : now}
      zone={zone}
      show={(value) => valueWords(say, value, watch.unit)}
      extras={{ limits: [...line(limit, 'chart.threshold'), ...line(legal, 'chart.legal-limit')], marks }}
    />
  );
}
