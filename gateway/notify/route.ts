import type { Zone } from '#kit/zone.ts';
import { ALARM_TYPE, type AlarmData } from '../alarms/alarm-event.ts';
import { compareLevels, type Level } from '../rules/finding.ts';
import type { WantedCall } from './call.ts';
import { openingAt } from './hours.ts';
import type { Contact, People, Route } from './people.ts';
import { type DutyStanding, onDuty } from './roster.ts';

/** Everybody who may be told, and who is on duty. */
export interface Roll {
  readonly people: People;
  readonly zone: Zone;
  readonly standing: DutyStanding;
}

/** Of an entry of the log: its type, and what it says. */
export interface RoutedEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Whom a name means, in the order in which they were named. */
export interface Named {
  readonly contacts: readonly Contact[];
  readonly groups: readonly { readonly id: string; readonly channel: string }[];
}

type About = Pick<AlarmData, 'device' | 'place'>;

/** `JS` is all of `JS-01`, `JS-02` …; nothing is of a grid that is not known. */
const isOfGrid = (grids: readonly string[], grid: string | null): boolean =>
  grid !== null && grids.some((each) => grid === each || grid.startsWith(`${each}-`));

/** Of a role, those of the very device; else those of its grid; else those who are for all. */
function ofRole(contacts: readonly Contact[], role: string, { device, place }: About): readonly Contact[] {
  const all = contacts.filter(({ roles }) => roles.includes(role));
  const own = all.filter(({ devices }) => devices.includes(device));
  if (own.length > 0) return own;
  const near = all.filter(({ grids, devices }) => devices.length === 0 && isOfGrid(grids, place.grid));
  return near.length > 0 ? near : all.filter(({ grids, devices }) => grids.length === 0 && devices.length === 0);
}

/** Contacts, teams, groups, roles, `duty` and `leader`, each once. A unit may be named as people call it. */
export function whomOf(names: readonly string[], about: About, roll: Roll, at: number): Named {
  const { people } = roll;
  const found = new Map<string, Contact>();
  const groups = new Map<string, Named['groups'][number]>();
  const addIds = (ids: readonly string[]) => {
    for (const contact of ids.flatMap((id) => people.contacts.filter((each) => each.id === id)))
      found.set(contact.id, contact);
  };
  for (const name of names) {
    const team = people.teams.find(({ id, name: called }) => id === name || called === name);
    const group = people.groups.find(({ id }) => id === name);
    if (name === 'duty' || name === 'leader') addIds(onDuty(people, roll.zone, roll.standing, at)[name]);
    else if (people.contacts.some(({ id }) => id === name)) addIds([name]);
    else if (team !== undefined) addIds(team.people);
    else if (group !== undefined) groups.set(group.id, group);
    else {
      const named = people.contacts.filter((contact) => contact.name === name || contact.account === name);
      for (const contact of named.length > 0 ? named : ofRole(people.contacts, name, about))
        found.set(contact.id, contact);
    }
  }
  return { contacts: [...found.values()], groups: [...groups.values()] };
}

const has = (wanted: readonly string[] | undefined, value: string | null): boolean =>
  wanted === undefined || (value !== null && wanted.includes(value));

/** The first route that fits an alarm; null: the tiers of all. */
export function routeOf(data: AlarmData, { people, zone, standing }: Roll, at: number): Route | null {
  const level = data.level ?? data.previousLevel;
  const fits = (route: Route): boolean =>
    has(route.quantity, data.quantity) &&
    has(route.scene, data.scene) &&
    has(route.device, data.device) &&
    has(route.rule, data.rule) &&
    has(route.level, level) &&
    (route.grid === undefined || isOfGrid(route.grid, data.place.grid)) &&
    (route.modes === undefined || route.modes.includes(standing.mode)) &&
    (route.during === undefined || openingAt(route.during, zone, at) !== null);
  return people.routes.find(fits) ?? null;
}

/** Smoke and red go before others, and wait for no quiet hours (RULES.md, section 5). An exercise goes after what is real. */
export const isUrgent = ({ quantity, level, exercise, value }: AlarmData): boolean =>
  exercise === null && (level === 'red' || (quantity === 'smoke.state' && value === 'alarm'));

/** Nobody is told of what is shelved, suppressed or out of service, nor of one of many that an incident tells of. */
const isKept = ({ shelvedUntil, suppressedBy, outOfService, incident, quantity }: AlarmData): boolean =>
  shelvedUntil !== null ||
  suppressedBy !== null ||
  outOfService !== null ||
  (incident !== null && quantity !== 'smoke.state');

