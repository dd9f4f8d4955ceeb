/** Under which ids of a family count: `noise-07`. */
const NUMBERED = /^(.+)-(\d{1,6})$/;

/**
 * The next free id of a quantity's family: after `noise-07` and `noise-11`, `noise-12` for `noise.la`. Numbers of devices
 * that are gone before the last one are not given again, for alarms and filings name them.
 */
export function proposeId(quantity: string | undefined, taken: Iterable<string>): string {
  const family = /^[a-z0-9]+/.exec(quantity ?? '')?.[0] ?? 'device';
  const numbers = [...taken].flatMap((id) => {
    const [, name, number] = NUMBERED.exec(id) ?? [];
    return name === family ? [Number(number)] : [];
  });
  return `${family}-${String(Math.max(0, ...numbers) + 1).padStart(2, '0')}`;
}

/** Kind of link → the field of a device that is what an unknown one calls itself there (`UnknownDevice.id`). */
const NAMED_BY: Readonly<Record<string, string>> = {
  hj212: 'mn',
  mqtt: 'username',
  http: 'identity',
  'modbus-dial-in': 'registration',
};

/** Whether a link of that kind hears who is none of the site's. */
export const hearsUnknown = (linkKind: string): boolean => Object.hasOwn(NAMED_BY, linkKind);

/**
 * The fields by which something that was heard on a link becomes a device; undefined where that kind hears nobody.
 * `hasServer`: behind a LoRaWAN network server devices go by their DevEUI.
 */
export function fieldsOfUnknown(
  linkKind: string,
  id: string,
  hasServer = false,
): Readonly<Record<string, string>> | undefined {
  const named = hearsUnknown(linkKind) ? NAMED_BY[linkKind] : undefined;
  const field = linkKind === 'mqtt' && hasServer ? 'devEui' : named;
  return field === undefined ? undefined : { [field]: id };
}

/** The fields of a device in the order in which people write them. */
const ORDER = ['id', 'name', 'profile', 'link'];
const LAST = ['every', 'points', 'scene', 'tags', 'place', 'height', 'register', 'asset'];

export function inOrder(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const said = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  const rank = (key: string) => (ORDER.includes(key) ? ORDER.indexOf(key) - ORDER.length : LAST.indexOf(key) + 1);
  return Object.fromEntries(said.toSorted(([a], [b]) => rank(a) - rank(b)));
}
