import { lookUp } from '../json-path.ts';
import { type DeviceReader, type Item, idAt } from './device-reader.ts';

/** Messages in one push. */
const MOST_ITEMS = 1000;

/** Devices whose messages have list and identity at the same paths. */
interface Group {
  readonly each: DeviceReader['each'];
  readonly identityAt: DeviceReader['identityAt'];
  readonly devices: Map<string, DeviceReader>;
}

/**
 * Why nothing can be read of what a device pushed: it is a list of messages, and its model reads one (it needs `each: $`); or
 * there is neither a list nor a message where its model looks for one.
 */
export type Misshape = 'is-list' | 'no-list';

/** Whose messages a push holds. */
export interface Addressed {
  readonly found: readonly { readonly device: DeviceReader; readonly item: Item }[];
  /** Devices of the link that are named in it, not where or as their models say. */
  readonly misshaped: ReadonlyMap<DeviceReader, Misshape>;
  /** What calls itself by a name that no device of the link has → its message. */
  readonly unknown: ReadonlyMap<string, unknown>;
  /** There were more messages than are looked at. */
  readonly isTooLong: boolean;
  /** There was a list where one may be, with nothing in it. */
  readonly isEmpty: boolean;
}

/** Under which devices commonly give their name, for the installer: a model says where its own stands. */
const NAMES = /^(imei|device|device_?id|dev_?id|dev_?eui|device_?sn|sn|serial|serial_?number|mac|mac_?address)$/i;

/** How deep a name is looked for, a list and its elements counted, and among how many fields of a level. */
const DEPTH = 3;
const MOST_FIELDS = 200;

/** The first ones. */
function fieldsOf(value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(Array.isArray(value) ? value.slice(0, MOST_FIELDS) : value).slice(0, MOST_FIELDS);
}

/** What a message of nobody's model may call its sender: the name that stands nearest to its top. */
function nameIn(whole: unknown): string | undefined {
  let level: readonly unknown[] = [whole];
  for (let depth = 0; depth < DEPTH; depth++) {
    const fields = level.flatMap((value) => fieldsOf(value)).slice(0, MOST_FIELDS);
    const name = fields.find(([key, value]) => NAMES.test(key) && /^(string|number)$/.test(typeof value))?.[1];
    if (name !== undefined && name !== '') return String(name);
    level = fields.map(([, value]) => value);
  }
  return undefined;
}

/** The messages of a push, where a model says that they stand. One message where a list may be is a list of one, as in XML. */
function messagesIn(whole: unknown, each: DeviceReader['each']): readonly unknown[] | undefined {
  if (each === undefined) return [whole];
  const list = lookUp(whole, each);
  if (Array.isArray(list)) return list;
  return typeof list === 'object' && list !== null ? [list] : undefined;
}

const identityIn = (item: Item, { identityAt }: Group, pathIdentity: string | undefined): string | undefined =>
  identityAt === undefined ? pathIdentity : idAt(item, identityAt);

/** The devices of a group that a push names, wherever its messages stand. */
function devicesIn(whole: unknown, group: Group, pathIdentity: string | undefined): DeviceReader[] {
  const trees: readonly unknown[] = Array.isArray(whole) ? whole.slice(0, MOST_ITEMS) : [whole];
  return trees.flatMap((tree) => group.devices.get(identityIn({ tree, whole }, group, pathIdentity) ?? '') ?? []);
}

/** Finds the devices of a link that a push is of, by what each calls itself. */
export class DeviceTable {
  readonly #groups: readonly Group[];

  constructor(devices: readonly DeviceReader[]) {
    const groups = new Map<string, Group>();
    for (const device of devices) {
      const { each, identityAt } = device;
      const key = JSON.stringify([each, identityAt]);
      const group = groups.get(key) ?? { each, identityAt, devices: new Map() };
      groups.set(key, group);
      group.devices.set(device.identity, device);
    }
    this.#groups = [...groups.values()];
  }

  /** `pathIdentity` is what the path ends with, for devices whose messages do not say. */
  find(whole: unknown, pathIdentity: string | undefined): Addressed {
    const found: Addressed['found'][number][] = [];
    const misshaped = new Map<DeviceReader, Misshape>();
    const named = new Map<string, unknown>();
    let isTooLong = false;
    let isEmpty = false;
    for (const group of this.#groups) {
      const list = messagesIn(whole, group.each);
      isTooLong ||= list !== undefined && list.length > MOST_ITEMS;
      let isNamed = false;
      for (const tree of list?.slice(0, MOST_ITEMS) ?? []) {
        const item: Item = { tree, whole };
        const identity = identityIn(item, group, pathIdentity);
        if (identity === undefined) continue;
        isNamed = true;
        const device = group.devices.get(identity);
        if (device === undefined) named.set(identity, tree);
        else found.push({ device, item });
      }
      isEmpty ||= list?.length === 0;
      if (isNamed || list?.length === 0) continue;
      for (const device of devicesIn(whole, group, pathIdentity)) {
        misshaped.set(device, group.each === undefined ? 'is-list' : 'no-list');
      }
    }
    for (const { device } of found) misshaped.delete(device);
    for (const device of misshaped.keys()) named.delete(device.identity);
    for (const { device } of found) named.delete(device.identity);
    // A link without devices, or of other makers' only, can still say who spoke.
    const isNobodys = found.length + misshaped.size + named.size === 0 && !isEmpty;
    const name = isNobodys ? (pathIdentity ?? nameIn(whole)) : undefined;
    if (name !== undefined) named.set(name, whole);
    return { found, misshaped, unknown: named, isTooLong, isEmpty };
  }
}
