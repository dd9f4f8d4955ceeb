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

/** Whose messages a push holds. */
export interface Addressed {
  readonly found: readonly { readonly device: DeviceReader; readonly item: Item }[];
  /** What calls itself by a name that no device of the link has → its message. */
  readonly unknown: ReadonlyMap<string, unknown>;
  /** There were more messages than are looked at. */
  readonly isTooLong: boolean;
}

/** Under which devices commonly give their name, for the installer: a model says where its own stands. */
const NAMES = /^(imei|device|device_?id|dev_?id|dev_?eui|device_?sn|sn|serial|serial_?number|mac|mac_?address)$/i;

/** How deep a name is looked for, a list and its elements counted, and among how many fields of a level. */
const DEPTH = 3;
const MOST_FIELDS = 200;

/** What a message of nobody's model may call its sender: the name that stands nearest to its top. */
function nameIn(whole: unknown): string | undefined {
  let level: readonly unknown[] = [whole];
  for (let depth = 0; depth < DEPTH; depth++) {
    const fields = level
      .flatMap((value) => (typeof value === 'object' && value !== null ? Object.entries(value) : []))
      .slice(0, MOST_FIELDS);
    const name = fields.find(([key, value]) => NAMES.test(key) && /^(string|number)$/.test(typeof value))?.[1];
    if (name !== undefined && name !== '') return String(name);
    level = fields.map(([, value]) => value);
  }
  return undefined;
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
    const named = new Map<string, unknown>();
    let isTooLong = false;
    for (const { each, identityAt, devices } of this.#groups) {
      const list = each === undefined ? [whole] : lookUp(whole, each);
      if (!Array.isArray(list)) continue;
      isTooLong ||= list.length > MOST_ITEMS;
      for (const tree of list.slice(0, MOST_ITEMS)) {
        const item: Item = { tree, whole };
        const identity = identityAt === undefined ? pathIdentity : idAt(item, identityAt);
        if (identity === undefined) continue;
        const device = devices.get(identity);
        if (device === undefined) named.set(identity, tree);
        else found.push({ device, item });
      }
    }
    for (const { device } of found) named.delete(device.identity);
    // A link without devices, or of other makers' only, can still say who spoke.
    const name = pathIdentity ?? nameIn(whole);
    if (found.length === 0 && named.size === 0 && name !== undefined) named.set(name, whole);
    return { found, unknown: named, isTooLong };
  }
}
