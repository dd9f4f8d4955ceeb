import type { z } from 'zod';
import type { Declared } from './declared.ts';
import { type Entry, isMapping, partOf } from './document.ts';
import { deviceCommon, linkCommon } from './file-kinds.ts';
import { placeHeight } from './height.ts';
import { check, checkParts } from './issues.ts';
import type { DriverKind } from './kinds.ts';
import { suggest } from './nearest.ts';
import { checkPoint, type PointModel } from './point-model.ts';
import type { Profile, Profiles } from './profiles.ts';
import { placeRegister, type Register } from './register.ts';
import type { Report } from './report.ts';
import type { SiteDevice, SiteLink, SitePoint } from './site.ts';

/** A link, where it stands, and where its devices go. */
export interface OpenLinkSpec extends SiteLink {
  readonly driver: DriverKind;
  readonly entry: Entry;
  readonly devices: SiteDevice[];
}

/** A device with what its problems are told by. */
export interface PlacedDevice {
  readonly device: SiteDevice;
  readonly entry: Entry;
  /** Point → where the site writes it; none for a point that is as a shipped profile has it. */
  readonly points: ReadonlyMap<string, Entry>;
}

type Common = z.output<typeof deviceCommon>;

/** The link; undefined, and problems, when it cannot be used. */
export function checkLink(entry: Entry, drivers: readonly DriverKind[], report: Report): OpenLinkSpec | undefined {
  const kind = isMapping(entry.value) ? entry.value.kind : undefined;
  const driver = typeof kind === 'string' ? drivers.find((each) => Object.hasOwn(each.links, kind)) : undefined;
  const schema = typeof kind === 'string' ? driver?.links[kind] : undefined;
  if (driver === undefined || schema === undefined) {
    check(linkCommon.loose(), entry, report);
    if (typeof kind === 'string') {
      const kinds = drivers.flatMap((each) => Object.keys(each.links));
      report.error(
        entry.at(['kind']),
        `${entry.prefix}kind: there is no kind of link "${kind}"; ${suggest(kind, kinds)}`,
      );
    }
    return undefined;
  }
  const parts = checkParts([linkCommon, schema], entry, report);
  if (parts === undefined) return undefined;
  const [{ id }, options] = parts;
  return { id, kind: parts[0].kind, protocol: driver.protocol, options, driver, entry, devices: [] };
}

export interface Surroundings {
  readonly profiles: Profiles;
  readonly links: ReadonlyMap<string, OpenLinkSpec>;
  readonly declaredLinks: Declared;
  /** The site's, of every device that does not say otherwise. */
  readonly register: Register | undefined;
  readonly report: Report;
}

/** The device on its link; undefined, and problems, when it cannot be used. */
export async function checkDevice(
  entry: Entry,
  { profiles, links, declaredLinks, register, report }: Surroundings,
): Promise<PlacedDevice | undefined> {
  const named = isMapping(entry.value) ? entry.value : {};
  const profile =
    typeof named.profile === 'string' ? await profiles.find(named.profile, entry.at(['profile'])) : undefined;
  const isLinkKnown = typeof named.link !== 'string' || declaredLinks.refer(named.link, entry, ['link']);
  if (named.id === 'gateway') {
    report.error(entry.at(['id']), `${entry.prefix}id: "gateway" is the gateway itself: give the device another id`);
  }
  if (profile === undefined) {
    // Without its driver nobody knows the rest of its fields.
    check(deviceCommon.loose(), entry, report);
    return undefined;
  }
  const link = typeof named.link === 'string' ? links.get(named.link) : undefined;
  if (link !== undefined && link.driver !== profile.driver) {
    const kinds = Object.keys(profile.driver.links).join(', ');
    report.error(
      entry.at(['link']),
      `${entry.prefix}link: ${link.id} is of kind ${link.kind}, but ${profile.id} speaks ${profile.driver.protocol}: it needs a link of kind ${kinds}`,
    );
    return undefined;
  }
  const parts = checkParts([deviceCommon, profile.driver.device], entry, report);
  const overrides = isMapping(named.points) ? named.points : {};
  const points = checkPoints(profile, overrides, entry, report);
  if (parts === undefined || points === undefined || !isLinkKnown) return undefined;
  const [common, options] = parts;
  const models = points.map(({ model }) => placeHeight(model, common.height, entry, report));
  if (models.includes(undefined)) return undefined;
  if (link === undefined) return undefined;
  const device: SiteDevice = {
    id: common.id,
    name: common.name ?? common.id,
    link: link.id,
    protocol: profile.driver.protocol,
    model: profile.id,
    options,
    profile: profile.options,
    scene: common.scene ?? null,
    place: placeOf(common),
    asset: common.asset ?? null,
    points: points.map(({ model, own }, index) =>
      placePoint(models[index] ?? model, own ?? common.every ?? profile.everyMs, common, register),
    ),
  };
  return {
    device,
    entry,
    points: new Map(points.flatMap(({ model, entry, isShipped }) => (isShipped ? [] : [[model.id, entry]]))),
  };
}

