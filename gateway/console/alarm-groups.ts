import type { ListedAlarm } from './api.ts';
import { isSilenced } from './response.ts';

/** The parts of the list that one can ask for alone, as the API names them. `exercise`: of drills and tests. */
export const GROUPS = ['called', 'shelved', 'suppressed', 'out-of-service', 'incident', 'stale', 'exercise'] as const;
export type Group = (typeof GROUPS)[number];

export const isGroup = (name: string | null): name is Group => GROUPS.some((group) => group === name);

export const IS_IN: Readonly<Record<Group, (alarm: ListedAlarm) => boolean>> = {
  called: (alarm) => !isSilenced(alarm),
  shelved: ({ announced }) => announced?.shelved != null,
  suppressed: ({ announced }) => announced?.suppressedBy != null,
  'out-of-service': ({ announced }) => announced?.outOfService != null,
  incident: ({ incident }) => incident !== undefined,
  stale: ({ staleAt }) => staleAt !== undefined,
  exercise: ({ exercise }) => exercise !== undefined,
};

/** Those to offer: each that some alarm is in, `called` only beside others that are not. */
export function groupsOf(alarms: readonly ListedAlarm[]): readonly (readonly [Group, number])[] {
  return GROUPS.map((group) => [group, alarms.filter(IS_IN[group]).length] as const).filter(
    ([group, count]) => count > 0 && (group !== 'called' || count < alarms.length),
  );
}
