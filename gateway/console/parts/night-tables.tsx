import { useDeviceNames } from '../naming.ts';
import { type LateStep, NIGHT_STEPS, type NightAlarm, type Run, type StepSum } from '../night.ts';
import { lengthWords } from '../phrases.ts';
import { useKnown } from '../store.ts';
import { lengthOf, minuteOfDay } from '../time.ts';
import { useWords } from '../words/words.ts';
import { LevelTag } from './level-tag.tsx';

/** `10:30`, minutes and seconds; hours are minutes too, as the promise counts them. */
function minutes(ms: number): string {
  const { d, h, min, s } = lengthOf(ms);
  return `${(d * 24 + h) * 60 + min}:${String(s).padStart(2, '0')}`;
}

/** Each step: how often, how long, how many in time. */
export function StepSums({ sums }: { readonly sums: readonly StepSum[] }) {
  const { say } = useWords();
  return (
    <table className="plain">
      <thead>
        <tr>
          <th>{say('night.step')}</th>
          <th>{say('night.times')}</th>
          <th>{say('night.median')}</th>
          <th>{say('night.longest')}</th>
          <th>{say('night.on-time')}</th>
        </tr>
      </thead>
      <tbody>
        {sums.map(({ step, done, medianMs, longestMs, promised, onTime }) => (
          <tr key={step}>
            <th scope="row">{say(`night-step.${step}`)}</th>
            <td>{done}</td>
            <td>{minutes(medianMs)}</td>
            <td>{minutes(longestMs)}</td>
            <td className={onTime < promised ? 'bad' : ''}>{promised === 0 ? '—' : `${onTime} / ${promised}`}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What was late, or is. */
export function LateList({ late }: { readonly late: readonly LateStep[] }) {
  const { say, language } = useWords();
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const names = useDeviceNames();
  return (
    <ul className="late-steps">
      {late.map(({ alarm, step, run }) => (
        <li key={`${alarm.id} ${step} ${run.from}`}>
          <b className="bad">{say(`night-step.${step}`)}</b>{' '}
          <a href={`#/alarms?alarm=${encodeURIComponent(alarm.id)}`}>
            {names.get(alarm.device) ?? alarm.device} {alarm.title[language]}
          </a>{' '}
          <span className="quiet">
            {minuteOfDay(run.from, zone)}{' '}
            {run.done === null
              ? say('night.late-now', { promise: lengthWords(say, (run.due ?? run.from) - run.from) })
              : say('night.late-of', {
                  promise: lengthWords(say, (run.due ?? run.from) - run.from),
                  took: lengthWords(say, run.done - run.from),
                })}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** The one that says most of a step that came more than once: a late one, else the longest. */
function worst(runs: readonly Run[], now: number): Run | undefined {
  const length = ({ from, done }: Run) => (done ?? now) - from;
  return runs.toSorted((a, b) => Number(b.isLate) - Number(a.isLate) || length(b) - length(a))[0];
}

/** Every alarm of the night with what people took for each step, and what was promised. */
export function NightTable({ alarms, now }: { readonly alarms: readonly NightAlarm[]; readonly now: number }) {
  const { say, language } = useWords();
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const names = useDeviceNames();
  const steps = NIGHT_STEPS.filter((step) => alarms.some(({ runs }) => (runs[step]?.length ?? 0) > 0));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section className="table-scroll" tabIndex={0} aria-label={say('night.alarms')}>
      <table className="plain night-table">
        <thead>
          <tr>
            <th>{say('night.alarm')}</th>
            <th>{say('fact.raised')}</th>
            {steps.map((step) => (
              <th key={step}>{say(`night-step.${step}`)}</th>
            ))}
            <th>{say('night.closed')}</th>
          </tr>
        </thead>
        <tbody>
          {alarms.map((alarm) => (
            <tr key={alarm.id}>
              <th scope="row">
                <LevelTag level={alarm.level} />{' '}
                <a href={`#/alarms?alarm=${encodeURIComponent(alarm.id)}`}>{names.get(alarm.device) ?? alarm.device}</a>
                <small className="quiet">{alarm.title[language]}</small>
              </th>
              <td data-name={say('fact.raised')}>{minuteOfDay(alarm.raisedAt, zone)}</td>
              {steps.map((step) => (
                <Taken
                  key={step}
                  name={say(`night-step.${step}`)}
                  runs={alarm.runs[step] ?? []}
                  isOver={alarm.isClosed}
                  now={now}
                />
              ))}
              <td data-name={say('night.closed')}>{alarm.isClosed ? '✓' : ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface TakenProps {
  readonly name: string;
  readonly runs: readonly Run[];
  readonly isOver: boolean;
  readonly now: number;
}

function Taken({ name, runs, isOver, now }: TakenProps) {
  const run = worst(
    runs.filter(({ done, isLate }) => done !== null || isLate || !isOver),
    now,
  );
  if (run === undefined) return <td />;
  const isLate = run.isLate || (run.done === null && run.due !== null && run.due < now);
  return (
    <td data-name={name} className={isLate ? 'bad' : run.done === null ? 'quiet' : ''}>
      {isLate && '⚠ '}
      {run.done === null ? '…' : minutes(run.done - run.from)}
      {run.due !== null && <span className="quiet"> / {minutes(run.due - run.from)}</span>}
      {runs.length > 1 && <small className="quiet"> ×{runs.length}</small>}
    </td>
  );
}