/** Who is to be told of an entry of the log, now. Pure: the same entry at the same time gives the same calls. */
export function callsOf(event: RoutedEvent, roll: Roll, at: number): readonly WantedCall[] {
  if (event.type.startsWith(INCIDENT_TYPE)) return incidentCalls(event, roll, at);
  if (!event.type.startsWith(ALARM_TYPE)) return [];
  // An entry of this type has that body.
  const data = event.data as unknown as AlarmData;
  if (isKept(data)) return [];
  const route = routeOf(data, roll, at);
  const call = (names: readonly string[], step: string, tier: number, notBefore: number | null = null) =>
    callsTo(whomOf(names, data, roll, at), { step, tier, notBefore, urgent: isUrgent(data) }, data, route, roll, at);
  const first = route?.to ?? roll.people.escalation[0] ?? [];
  switch (event.type.slice(ALARM_TYPE.length)) {
    case 'raised':
      return raised(data, route, first, call, at);
    case 'unshelved':
    case 'unsuppressed':
    case 'in-service':
      return data.condition === 'active' && !data.acknowledged ? raised(data, route, first, call, at) : [];
    case 'level-changed':
      return compareLevels(data.level, data.previousLevel) > 0 ? call(first, `risen:${data.level}`, 1) : [];
    case 'escalated': {
      const tier = data.response?.tier ?? 2;
      return call(tierOf(route, roll.people, tier), `escalated:${tier}`, tier);
    }
    case 'dispatched': {
      const to = data.response?.to ?? null;
      return to === null ? [] : call([to], `dispatched:${to}`, 1);
    }
    case 'refused':
      return call(first, 'refused', 1);
    case 'verified': {
      const to = data.response?.to ?? null;
      return data.reason === 'failed' && to !== null ? call([to], `rework:${to}`, 1) : [];
    }
    case 'returned': {
      const { groups } = whomOf(first, data, roll, at);
      const to = data.response?.to ?? null;
      const names = [...groups.map(({ id }) => id), ...(to === null ? [] : [to])];
      return call(names, 'returned', 1);
    }
    default:
      return [];
  }
}

type CallTo = (
  names: readonly string[],
  step: string,
  tier: number,
  notBefore?: number | null,
) => readonly WantedCall[];

/** The first tier; where somebody can put it right himself, he first, and the others when his time is up (首违提醒). */
function raised(
  data: AlarmData,
  route: Route | null,
  first: readonly string[],
  call: CallTo,
  at: number,
): readonly WantedCall[] {
  const tier = data.response?.tier ?? 1;
  const step = tier > 1 ? `raised:${tier}` : 'raised';
  const to = tier > 1 ? [...first, ...(route?.tiers?.[tier - 2] ?? [])] : first;
  const remind = route?.remind;
  const isGiven =
    remind !== undefined && compareLevels(data.level, remind.upTo) <= 0 && data.follows === null && !isUrgent(data);
  if (!isGiven) return call(to, step, tier);
  const reminded = call(remind.to, 'reminder', 1);
  // Nobody to remind: nothing to wait for.
  return reminded.length === 0 ? call(to, step, tier) : [...reminded, ...call(to, step, tier, at + remind.within)];
}

/** Whom a tier calls; beyond the last, the last. */
function tierOf(route: Route | null, people: People, tier: number): readonly string[] {
  const tiers = route?.tiers === undefined ? people.escalation : [route.to, ...route.tiers];
  return tiers[Math.min(tier, tiers.length) - 1] ?? [];
}

interface Wish {
  readonly step: string;
  readonly tier: number;
  readonly notBefore: number | null;
  readonly urgent: boolean;
}

function callsTo(
  { contacts, groups }: Named,
  wish: Wish,
  data: Pick<AlarmData, 'exercise'>,
  route: Pick<Route, 'channels'> | null,
  { people, zone }: Roll,
  at: number,
): readonly WantedCall[] {
  const all = (wish.urgent ? people.urgentChannels : undefined) ?? people.channels;
  const persons = contacts.map((contact): WantedCall => {
    const channels = contact.channels ?? route?.channels ?? all;
    // Who takes part in an exercise expects it.
    const quiet =
      contact.quiet === undefined || wish.urgent || data.exercise !== null
        ? null
        : openingAt(contact.quiet, zone, wish.notBefore ?? at);
    return { ...wish, to: { kind: 'person', id: contact.id }, channels, notBefore: quiet?.to ?? wish.notBefore };
  });
  return [
    ...persons.filter(({ channels }) => channels.length > 0),
    ...groups.map(({ id, channel }): WantedCall => ({ ...wish, to: { kind: 'group', id }, channels: [channel] })),
  ];
}

const INCIDENT_TYPE = 'city.gengfu.incident.';

/** One incident is told instead of its alarms: to the first tier, when it opens and when it is over. */
function incidentCalls({ type, data }: RoutedEvent, roll: Roll, at: number): readonly WantedCall[] {
  const step = type.slice(INCIDENT_TYPE.length);
  const level = data.level === 'red' ? ('red' satisfies Level) : null;
  const exercise = data.exercise === 'drill' || data.exercise === 'test' ? data.exercise : null;
  const about = { device: '', place: { grid: null, at: null } };
  const wish = {
    step: `incident-${step}`,
    tier: 1,
    notBefore: null,
    urgent: level === 'red' && step !== 'closed' && exercise === null,
  };
  return callsTo(whomOf(roll.people.escalation[0] ?? [], about, roll, at), wish, { exercise }, null, roll, at);
}
