import type { Case } from '../../alarms/case.ts';
import { useSiteNow } from '../site-now.ts';
import { useKnown } from '../store.ts';
import { timeNear } from '../time.ts';
import { useWords } from '../words/words.ts';
import { LevelTag } from './level-tag.tsx';

/** The case (案件) that an alarm belongs to: what happened at one place in one night, with its other alarms. */
export function CaseBox({ of, alarm }: { readonly of: Case; readonly alarm: string }) {
  const { say, language } = useWords();
  const now = useSiteNow();
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const open = useKnown((known) => known.alarms);
  const entries = useKnown((known) => known.entries);
  const points = useKnown((known) => known.points);
  const pointOf = (key: string) => key.slice(key.indexOf('@') + 1);
  const deviceOf = (key: string) => points.get(pointOf(key))?.deviceName ?? pointOf(key);
  const isOfMany = new Set(of.alarms.map(({ key }) => deviceOf(key))).size > 1;
  // Cases name rules by their ids alone; of several devices at one spot each is told apart.
  const titleOf = (id: string, key: string) => {
    const title =
      open?.find((each) => each.id === id)?.watch.title[language] ??
      entries.find(({ data }) => data.alarm === id && data.title !== undefined)?.data.title?.[language] ??
      key.split('@')[0];
    return isOfMany ? `${deviceOf(key)} ${title}` : title;
  };
  return (
    <section className="case">
      <p>
        <span className="code">{of.id}</span> <strong>{say(`case.${of.state}`)}</strong>{' '}
        <span className="quiet">{say('case.alarms', { count: of.alarms.length })}</span>
      </p>
      {of.alarms.length > 1 && (
        <ul>
          {of.alarms.map(({ id, key, level, raisedAt, stage }) => (
            <li key={id} aria-current={id === alarm ? 'true' : undefined}>
              <LevelTag level={level} />{' '}
              {id === alarm ? (
                <b>{titleOf(id, key)}</b>
              ) : (
                <a href={`#/alarms?alarm=${encodeURIComponent(id)}`}>{titleOf(id, key)}</a>
              )}{' '}
              <span className="quiet">
                {timeNear(raisedAt, now, zone)} {stage !== null && say(`stage.${stage}`)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
