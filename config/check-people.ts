import { Declared } from './declared.ts';
import { type Entry, isMapping, isRecord, type Path, partOf, valueAt } from './document.ts';
import { check } from './issues.ts';
import { suggest } from './nearest.ts';
import { peopleFile, ROSTERED, type SitePeople } from './people.ts';
import type { Report } from './report.ts';

/** Fields of a person that no message shows. */
const PERSONAL = ['name', 'phone', 'email', 'user', 'account'];

/** What `people.yaml` refers to in the rest of the site; undefined where that cannot be said. */
export interface PeopleAround {
  readonly channels: readonly string[] | undefined;
  readonly devices: readonly string[] | undefined;
}

/** Checks `people.yaml` whole: every name that it uses leads somewhere. Personal data stand in no message. */
export function checkPeople(file: Entry, around: PeopleAround, report: Report): SitePeople | null {
  hidePersons(file, report);
  const people = check(peopleFile, file, report);
  const contacts = declare(file, 'contacts', 'contact', report);
  // Teams, groups and contacts are named in the same places, so that no two may share an id.
  const teams = declare(file, 'teams', 'team', report);
  const groups = declare(file, 'groups', 'group', report);
  for (const [index, id] of idsOf(file, 'teams').concat(idsOf(file, 'groups')).entries()) {
    const isTeam = index < idsOf(file, 'teams').length;
    const path: Path = isTeam ? ['teams', index, 'id'] : ['groups', index - idsOf(file, 'teams').length, 'id'];
    const taken = contacts.has(id) ? 'contact' : !isTeam && teams.has(id) ? 'team' : undefined;
    if (taken !== undefined) report.error(file.at(path), `id: there is a ${taken} "${id}" already: give it another id`);
  }
  if (people === undefined) return null;

  people.teams.forEach((team, index) => {
    team.people.forEach((id, at) => {
      contacts.refer(id, file, ['teams', index, 'people', at]);
    });
  });
  people.roster.forEach((shift, index) => {
    for (const who of ROSTERED) {
      shift[who].forEach((id, at) => {
        contacts.refer(id, file, ['roster', index, who, at]);
      });
    }
  });
  const roles = people.contacts.flatMap((contact) => contact.roles);
  const known = new Set([...ROSTERED, ...contacts.ids, ...teams.ids, ...groups.ids, ...roles]);
  const refer = (names: readonly string[], path: Path) => {
    names.forEach((name, at) => {
      if (known.has(name)) return;
      const label = path.filter((step) => typeof step === 'string').join('.');
      const what = 'contact, team, group or role';
      report.error(file.at([...path, at]), `${label}: there is no ${what} "${name}"; ${suggest(name, known)}`);
    });
  };
  people.escalation.forEach((tier, index) => {
    refer(tier, ['escalation', index]);
  });
  people.routes.forEach((route, index) => {
    refer(route.to, ['routes', index, 'to']);
    route.tiers?.forEach((tier, at) => {
      refer(tier, ['routes', index, 'tiers', at]);
    });
    if (route.remind !== undefined) refer(route.remind.to, ['routes', index, 'remind', 'to']);
  });
  people.tests.forEach(({ to }, index) => {
    contacts.refer(to, file, ['tests', index, 'to']);
  });
  checkChannels(people, file, around.channels, report);
  checkDevices(people, file, around.devices, report);
  warnOfGaps(people, file, report);
  return people;
}

/** What persons are called or reached by, and all that looks like it, wherever in the file it was put. */
function hidePersons(file: Entry, report: Report): void {
  const contacts = valueAt(file.value, ['contacts']);
  for (const contact of Array.isArray(contacts) ? contacts : []) {
    for (const field of PERSONAL) {
      const value = isRecord(contact) ? contact[field] : undefined;
      if (typeof value === 'string' || typeof value === 'number') report.hide(String(value));
    }
  }
  for (const text of textsIn(file.value)) if (LOOKS_PERSONAL.test(text)) report.hide(text);
}

/** A number of five digits or more, an address, or a name that is not written in ASCII. */
const LOOKS_PERSONAL = /(\d[ ()-]*){5}|@|[^ -~]/;

