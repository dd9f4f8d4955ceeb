import { readFile } from 'node:fs/promises';
import { codeOf, textOf } from '#kit/fault.ts';
import { Declared } from './declared.ts';
import { checkDevice, checkLink, checkShared } from './devices.ts';
import { type Entry, isMapping, parseFile } from './document.ts';
import { check } from './issues.ts';
import type { DriverKind } from './kinds.ts';
import { type ProfileData, profileData } from './profile-tests.ts';
import { checkProfile, type Profile, Profiles } from './profiles.ts';
import { Report } from './report.ts';
import type { Problem, SiteLink } from './site.ts';

/** Fields as a site would have them. */
export type Fields = Readonly<Record<string, unknown>>;

/** A device model by itself, with no site around it. */
export interface LoneProfile {
  readonly profile: Profile;
  /** What the file holds, unchecked: its title, its protocol. */
  readonly entry: Entry;
}

/** Reads one file of `profiles/`, alone. Every problem is told at its place; with one error or more there is no model. */
export async function loadProfile(
  file: string,
  drivers: readonly DriverKind[],
): Promise<{ readonly model: LoneProfile | null; readonly problems: readonly Problem[] }> {
  const report = new Report();
  const entry = await readEntry(file, report);
  const profile = entry === undefined ? undefined : checkProfile(entry, drivers, report);
  const isGood = entry !== undefined && profile !== undefined && !report.hasErrors;
  return { model: isGood ? { profile, entry } : null, problems: report.problems() };
}

async function readEntry(file: string, report: Report): Promise<Entry | undefined> {
  try {
    return parseFile(file, await readFile(file, 'utf8'), report);
  } catch (error) {
    const reason = codeOf(error) === 'ENOENT' ? 'there is no such file' : `cannot be read: ${textOf(error)}`;
    report.error({ file, line: 1, column: 1 }, reason);
    return undefined;
  }
}

/** Reads one file of raw data, alone; null where there is a problem. */
export async function loadData(
  file: string,
): Promise<{ readonly data: ProfileData | null; readonly problems: readonly Problem[] }> {
  const report = new Report();
  const entry = await readEntry(file, report);
  const data = entry === undefined ? undefined : check(profileData, entry, report);
  return { data: data ?? null, problems: report.problems() };
}

/**
 * A link with one device of that model, ready to be opened by its driver, as if a site said so. What the driver finds
 * in the model, such as registers that overlap, is told at its points.
 */
export async function placeAlone(
  { entry }: LoneProfile,
  drivers: readonly DriverKind[],
  link: Fields,
  device: Fields,
): Promise<{ readonly link: SiteLink | null; readonly problems: readonly Problem[] }> {
  const report = new Report();
  const model = isMapping(entry.value) ? entry.value.profile : undefined;
  const place = entry.at(['profile']);
  const part = (value: Fields): Entry => ({ value, prefix: '', at: () => place });
  const profiles = new Profiles([entry], drivers, '', report);
  const open = checkLink(part({ id: 'link', ...link }), drivers, report);
  if (open === undefined) return { link: null, problems: report.problems() };
  const declaredLinks = new Declared('link', report);
  declaredLinks.add(open.entry);
  const placed = await checkDevice(part({ id: 'device', profile: model, link: 'link', ...device }), {
    profiles,
    links: new Map([['link', open]]),
    declaredLinks,
    register: undefined,
    report,
  });
  if (placed !== undefined) {
    open.devices.push(placed.device);
    checkShared(open, new Map([['device', placed]]), report);
  }
  const { driver: _, entry: __, ...whole } = open;
  return { link: report.hasErrors || open.devices.length === 0 ? null : whole, problems: report.problems() };
}
