import type { Site, SiteDevice } from '../../config/site.ts';
import type { DeviceView } from '../api/device-desk.ts';

/** Fields of drivers by which a device is found on its link; others may be secret and are not shown. */
const ADDRESS_FIELDS = ['address', 'registration', 'topic', 'devEui', 'application', 'mn', 'st', 'identity'] as const;

function addressOf(options: unknown): DeviceView['address'] {
  const fields = (options ?? {}) as Readonly<Record<string, unknown>>;
  const found = ADDRESS_FIELDS.flatMap((name): [string, string | number][] => {
    const value = fields[name];
    return typeof value === 'string' || typeof value === 'number' ? [[name, value]] : [];
  });
  return Object.fromEntries(found);
}

const viewOf = ({ id, name, model, link, protocol, options, scene, place, asset, points }: SiteDevice): DeviceView => ({
  id,
  name,
  profile: model,
  link,
  protocol,
  address: addressOf(options),
  scene,
  place,
  asset: asset ?? null,
  points: points.map((point) => point.id),
});

/** The devices of a site, in the order of its links. */
export const deviceViews = (site: Pick<Site, 'links'>): DeviceView[] =>
  site.links.flatMap(({ devices }) => devices.map(viewOf));
