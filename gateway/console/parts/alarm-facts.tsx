import { excessOf } from '../alarm-order.ts';
import type { ListedAlarm } from '../api.ts';
import { excessWords, measureWords, percentWords, valueWords } from '../phrases.ts';
import { useKnown } from '../store.ts';
import { dateOf, timeOfDay } from '../time.ts';
import { useWords } from '../words/words.ts';
import { Fact } from './fact.tsx';
import { PermitChip } from './permit-chip.tsx';

/** What an alarm was judged by, so that one can answer for it. */
export function AlarmFacts({ alarm }: { readonly alarm: ListedAlarm }) {
  const { say } = useWords();
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const { watch, window, permit, follows } = alarm;
  const value = (of: number | string | null) => (of === null ? null : valueWords(say, of, watch.unit, watch.measure));
  const time = (at: number | null) => (at === null ? null : `${dateOf(at, zone)} ${timeOfDay(at, zone)}`);
  const excess = excessOf(alarm);
  const where = [
    watch.place.grid === null ? '' : say('alarm.grid', { grid: watch.place.grid }),
    watch.place.at === null ? '' : `${watch.place.at.join(', ')} (WGS84)`,
  ];
  return (
    <dl className="facts">
      <Fact name={say('fact.measure')}>{measureWords(say, watch.measure)}</Fact>
      <Fact name={say('fact.value')}>{value(alarm.value)}</Fact>
      <Fact name={say('fact.threshold')}>{value(alarm.limit)}</Fact>
      <Fact name={say('fact.legal-limit')}>{value(watch.legalLimit)}</Fact>
      <Fact name={say('fact.excess')}>{excess && excessWords(excess, watch.unit).join(' ')}</Fact>
      <Fact name={say('fact.coverage')}>{alarm.coverage === null ? null : percentWords(alarm.coverage)}</Fact>
      <Fact name={say('fact.basis')}>{watch.basis}</Fact>
      <Fact name={say('fact.window')}>
        {window === null
          ? null
          : window.name === 'night'
            ? say('window.night', { date: window.date })
            : say('window.plain', { window: window.name, date: window.date })}
      </Fact>
      <Fact name={say('fact.permit')}>
        {permit && (
          <>
            <PermitChip alarm={alarm} /> <span className="code">{permit.id}</span>
          </>
        )}
      </Fact>
      <Fact name={say('fact.device')}>{`${watch.deviceName} (${watch.device})`}</Fact>
      <Fact name={say('fact.point')}>{`${say.of('quantity', watch.quantity)} (${watch.point})`}</Fact>
      <Fact name={say('fact.place')}>{where.filter((part) => part !== '').join(' · ')}</Fact>
      <Fact name={say('fact.raised')}>{time(alarm.raisedAt)}</Fact>
      <Fact name={say('fact.returned')}>{time(alarm.returnedAt)}</Fact>
      <Fact name={say('acknowledged.yes')}>
        {alarm.acknowledgedAt && `${time(alarm.acknowledgedAt)} ${alarm.acknowledgedBy ?? ''}`}
      </Fact>
      <Fact name={say('fact.closed')}>{time(alarm.closedAt)}</Fact>
      <Fact name={say('fact.rule')}>
        <span className="code">{watch.rule}</span>
      </Fact>
      <Fact name={say('fact.follows')}>
        {follows && (
          <a className="code" href={`#/alarms?alarm=${encodeURIComponent(follows)}`}>
            {follows}
          </a>
        )}
      </Fact>
      <Fact name={say('fact.id')}>
        <span className="code">{alarm.id}</span>
      </Fact>
    </dl>
  );
}