/** Every text and number of a value, keys among them. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isRecord(value) ? Object.entries(value).flatMap(([key, each]) => [key, ...textsIn(each)]) : [];
}

function declare(file: Entry, list: string, kind: string, report: Report): Declared {
  const declared = new Declared(kind, report);
  const entries = valueAt(file.value, [list]);
  if (Array.isArray(entries)) {
    entries.forEach((value, index) => {
      declared.add(partOf(file, [list, index], value));
    });
  }
  return declared;
}

function idsOf(file: Entry, list: string): string[] {
  const entries = valueAt(file.value, [list]);
  return (Array.isArray(entries) ? entries : []).map((entry) => (isMapping(entry) ? String(entry.id) : ''));
}

function checkChannels(people: SitePeople, file: Entry, channels: readonly string[] | undefined, report: Report): void {
  if (channels === undefined) return;
  const isCalledByNone =
    people.channels.length === 0 && people.contacts.some((contact) => contact.channels === undefined);
  if (channels.length > 0 && isCalledByNone) {
    const text = 'contacts: "channels" names none of the site\'s: who has none of his own is called by none';
    report.warn(file.at(['contacts'], 'key'), text);
  }
  const refer = (id: string, path: Path) => {
    if (channels.includes(id)) return;
    const label = path.filter((step) => typeof step === 'string').join('.');
    report.error(file.at(path), `${label}: there is no channel "${id}" in site.yaml; ${suggest(id, channels)}`);
  };
  people.channels.forEach((id, at) => {
    refer(id, ['channels', at]);
  });
  people.urgentChannels?.forEach((id, at) => {
    refer(id, ['urgentChannels', at]);
  });
  people.contacts.forEach(({ channels: own }, index) => {
    own?.forEach((id, at) => {
      refer(id, ['contacts', index, 'channels', at]);
    });
  });
  people.groups.forEach(({ channel }, index) => {
    refer(channel, ['groups', index, 'channel']);
  });
  people.tests.forEach(({ channel }, index) => {
    refer(channel, ['tests', index, 'channel']);
  });
  people.routes.forEach(({ channels: own }, index) => {
    own?.forEach((id, at) => {
      refer(id, ['routes', index, 'channels', at]);
    });
  });
}

function checkDevices(people: SitePeople, file: Entry, devices: readonly string[] | undefined, report: Report): void {
  if (devices === undefined) return;
  const refer = (id: string, path: Path) => {
    if (devices.includes(id)) return;
    report.error(file.at(path), `${String(path[0])}.device: there is no device "${id}"; ${suggest(id, devices)}`);
  };
  people.contacts.forEach((contact, index) => {
    contact.devices.forEach((id, at) => {
      refer(id, ['contacts', index, 'devices', at]);
    });
  });
  people.routes.forEach(({ device }, index) => {
    const isList = Array.isArray(valueAt(file.value, ['routes', index, 'device']));
    device?.forEach((id, at) => {
      refer(id, isList ? ['routes', index, 'device', at] : ['routes', index, 'device']);
    });
  });
}

/** Who can never be reached, and hours of the week at which nobody is on duty. */
function warnOfGaps(people: SitePeople, file: Entry, report: Report): void {
  people.contacts.forEach(({ phone, email, user, id }, index) => {
    if (phone === undefined && email === undefined && user === undefined) {
      report.warn(file.at(['contacts', index]), `contact ${id} has no phone, email or user: nobody can reach him`);
    }
  });
  const isUsed = [people.escalation, ...people.routes.map(({ to, tiers }) => [to, ...(tiers ?? [])])]
    .flat(2)
    .includes('duty');
  const always = people.roster.filter(({ when, modes }) => {
    const isAlways = modes === undefined || modes.includes('routine');
    return isAlways && !('dates' in when && when.dates !== undefined);
  });
  if (!isUsed || people.roster.length === 0 || always.length !== people.roster.length) return;
  const gap = firstGap(always.map(({ when }) => when));
  if (gap !== null) {
    const stand = people.contacts.some(({ roles }) => roles.includes('duty'))
      ? ': contacts of the role duty are called'
      : '';
    report.warn(file.at(['roster'], 'key'), `roster: nobody is on duty ${gap}${stand}`);
  }
}

const DAYS = ['on Mondays', 'on Tuesdays', 'on Wednesdays', 'on Thursdays', 'on Fridays', 'on Saturdays', 'on Sundays'];

function firstGap(windows: readonly SitePeople['roster'][number]['when'][]): string | null {
  for (let minute = 0; minute < 7 * 1440; minute += 5) {
    const day = Math.floor(minute / 1440);
    const isCovered = windows.some((when) => {
      const weekdays = 'weekdays' in when ? when.weekdays : undefined;
      const span = when.toMinute > when.fromMinute ? when.toMinute : when.toMinute + 1440;
      return [day, day - 1].some((opened) => {
        const since = minute - opened * 1440;
        const isDay = weekdays === undefined || weekdays.includes(((opened + 7) % 7) + 1);
        return isDay && since >= when.fromMinute && since < span;
      });
    });
    if (isCovered) continue;
    const time = `${String(Math.floor((minute % 1440) / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
    return `${DAYS[day]} at ${time}`;
  }
  return null;
}
