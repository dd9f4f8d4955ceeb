import { isDeepStrictEqual } from 'node:util';
import { linkFieldsOf } from '../../config/broker-listens.ts';
import type { Site, SiteDevice, SiteLink, SitePoint } from '../../config/site.ts';
import type { LinkSpec, OpenLink } from '../../drivers/driver.ts';
import type { Point } from '../../drivers/point.ts';

export type DriverLink = LinkSpec & { readonly protocol: string };

/** The links of a site as drivers are given them: all that a driver goes by, and nothing else. */
export const linkSpecs = (site: Pick<Site, 'links' | 'broker' | 'timeZone'>): DriverLink[] =>
  site.links.map((link) => ({
    id: link.id,
    kind: link.kind,
    protocol: link.protocol,
    options: optionsOf(site, link),
    devices: link.devices.map(specOf),
  }));

/** What makes an open link have other devices, where nothing else of it is otherwise and its driver can. */
export function changeLink(
  link: Pick<OpenLink, 'change'>,
  { devices: _, ...before }: DriverLink,
  { devices, ...after }: DriverLink,
): (() => void) | undefined {
  return isDeepStrictEqual(before, after) ? link.change?.(devices) : undefined;
}

type DeviceSpec = DriverLink['devices'][number];
const specs = new WeakMap<SiteDevice, DeviceSpec>();

/** Made once for each device of a site: who looks for what has changed sees at once that it is the same. */
function specOf(device: SiteDevice): DeviceSpec {
  const { id, options, profile, points } = device;
  const spec = specs.get(device) ?? { id, options, profile, points: points.map(pointOf) };
  specs.set(device, spec);
  return spec;
}

/** What of a point its readings come from: of other fields a driver knows nothing. */
export const pointOf = (point: SitePoint): Point => {
  const { key, device, id, quantity, everyMs, source, convert, units, range, invalid, states } = point;
  return { key, device, id, quantity, everyMs, source, convert, units, range, invalid, states };
};

/** The embedded broker listens where the site says, and times without a zone are of the site's, unless the link says otherwise. */
function optionsOf(site: Pick<Site, 'broker' | 'timeZone'>, link: SiteLink): unknown {
  // A mapping, as every kind's schema says.
  const given = link.options as Record<string, unknown>;
  const isOwn = ['listen', 'tls', 'websocket'].some((field) => Object.hasOwn(given, field));
  const broker = site.broker === null || isOwn ? {} : linkFieldsOf(site.broker);
  const isZoned = link.kind === 'hj212' || link.kind === 'cabinet';
  const inherited = link.kind === 'mqtt' ? broker : isZoned ? { timeZone: site.timeZone } : {};
  return { ...inherited, ...given };
}
