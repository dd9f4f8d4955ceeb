import type { Fields } from '../../config/lone-device.ts';
import type { ProfileData } from '../../config/profile-tests.ts';
import type { SiteLink } from '../../config/site.ts';
import type { Driver } from '../../drivers/driver.ts';
import type { Qualified } from '../../drivers/point.ts';

/** What a point gives when its model is tried. */
export interface Tried extends Qualified {
  /** The raw data that it was made of, for a person; empty where nobody knows. */
  readonly raw: string;
}

/** By the point's id; a point that is not in it was not read. */
export type Outcome = ReadonlyMap<string, Tried>;

/** Makes a link with one device of the model, from fields as a site has them; undefined when that cannot be. */
export type PlaceDevice = (link: Fields, device: Fields) => Promise<SiteLink | undefined>;

/**
 * Puts raw data through the real decoder of one protocol. A text says why that cannot be: such data is none of the
 * protocol's.
 */
export type Trial = (driver: Driver, place: PlaceDevice, data: ProfileData) => Promise<Outcome | string>;
