import { URGENT_FIRST } from '../alarm-order.ts';
import type { ListedAlarm } from '../api.ts';
import { useWords } from '../words/words.ts';

/** How many of each level there are: the first thing one looks at. Those of a drill or test are no such alarms. */
export function LevelCounts({ alarms: all }: { readonly alarms: readonly ListedAlarm[] }) {
  const { say } = useWords();
  const alarms = all.filter(({ exercise }) => exercise === undefined);
  const unseen = alarms.filter(({ acknowledged }) => !acknowledged).length;
  const returned = alarms.filter(({ condition }) => condition === 'normal').length;
  const tile = (key: string, name: string, count: number) => (
    <li key={key} className={`count count-${key} ${count === 0 ? 'count-zero' : ''}`}>
      <b>{count}</b> <span>{name}</span>
    </li>
  );
  return (
    <ul className="counts" aria-label={say('alarms.summary')}>
      {URGENT_FIRST.map((level) =>
        tile(level, say(`level.${level}`), alarms.filter((alarm) => alarm.level === level).length),
      )}
      {tile('unseen', say('alarms.unacknowledged'), unseen)}
      {tile('returned', say('alarms.returned'), returned)}
    </ul>
  );
}
