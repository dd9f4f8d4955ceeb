import { Fault } from '#kit/fault.ts';
import type { Fields } from '../../config/merged-fields.ts';
import { modelQuantity } from '../../config/model-quantity.ts';
import { YamlText } from '../../config/yaml-text.ts';
import { fieldsOfUnknown, inOrder, proposeId } from '../commissioning/adopt.ts';

/** A device that is to be adopted: its fields as a file of the site has them; without an id one is proposed. */
export interface Adoption {
  readonly device: Fields;
  /** What it calls itself on its link, in place of its address fields. */
  readonly unknown?: string | undefined;
  /** `devices/NAME.yaml`; where devices of its link stand, else `devices/LINK.yaml`. */
  readonly file?: string | undefined;
}

/** What a change of devices makes of the files, and for people: the lines that are new. */
export interface DeviceEdit {
  readonly changes: ReadonlyMap<string, string>;
  readonly device: string;
  readonly file: string;
  readonly lines: readonly string[];
}

/** The texts of a site's files by their paths. */
export type SiteTexts = ReadonlyMap<string, string>;

interface Placed {
  readonly file: string;
  readonly index: number;
  readonly id: unknown;
  readonly link: unknown;
  readonly kind: unknown;
  readonly hasServer: boolean;
}

/** The files of a site that hold lists, each taken apart once. */
class Lists {
  readonly #texts: SiteTexts;
  readonly #taken = new Map<string, YamlText>();

  constructor(texts: SiteTexts) {
    this.#texts = texts;
  }

  text(file: string): YamlText {
    const taken = this.#taken.get(file) ?? new YamlText(this.#texts.get(file) ?? '');
    this.#taken.set(file, taken);
    return taken;
  }

  /** The entries of one list in all files, as they stand there. */
  entries(list: string): Placed[] {
    return [...this.#texts].flatMap(([file, text]) => {
      if (file.startsWith('profiles/') || file === 'people.yaml' || !text.includes(list)) return [];
      const entries = (this.text(file).value as Fields | null)?.[list];
      if (!Array.isArray(entries)) return [];
      return entries.map((each: Fields | null, index) => {
        const { id, link, kind, server } = each ?? {};
        return { file, index, id, link, kind, hasServer: server !== undefined };
      });
    });
  }
}

/** A new device at the end of its file. */
export function adoptDevice(texts: SiteTexts, { device, unknown, file: given }: Adoption): DeviceEdit {
  const lists = new Lists(texts);
  const devices = lists.entries('devices');
  const named = unknown === undefined ? {} : namedBy(lists, device.link, unknown);
  const own = [...texts].filter(([file]) => file.startsWith('profiles/')).map(([, text]) => text);
  const quantity = typeof device.profile === 'string' ? modelQuantity(device.profile, own) : undefined;
  const taken = devices.map((each) => String(each.id));
  const id = device.id ?? proposeId(quantity, taken);
  const file = given ?? devices.findLast(({ link }) => link === device.link)?.file ?? `devices/${device.link}.yaml`;
  const after = lists.text(file).add('devices', inOrder({ ...named, ...device, id }));
  return edited(String(id), file, texts, after);
}

function namedBy(lists: Lists, link: unknown, unknown: string): Fields {
  const { kind, hasServer } = lists.entries('links').find(({ id }) => id === link) ?? {};
  const fields = typeof kind === 'string' ? fieldsOfUnknown(kind, unknown, hasServer) : undefined;
  if (fields !== undefined) return fields;
  const why = kind === undefined ? `there is no link "${link}"` : `a link of kind ${kind} hears nobody by name`;
  throw new Fault('site-edit', `${why}: give the device's address`);
}

function find(lists: Lists, id: string): Placed {
  const found = lists.entries('devices').find((each) => each.id === id);
  if (found === undefined) throw new Fault('no-such-device', `the site has no device ${id}`);
  return found;
}

/** Fields of a device otherwise; null takes one away. */
export function changeDevice(texts: SiteTexts, id: string, fields: Fields): DeviceEdit {
  const lists = new Lists(texts);
  const { file, index } = find(lists, id);
  return edited(id, file, texts, lists.text(file).change('devices', index, fields));
}

export function removeDevice(texts: SiteTexts, id: string): DeviceEdit {
  const lists = new Lists(texts);
  const { file, index } = find(lists, id);
  return edited(id, file, texts, lists.text(file).remove('devices', index));
}

/** Fields of many devices otherwise, each by its id: one text for each file that it reaches. */
export function changeDevices(texts: SiteTexts, changes: ReadonlyMap<string, Fields>): ReadonlyMap<string, string> {
  const lists = new Lists(texts);
  const placed = lists.entries('devices').filter(({ id }) => typeof id === 'string' && changes.has(id));
  const changed = [...new Set(placed.map(({ file }) => file))].map((file): [string, string] => {
    const here = placed.filter((each) => each.file === file);
    const wanted = new Map(here.map(({ index, id }) => [index, changes.get(String(id)) ?? {}]));
    return [file, lists.text(file).changeAll('devices', wanted)];
  });
  return new Map(changed);
}

function edited(device: string, file: string, texts: SiteTexts, after: string): DeviceEdit {
  const before = texts.get(file) ?? '';
  const lines = newLines(before.split(/\r?\n/), after.split(/\r?\n/));
  return { changes: before === after ? new Map() : new Map([[file, after]]), device, file, lines };
}

/** Of two texts that differ in one stretch, the lines of the second there. */
function newLines(before: readonly string[], after: readonly string[]): readonly string[] {
  let start = 0;
  while (start < after.length && before[start] === after[start]) start++;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before.at(-1 - end) === after.at(-1 - end)) end++;
  return after.slice(start, after.length - end);
}
