import { memo } from 'react';
import type { Level } from '../../rules/finding.ts';
import type { ListedAlarm } from '../api.ts';
import { useNaming } from '../naming.ts';
import { lengthWords } from '../phrases.ts';
import { Place } from '../place.ts';
import { nextDeed } from '../response.ts';
import type { Rights } from '../rights.ts';
import { useSiteNow } from '../site-now.ts';
import { useKnown } from '../store.ts';
import { timeNear } from '../time.ts';
import { useWords } from '../words/words.ts';
import { Acknowledge } from './acknowledge.tsx';
import { DeedButton } from './deed-button.tsx';
import { DueWords } from './due-words.tsx';
import { ExerciseMark } from './exercise-mark.tsx';
import { LevelTag } from './level-tag.tsx';
import { Measured } from './measured.tsx';
import { NextLevel } from './next-level.tsx';
import { PermitChip } from './permit-chip.tsx';
import { StandingChips } from './standing-chips.tsx';

interface RowProps {
  readonly alarm: ListedAlarm;
  readonly risenFrom: Level | undefined;
  readonly rights: Rights;
}

/** One alarm on a line, or on a few on a phone. */
export const AlarmRow = memo(function AlarmRow({ alarm, risenFrom, rights }: RowProps) {
  const { say, language } = useWords();
  const naming = useNaming();
  const now = useSiteNow();
  const { watch, level, acknowledged, condition, exercise, response, verdict } = alarm;
  const next = nextDeed(alarm, rights, now);
  const title = watch.title[language];
  const tone = `alarm alarm-${level ?? 'none'} ${acknowledged ? 'alarm-seen' : 'alarm-unseen'} ${
    exercise === undefined ? '' : 'alarm-exercise'
  }`;
  return (
    <li className={tone} data-alarm={alarm.id}>
      <div className="alarm-level">
        <LevelTag level={level} />
        {risenFrom !== undefined && (
          <span className="risen">↑ {say('alarm.risen', { level: say(`level.${risenFrom}`) })}</span>
        )}
      </div>
      <button
        type="button"
        className="alarm-what"
        aria-label={say('alarm.open-detail', { title, device: watch.deviceName })}
        onClick={() => Place.go('alarms', { ...Place.kept(), alarm: alarm.id })}
      >
        <strong>
          <ExerciseMark alarm={alarm} /> {watch.deviceName}
        </strong>
        <span className="alarm-title">
          {title} <PermitChip alarm={alarm} />
          <StandingChips alarm={alarm} />
          {watch.place.grid !== null && <span className="quiet">{say('alarm.grid', { grid: watch.place.grid })}</span>}
        </span>
      </button>
      <div>
        <Measured alarm={alarm} />
        <NextLevel alarm={alarm} />
      </div>
      <When alarm={alarm} />
      <div className="alarm-state">
        <span>
          <span className={`state state-${condition}`}>{say(`condition.${condition}`)}</span> ·{' '}
          <span className={acknowledged ? 'state' : 'state state-unseen'}>
            {say(acknowledged ? 'acknowledged.yes' : 'acknowledged.no')}
          </span>
        </span>
        {response !== undefined && response.stage !== 'waiting' && (
          <span className="stage">
            {say(`stage.${response.stage}`)}{' '}
            <span className="quiet">{response.to === null ? '' : naming.who(response.to)}</span>
          </span>
        )}
        <DueWords alarm={alarm} />
        {verdict !== undefined && <span>{say(`verdict.${verdict}`)}</span>}
      </div>
      <div className="alarm-act">
        {next !== null && <DeedButton alarm={alarm} deed={next} primary />}
        {alarm.closedAt === null && <Acknowledge alarm={alarm} rights={rights} />}
      </div>
    </li>
  );
});

function When({ alarm }: { readonly alarm: ListedAlarm }) {
  const { say } = useWords();
  const now = useSiteNow();
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const end = alarm.returnedAt ?? now;
  const length = lengthWords(say, end - alarm.raisedAt);
  return (
    <div className="alarm-when">
      <span>{say('alarm.since', { time: timeNear(alarm.raisedAt, now, zone) })}</span>
      <span className="quiet">{say(alarm.returnedAt === null ? 'alarm.for' : 'alarm.lasted', { length })}</span>
    </div>
  );
}
