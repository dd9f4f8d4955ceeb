import type { Zone } from '#kit/zone.ts';
import type { Alarm } from '../alarms/alarm.ts';
import { ALARM_TYPE, type AlarmData, type ResponseTold } from '../alarms/alarm-event.ts';
import { isSilenced } from '../alarms/response.ts';
import { compareLevels, type Level, VITAL_QUANTITIES } from '../rules/finding.ts';
import type { WantedCall } from './call.ts';
import { openingAt, openUntil } from './hours.ts';
import type { Contact, People, Route } from './people.ts';
import { type DutyStanding, onDuty } from './roster.ts';

/** Everybody who may be told, and who is on duty. */
export interface Roll {
  readonly people: People;
  readonly zone: Zone;
  readonly standing: DutyStanding;
  /** When an alarm that is open was raised, UTC ms; left out where that is not known. */
  raisedAt?(alarm: string): number | null;
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

/** By what an alarm is routed. */
type Routed = Pick<AlarmData, 'rule' | 'device' | 'quantity' | 'scene' | 'place' | 'level' | 'previousLevel'>;

/** The first route that fits an alarm; null: the tiers of all. */
export function routeOf(data: Routed, { people, zone, standing }: Roll, at: number): Route | null {
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

/** The highest level of what stands now and a group is told of; null: nothing does. An exercise is nothing that stands. */
export function standingFor(
  group: string,
  open: Iterable<Pick<Alarm, 'watch' | 'level' | 'condition' | 'exercise' | 'announced'>>,
  roll: Roll,
  at: number,
): Level | null {
  let highest: Level | null = null;
  for (const alarm of open) {
    const { watch, level, condition, exercise } = alarm;
    const isOver = level === null || condition === 'normal' || exercise !== undefined;
    if (isOver || isSilenced(alarm) || compareLevels(level, highest) <= 0) continue;
    const route = routeOf({ ...watch, level, previousLevel: null }, roll, at);
    const names = route?.to ?? roll.people.escalation[0] ?? [];
    if (whomOf(names, watch, roll, at).groups.some(({ id }) => id === group)) highest = level;
  }
  return highest;
}

/** Fire, and gas that may explode. */
const isFire = ({ quantity, value }: Pick<AlarmData, 'quantity' | 'value'>): boolean =>
  VITAL_QUANTITIES.has(quantity) && value === 'alarm';

/** Fire and red go before others, and wait for no quiet hours (RULES.md, section 5). An exercise goes after what is real. */
export const isUrgent = (data: AlarmData): boolean => data.exercise === null && (data.level === 'red' || isFire(data));

/** Nobody is told of what is shelved, suppressed or out of service. */
const isKept = (data: AlarmData): boolean =>
  data.shelvedUntil !== null || data.suppressedBy !== null || data.outOfService !== null;

/** One of many, of which the incident tells: that it stands, and that nobody has seen it or was sent there. */
function isFolded(step: string, data: AlarmData): boolean {
  if (data.incident === null || isFire(data)) return false;
  const late = data.response?.late;
  return step === 'escalated' ? late === 'acknowledge' || late === 'dispatch' : STANDS.has(step);
}

const STANDS: ReadonlySet<string> = new Set([
  ...(['raised', 'unshelved', 'unsuppressed', 'in-service', 'level-changed'] as const),
]);

/** Who is to be told of an entry of the log, now. Pure: the same entry at the same time gives the same calls. */
export function callsOf(event: RoutedEvent, roll: Roll, at: number): readonly WantedCall[] {
  if (event.type.startsWith(INCIDENT_TYPE)) return incidentCalls(event, roll, at);
  if (!event.type.startsWith(ALARM_TYPE)) return [];
  // An entry of this type has that body.
  const data = event.data as unknown as AlarmData;
  const type = event.type.slice(ALARM_TYPE.length);
  if (isKept(data) || isFolded(type, data)) return [];
  const told = tellingOf(data, roll, at);
  const { call, tiers } = told;
  switch (type) {
    case 'raised':
      return raised(data, told, at);
    case 'unshelved':
    case 'unsuppressed':
    case 'in-service':
      return data.condition === 'active' && !data.acknowledged ? raised(data, told, at) : [];
    case 'level-changed':
      return compareLevels(data.level, data.previousLevel) > 0 ? told.from(1, () => `risen:${data.level}`) : [];
    case 'escalated': {
      const tier = data.response?.tier ?? 2;
      // Nobody is late while who can put it right himself has his time.
      const until = data.response?.late === 'acknowledge' ? remindedUntil(data, told, roll, at) : null;
      const step = until === null ? `escalated:${tier}` : `escalated:${tier}:unheeded`;
      return told.from(tier, () => step, until);
    }
    case 'dispatched': {
      const to = data.response?.to ?? null;
      return to === null ? [] : call([to], `dispatched:${to}`, 1);
    }
    case 'refused':
      return call(tiers[0] ?? [], 'refused', 1);
    case 'verified': {
      const to = data.response?.to ?? null;
      return data.reason === 'failed' && to !== null ? call([to], `rework:${to}`, 1) : [];
    }
    case 'returned': {
      // A group was told of the incident.
      const { groups } = whomOf(data.incident === null ? (tiers[0] ?? []) : [], data, roll, at);
      const to = data.response?.to ?? null;
      const names = [...groups.map(({ id }) => id), ...(to === null ? [] : [to])];
      return call(names, 'returned', 1);
    }
    default:
      return [];
  }
}

/**
 * Whom the tiers above call of an entry, at once, when nobody of that tier could be reached; none where there is no tier
 * above. Pure, as `callsOf`.
 */
export function callsAbove(event: RoutedEvent, tier: number, roll: Roll, at: number): readonly WantedCall[] {
  if (event.type.startsWith(INCIDENT_TYPE)) {
    return tier >= roll.people.escalation.length
      ? []
      : incidentFrom(event, tier + 1, 'incident-unreached', roll, at).filter(isSomebody);
  }
  if (!event.type.startsWith(ALARM_TYPE)) return [];
  // An entry of this type has that body.
  const { tiers, from } = tellingOf(event.data as unknown as AlarmData, roll, at);
  return tier >= tiers.length ? [] : from(tier + 1, (reached) => `unreached:${reached}`).filter(isSomebody);
}

export const isSomebody = ({ to }: Pick<WantedCall, 'to'>): boolean => to.kind !== 'nobody';

/** How an alarm is told: by its route, else as all are. */
interface Telling {
  readonly route: Route | null;
  /** Names, the first tier first. */
  readonly tiers: readonly (readonly string[])[];
  call(names: readonly string[], step: string, tier: number, notBefore?: number | null): readonly WantedCall[];
  /** That tier, beyond the last the last; where nobody is in it, the next above that has somebody. Nobody at all is told as that. */
  from(tier: number, step: (tier: number) => string, notBefore?: number | null): readonly WantedCall[];
}

function tellingOf(data: AlarmData, roll: Roll, at: number): Telling {
  const route = routeOf(data, roll, at);
  const { people } = roll;
  const tiers = route === null ? people.escalation : [route.to, ...(route.tiers ?? people.escalation.slice(1))];
  const urgent = isUrgent(data);
  const call: Telling['call'] = (names, step, tier, notBefore = null) =>
    callsTo(whomOf(names, data, roll, at), { step, tier, notBefore, urgent }, data, route, roll, at);
  const from: Telling['from'] = (first, step, notBefore = null) => {
    for (let place = Math.min(first, tiers.length); place <= tiers.length; place++) {
      const tier = Math.max(first, place);
      const calls = call(tiers[place - 1] ?? [], step(tier), tier, notBefore);
      if (calls.length > 0) return calls;
    }
    return nobody({ step: step(first), tier: first, notBefore: null, urgent }, people);
  };
  return { route, tiers, call, from };
}

/** The first tier; where somebody can put it right himself, he first, and the others when his time is up (首违提醒). */
function raised(data: AlarmData, { route, tiers, call, from }: Telling, at: number): readonly WantedCall[] {
  const tier = data.response?.tier ?? 1;
  if (tier > 1) {
    const calls = call([...(tiers[0] ?? []), ...(tiers[tier - 1] ?? [])], `raised:${tier}`, tier);
    return calls.length > 0 ? calls : from(tier, () => `raised:${tier}`);
  }
  const remind = reminderOf(data, route);
  const reminded = remind === undefined ? [] : call(remind.to, 'reminder', 1);
  if (remind === undefined || !isHeard(reminded)) return [...reminded, ...from(1, () => 'raised')];
  return [...reminded, ...from(1, () => 'raised:unheeded', at + remind.within)];
}

/** Who is told first that he may put it right himself, if such an alarm has anybody. */
const reminderOf = (data: AlarmData, route: Route | null): Route['remind'] => {
  const remind = route?.remind;
  const isMild = compareLevels(data.level, remind?.upTo ?? null) <= 0;
  return isMild && data.follows === null && !isUrgent(data) ? remind : undefined;
};

/** Somebody is told now; whom it waits for until the morning does not hold up others. */
const isHeard = (calls: readonly WantedCall[]): boolean => calls.some(({ notBefore }) => notBefore === null);

/** When the time of whoever was reminded of an alarm is over, UTC ms; null where it is, or nobody was. */
function remindedUntil(data: AlarmData, { route, call }: Telling, roll: Roll, at: number): number | null {
  const remind = reminderOf(data, route);
  const raisedAt = roll.raisedAt?.(data.alarm) ?? null;
  if (remind === undefined || raisedAt === null || at >= raisedAt + remind.within) return null;
  return isHeard(call(remind.to, 'reminder', 1)) ? raisedAt + remind.within : null;
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
        : openUntil(contact.quiet, zone, wish.notBefore ?? at);
    return { ...wish, to: { kind: 'person', id: contact.id }, channels, notBefore: quiet ?? wish.notBefore };
  });
  return [
    ...persons.filter(({ channels }) => channels.length > 0),
    ...groups.map(({ id, channel }): WantedCall => ({ ...wish, to: { kind: 'group', id }, channels: [channel] })),
  ];
}

