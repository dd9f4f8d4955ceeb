import { type Group, groupsOf } from '../alarm-groups.ts';
import type { ListedAlarm } from '../api.ts';
import { useWords } from '../words/words.ts';

/** The parts of the list that can be asked for alone; the address says which, so that it can be sent on. */
export function GroupChips({
  alarms,
  chosen,
}: {
  readonly alarms: readonly ListedAlarm[];
  readonly chosen: Group | null;
}) {
  const { say } = useWords();
  const groups = groupsOf(alarms);
  if (groups.length === 0 && chosen === null) return null;
  return (
    <nav className="groups" aria-label={say('group.filter')}>
      <a href="#/alarms" aria-current={chosen === null ? 'true' : undefined}>
        {say('group.all')} {alarms.length}
      </a>
      {groups.map(([group, count]) => (
        <a key={group} href={`#/alarms?only=${group}`} aria-current={chosen === group ? 'true' : undefined}>
          {say(`group.${group}`)} {count}
        </a>
      ))}
    </nav>
  );
}
