import { api, type ListedAlarm } from '../api.ts';
import { useAsked } from '../asked.ts';
import { useNaming } from '../naming.ts';
import { useKnown } from '../store.ts';
import { timeOfDay } from '../time.ts';
import { useWords } from '../words/words.ts';
import { LevelTag } from './level-tag.tsx';

const SHOWN = 5;

/** Floods of alarms that were folded into one, as long as one of their alarms is open. */
export function Incidents({ alarms }: { readonly alarms: readonly ListedAlarm[] }) {
  const { say } = useWords();
  const ids = new Set(alarms.map(({ incident }) => incident).filter((id) => id !== undefined));
  return ids.size === 0 ? null : <Shown ids={ids} label={say('group.incident')} />;
}

function Shown({ ids, label }: { readonly ids: ReadonlySet<string>; readonly label: string }) {
  const { say } = useWords();
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const points = useKnown((known) => known.points);
  const naming = useNaming();
  /** What the log calls `device/point/rule`, as people do. */
  const subjectOf = (subject: string) => {
    const [device = '', point = '', ...rule] = subject.split('/');
    const found = points.get(`${device}/${point}`);
    return found === undefined ? subject : `${found.deviceName} ${naming.rule(rule.join('/'))}`;
  };
  const last = useKnown((known) => known.entries.find(({ type }) => type.includes('.incident.'))?.sequence);
  const told = useAsked(() => api.incidents(SHOWN), `${last} ${[...ids].join(' ')}`).value?.incidents ?? [];
  return (
    <ul className="incidents" aria-label={label}>
      {told
        .filter(({ incident }) => ids.has(incident))
        .map(({ incident, count, level, firstOut, openedAt }) => (
          <li key={incident} className="card">
            <strong>{say('incident.title', { count })}</strong> <LevelTag level={level} />{' '}
            <span className="quiet">
              {timeOfDay(Date.parse(openedAt), zone)} ·{' '}
              {say('incident.first', { subject: subjectOf(firstOut.subject) })}
            </span>{' '}
            <a href="#/alarms?only=incident">{say('incident.show')}</a>
          </li>
        ))}
    </ul>
  );
}
