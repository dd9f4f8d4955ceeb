import { useMemo } from 'react';
import type { PeopleView, PlanView } from '../api/people-desk.ts';
import { useKnown } from './store.ts';
import { type Language, type Say, useWords } from './words/words.ts';

/** What people call what the gateway knows by an id; an id that is not known stands for itself. */
export interface Naming {
  /** A contact or a team. */
  who(id: string): string;
  /** A channel by its kind: 短信, 语音外呼; with its id where there are two of it. */
  channel(id: string): string;
  plan(id: string): string;
  rule(id: string): string;
}

interface NamingParts {
  readonly people: PeopleView;
  readonly plans: readonly PlanView[];
  readonly rules: readonly { readonly id: string; readonly title: Readonly<Record<Language, string>> }[];
}

export function namingOf({ people, plans, rules }: NamingParts, say: Say, language: Language): Naming {
  const names = new Map([...people.contacts, ...people.teams].map(({ id, name }) => [id, name]));
  const plansById = new Map(plans.map(({ id, title }) => [id, title[language]]));
  const rulesById = new Map(rules.map(({ id, title }) => [id, title[language]]));
  return {
    who: (id) => names.get(id) ?? id,
    channel(id) {
      const kind = people.channels.find((each) => each.id === id)?.kind;
      if (kind === undefined) return id;
      const isAlone = people.channels.filter((each) => each.kind === kind).length === 1;
      const word = say.of('channel-kind', kind);
      return isAlone || word === kind ? word : `${word} ${id}`;
    },
    plan: (id) => plansById.get(id) ?? id,
    rule: (id) => rulesById.get(id) ?? id,
  };
}

/** The names of the site that runs, in the page's language. */
export function useNaming(): Naming {
  const { say, language } = useWords();
  const people = useKnown((known) => known.people);
  const plans = useKnown((known) => known.plans);
  const rules = useKnown((known) => known.rules);
  // `say` is another at each call; what it says changes with the language alone.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  return useMemo(() => namingOf({ people, plans, rules }, say, language), [people, plans, rules, language]);
}

/** Devices by their ids, as the page knows them. */
export function useDeviceNames(): ReadonlyMap<string, string> {
  const points = useKnown((known) => known.points);
  return new Map([...points.values()].map(({ device, deviceName }) => [device, deviceName]));
}

/** Whom one may send: each team, then each contact, those of the grid first. What is written into the log is a team's name, or a contact's id. */
export function crewOptions({ teams, contacts }: PeopleView, grid: string | null, say: Say) {
  const isNear = (grids: readonly string[]) =>
    grid !== null && grids.some((each) => grid === each || grid.startsWith(`${each}-`));
  const sorted = contacts.toSorted((a, b) => Number(isNear(b.grids)) - Number(isNear(a.grids)));
  const roles = (ids: readonly string[]) => ids.map((role) => say.of('contact-role', role)).join(', ');
  return [
    [say('deed.teams'), teams.map(({ name }) => [name, name] as const)],
    [
      say('deed.contacts'),
      sorted.map(
        (each) =>
          [
            each.id,
            [each.name, roles(each.roles), each.phone ?? ''].filter((part) => part !== '').join(' · '),
          ] as const,
      ),
    ],
  ] as const;
}