interface ChosenPoint {
  readonly model: PointModel;
  readonly entry: Entry;
  /** A period that the point has of its own, which goes before the device's and the profile's. */
  readonly own: number | undefined;
  readonly isShipped: boolean;
}

/** The profile's points with what the device has otherwise. */
function checkPoints(
  profile: Profile,
  overrides: Record<string, unknown>,
  device: Entry,
  report: Report,
): ChosenPoint[] | undefined {
  const ids = profile.points.map(({ model }) => model.id);
  let isGood = true;
  for (const id of Object.keys(overrides).filter((id) => !ids.includes(id))) {
    isGood = false;
    report.error(
      device.at(['points', id], 'key'),
      `${device.prefix}points: ${profile.id} has no point "${id}"; ${suggest(id, ids)}`,
    );
  }
  const chosen: ChosenPoint[] = [];
  for (const { model, entry } of profile.points) {
    const override = overrides[model.id];
    if (!isMapping(override)) {
      chosen.push({ model, entry, own: model.everyMs, isShipped: profile.isShipped });
      continue;
    }
    const base = partOf(device, ['points', model.id], override);
    for (const fixed of ['id', 'quantity'].filter((key) => Object.hasOwn(override, key))) {
      isGood = false;
      report.error(
        base.at([fixed], 'key'),
        `${base.prefix}points.${model.id}: ${fixed} is the profile's and cannot be otherwise here`,
      );
    }
    const merged = {
      ...(isMapping(entry.value) ? entry.value : {}),
      ...override,
      id: model.id,
      quantity: model.quantity,
    };
    const point: Entry = {
      value: merged,
      prefix: `${base.prefix}points.${model.id}: `,
      at: (path, of) =>
        path[0] !== undefined && Object.hasOwn(override, path[0]) ? base.at(path, of) : base.at([], 'key'),
    };
    const own = checkPoint(profile.driver, point, report);
    if (own === undefined) isGood = false;
    else chosen.push({ model: own, entry: point, own: own.everyMs, isShipped: false });
  }
  return isGood ? chosen : undefined;
}

const placeOf = ({ place }: Common) => ({ grid: place?.grid ?? null, at: place?.at ?? null });

const placePoint = (
  { id, quantity, unit, convert, units, range, invalid, states, source }: PointModel,
  everyMs: number,
  device: Common,
  register: Register | undefined,
): SitePoint => ({
  key: `${device.id}/${id}`,
  device: device.id,
  deviceName: device.name ?? device.id,
  id,
  quantity,
  unit,
  everyMs,
  link: device.link,
  scene: device.scene ?? null,
  tags: device.tags,
  place: placeOf(device),
  validUntil: device.asset?.validUntil ?? null,
  register: placeRegister(register, device.register),
  source,
  convert,
  units,
  range,
  invalid,
  states,
});

/** What a link's driver finds in it and in how its devices share it, told at the link, the device or the point. */
export function checkShared(link: OpenLinkSpec, placed: ReadonlyMap<string, PlacedDevice>, report: Report): void {
  // Each driver checks links of its own kinds only, which is what its schemas have just given.
  for (const { device, point, field, message, severity } of link.driver.check(link as never)) {
    const found = device === undefined ? undefined : placed.get(device);
    if (device !== undefined && found === undefined) continue;
    const { entry } = found ?? link;
    const place =
      (point === undefined ? undefined : found?.points.get(point)?.at([])) ??
      entry.at([field ?? (point === undefined ? 'id' : 'profile')]);
    const text = `${entry.prefix}${device ?? `link ${link.id}`}${point === undefined ? '' : `/${point}`}${field === undefined ? '' : `, ${field}`}: ${message}`;
    if (severity === 'error') report.error(place, text);
    else report.warn(place, text);
  }
}
