import { QUANTITIES } from './quantities.ts';
import type { Site, SitePoint } from './site.ts';
import { SAME } from './units.ts';

/** How often the gateway says how its links and it itself do, ms. */
export const OWN_EVERY_MS = 10_000;

/** The device that a link is. No device of a site can have such an id, for it has a colon. */
export const linkDevice = (link: string): string => `link:${link}`;

/** The device that the gateway is; the loader refuses it as the id of another. */
export const GATEWAY_DEVICE = 'gateway';

/** The device that an output is. */
export const outputDevice = (output: string): string => `output:${output}`;

/** What is known of an output before it is checked against the points that there are. */
export interface NamedOutput {
  readonly id: string;
  readonly name: string;
  /** `device/point`. */
  readonly point: string;
}

/**
 * The points of devices that stand in no file: each link (`link:bus-1/state`), each output (`output:siren/state`, where its
 * device is) and the gateway itself (`gateway/clock`, `gateway/disk`, and `gateway/backlog` where there is an upstream).
 * Rules reach them like any other (RULES.md, section 1).
 */
export function ownPoints(
  site: Pick<Site, 'name'> & { readonly place: SitePoint['place'] },
  links: readonly { readonly id: string }[],
  upstreams: readonly unknown[],
  outputs: readonly NamedOutput[] = [],
  measured: readonly SitePoint[] = [],
): SitePoint[] {
  const placeOf = (key: string) => measured.find((each) => each.key === key)?.place ?? site.place;
  const point = (device: string, deviceName: string, id: string, quantity: string, link: string): SitePoint => ({
    key: `${device}/${id}`,
    device,
    deviceName,
    id,
    quantity,
    everyMs: OWN_EVERY_MS,
    link,
    scene: null,
    tags: [],
    place: site.place,
    validUntil: null,
    source: null,
    convert: SAME,
    ...meaningOf(quantity),
  });
  const own = (id: string, quantity: string) => point(GATEWAY_DEVICE, site.name, id, quantity, '');
  return [
    ...links.map(({ id }) => point(linkDevice(id), id, 'state', 'link.state', id)),
    ...outputs.flatMap(({ id, name, point: drives }) => {
      const device = outputDevice(id);
      const points = [
        point(device, name, 'state', 'output.active', ''),
        point(device, name, 'followed', 'output.followed', ''),
      ];
      return points.map((each) => ({ ...each, place: placeOf(drives) }));
    }),
    own('clock', 'clock.trust'),
    own('disk', 'disk.used'),
    ...(upstreams.length > 0 ? [own('backlog', 'upstream.backlog')] : []),
  ];
}

function meaningOf(quantity: string): Pick<SitePoint, 'unit' | 'states'> {
  const known = QUANTITIES.get(quantity);
  if (known?.states === undefined) return { unit: known?.unit ?? null };
  return { unit: null, states: Object.fromEntries(known.states.map((name) => [name, name])) };
}