const INCIDENT_TYPE = 'city.gengfu.incident.';

/** One incident is told instead of its alarms: to the first tier, and to those above when it is late. */
function incidentCalls(event: RoutedEvent, roll: Roll, at: number): readonly WantedCall[] {
  const step = event.type.slice(INCIDENT_TYPE.length);
  switch (step) {
    case 'opened':
    case 'changed':
    case 'closed':
      return incidentFrom(event, 1, `incident-${step}`, roll, at).filter(
        (call) => step !== 'closed' || isSomebody(call),
      );
    case 'escalated': {
      const { response } = event.data as { readonly response?: ResponseTold | null };
      const { tier = 2, late = 'acknowledge' } = response ?? {};
      return incidentFrom(event, tier, `incident-escalated:${tier}:${late}`, roll, at);
    }
    default:
      return [];
  }
}

/** That tier, beyond the last the last; where nobody is in it, the next above that has somebody. */
function incidentFrom(
  { type, data }: RoutedEvent,
  first: number,
  step: string,
  roll: Roll,
  at: number,
): readonly WantedCall[] {
  const tiers = roll.people.escalation;
  const exercise = data.exercise === 'drill' || data.exercise === 'test' ? data.exercise : null;
  const about = { device: '', place: { grid: null, at: null } };
  const urgent = data.level === ('red' satisfies Level) && !type.endsWith('.closed') && exercise === null;
  const wish = { step, notBefore: null, urgent };
  for (let place = Math.min(first, tiers.length); place <= tiers.length; place++) {
    const tier = Math.max(first, place);
    const named = whomOf(tiers[place - 1] ?? [], about, roll, at);
    const calls = callsTo(named, { ...wish, tier }, { exercise }, null, roll, at);
    if (calls.length > 0) return calls;
  }
  return nobody({ ...wish, tier: first }, roll.people);
}

/** Somebody ought to be told, and there is nobody; of a site without people that is not said. */
const nobody = (wish: Wish, { contacts, groups }: People): readonly WantedCall[] =>
  contacts.length === 0 && groups.length === 0 ? [] : [{ ...wish, to: { kind: 'nobody', id: '' }, channels: [] }];
