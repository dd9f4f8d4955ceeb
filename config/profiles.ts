import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { codeOf, textOf } from '#kit/fault.ts';
import { Declared } from './declared.ts';
import { type Entry, isMapping, parseFile, partOf } from './document.ts';
import { profileCommon } from './file-kinds.ts';
import { check, checkParts } from './issues.ts';
import type { DriverKind } from './kinds.ts';
import { suggest } from './nearest.ts';
import { checkPoint, type PointModel } from './point-model.ts';
import type { ProfileTest } from './profile-tests.ts';
import { type Place, Report } from './report.ts';

/** A device model, checked. */
export interface Profile {
  readonly id: string;
  /** It stands in no file of the site. */
  readonly isShipped: boolean;
  readonly driver: DriverKind;
  readonly everyMs: number;
  /** Its points have no place yet: nothing can be read by it. */
  readonly isTemplate: boolean;
  readonly tests: readonly ProfileTest[];
  /** The driver's own fields. */
  readonly options: unknown;
  readonly points: readonly { readonly model: PointModel; readonly entry: Entry }[];
}

/** The device models of a site: its own, and of those that ship what its devices name. */
export class Profiles {
  readonly #own = new Map<string, Entry>();
  readonly #checked = new Map<string, Promise<Profile | undefined>>();
  readonly #drivers: readonly DriverKind[];
  readonly #shippedDir: string;
  readonly #report: Report;

  constructor(own: readonly Entry[], drivers: readonly DriverKind[], shippedDir: string, report: Report) {
    this.#drivers = drivers;
    this.#shippedDir = shippedDir;
    this.#report = report;
    const declared = new Declared('profile', report);
    for (const entry of own) {
      const id = isMapping(entry.value) ? entry.value.profile : undefined;
      if (typeof id !== 'string') checkProfile(entry, drivers, report);
      else if (declared.add(entry, 'profile')) {
        this.#own.set(id, entry);
        this.#checked.set(id, Promise.resolve(checkProfile(entry, drivers, report)));
      }
    }
  }

  /** The profile that a device names at that place; undefined, and problems, when there is none that can be used. */
  async find(id: string, at: Place): Promise<Profile | undefined> {
    const found = this.#checked.get(id) ?? this.#open(id, at);
    this.#checked.set(id, found);
    const profile = await found;
    if (profile === undefined || !profile.isTemplate) return profile;
    const remedy = `write it into the site's profiles/ by "gengfu profile show ${id}", say there where each point stands as the maker's manual has it, and take "template: true" away`;
    this.#report.error(at, `profile: ${id} is a template, which says what such a device has but not where: ${remedy}`);
    return undefined;
  }

  async #open(id: string, at: Place): Promise<Profile | undefined> {
    const entry = /^[a-z0-9][a-z0-9.-]*$/.test(id)
      ? await readShipped(this.#shippedDir, id, 'profile', at, this.#report)
      : null;
    if (entry === undefined) return undefined;
    if (entry !== null) return checkProfile(entry, this.#drivers, this.#report);
    if (!this.#report.isIncomplete) {
      const names = [...this.#own.keys(), ...(await listShipped(this.#shippedDir))];
      this.#report.error(at, `profile: there is no profile "${id}"; ${suggest(id, names)}`);
    }
    return undefined;
  }
}

/** The names of the files that ship in a folder, without their ending. */
export async function listShipped(dir: string): Promise<string[]> {
  const names = await readdir(dir);
  return names
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length))
    .sort();
}

/** A file that ships, read as if it stood where it is named; null when there is none of that name. */
export async function readShipped(
  dir: string,
  name: string,
  kind: string,
  at: Place,
  report: Report,
): Promise<Entry | null | undefined> {
  const file = `${name}.yaml`;
  try {
    const inner = new Report();
    const entry = parseFile(file, await readFile(join(dir, file), 'utf8'), inner);
    for (const { line, column, message } of inner.problems())
      report.error(at, `${kind} ${name}, ${line}:${column}: ${message}`);
    return entry === undefined ? undefined : { value: entry.value, prefix: `${kind} ${name}: `, at: () => at };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    report.error(at, `${kind} ${name} cannot be read: ${textOf(error)}`);
    return undefined;
  }
}

/** Checks one device model by itself. */
export function checkProfile(entry: Entry, drivers: readonly DriverKind[], report: Report): Profile | undefined {
  const protocol = isMapping(entry.value) ? entry.value.protocol : undefined;
  const driver = drivers.find((each) => each.protocol === protocol);
  if (driver === undefined) {
    check(profileCommon.loose(), entry, report);
    const known = drivers.map((each) => each.protocol);
    if (typeof protocol === 'string') {
      report.error(
        entry.at(['protocol']),
        `${entry.prefix}protocol: there is no protocol "${protocol}"; ${suggest(protocol, known)}`,
      );
    }
    return undefined;
  }
  const parts = checkParts([profileCommon, driver.profile], entry, report);
  const raw = isMapping(entry.value) && Array.isArray(entry.value.points) ? entry.value.points : [];
  const declared = new Declared('point of this profile', report);
  const isTemplate = isMapping(entry.value) && entry.value.template === true;
  const pointKind = isTemplate ? withoutPlaces(driver) : driver;
  const points = raw.map((value: unknown, index) => {
    const point = partOf(entry, ['points', index], value);
    const isFirst = declared.add(point);
    const model = checkPoint(pointKind, point, report);
    return isFirst && model !== undefined ? { model, entry: point } : undefined;
  });
  const good = points.filter((point) => point !== undefined);
  if (parts === undefined || good.length < points.length) return undefined;
  const [common, options] = parts;
  if (!checkTests(common.tests, good, entry, report)) return undefined;
  return {
    id: common.profile,
    isShipped: entry.prefix !== '',
    driver,
    everyMs: common.every,
    isTemplate,
    tests: common.tests,
    options,
    points: good,
  };
}

/** The same driver where none of its fields of a point must be there. */
const withoutPlaces = (driver: DriverKind): DriverKind => ({
  ...driver,
  point: z.strictObject(
    Object.fromEntries(Object.entries(driver.point.shape).map(([key, field]) => [key, z.optional(field)])),
  ),
});

/** Whether every test expects something of points that are there. */
function checkTests(tests: readonly ProfileTest[], points: Profile['points'], entry: Entry, report: Report): boolean {
  const ids = points.map(({ model }) => model.id);
  let isGood = true;
  for (const [index, test] of tests.entries()) {
    for (const id of Object.keys(test.expect).filter((each) => !ids.includes(each))) {
      isGood = false;
      const message = `tests: there is no point "${id}"; ${suggest(id, ids)}`;
      report.error(entry.at(['tests', index, 'expect', id], 'key'), entry.prefix + message);
    }
  }
  return isGood;
}
