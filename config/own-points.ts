import { QUANTITIES } from './quantities.ts';
import type { Site, SitePoint } from './site.ts';
import { SAME } from './units.ts';

/** How often the gateway says how its links and it itself do, ms. */
export const OWN_EVERY_MS = 10_000;

/** The device that a link is. No device of a site can have such an id, for it has a colon. */
export const linkDevice = (link: string): string => `link:${link}`;

/** The device that the gateway is; the loader refuses it as the id of another. */
export const GATEWAY_DEVICE = 'gateway';

/**
 * The points of devices that stand in no file: each link (`link:bus-1/state`) and the gateway itself (`gateway/clock`,
 * `gateway/disk`, and `gateway/backlog` where there is an upstream). Rules reach them like any other (RULES.md, section 1).
 */
export function ownPoints(
  site: Pick<Site, 'name'> & { readonly place: SitePoint['place'] },
  links: readonly { readonly id: string }[],
  upstreams: readonly unknown[],
): SitePoint[] {
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
