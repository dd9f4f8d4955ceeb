import { Fault } from '#kit/fault.ts';
import type { Fields } from '../config/merged-fields.ts';
import { modelQuantity } from '../config/model-quantity.ts';
import { YamlText } from '../config/yaml-text.ts';
import { fieldsOfUnknown, inOrder, proposeId } from './commissioning/adopt.ts';
import type { SiteFiles } from './site-files.ts';

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

interface Placed {
  readonly file: string;
  readonly index: number;
  readonly id: unknown;
  readonly link: unknown;
}

const isListed = (file: string): boolean => !file.startsWith('profiles/') && file !== 'people.yaml';

/** The entries of one list in all files, as they stand there. */
function entriesOf(files: SiteFiles, list: string): (Placed & { readonly kind: unknown })[] {
  return [...files].flatMap(([file, text]) => {
    if (!isListed(file) || !text.includes(list)) return [];
    const value = new YamlText(text.toString()).value as Fields | null;
    const entries = value?.[list];
    if (!Array.isArray(entries)) return [];
    return entries.map((each: Fields | null, index) => {
      return { file, index, id: each?.id, link: each?.link, kind: each?.kind };
    });
  });
}

const textOf = (files: SiteFiles, file: string): string => files.get(file)?.toString() ?? '';

/** A new device at the end of its file. */
export async function adoptDevice(files: SiteFiles, { device, unknown, file: given }: Adoption): Promise<DeviceEdit> {
  const devices = entriesOf(files, 'devices');
  const named = unknown === undefined ? {} : namedBy(files, device.link, unknown);
  const own = [...files].filter(([file]) => file.startsWith('profiles/')).map(([, text]) => text.toString());
  const quantity = typeof device.profile === 'string' ? await modelQuantity(device.profile, own) : undefined;
  const id =
    device.id ??
    proposeId(
      quantity,
      devices.map((each) => String(each.id)),
    );
  const file = given ?? devices.findLast(({ link }) => link === device.link)?.file ?? `devices/${device.link}.yaml`;
  const before = textOf(files, file);
  const after = new YamlText(before).add('devices', inOrder({ ...named, ...device, id }));
  return edited(String(id), file, before, after);
}

function namedBy(files: SiteFiles, link: unknown, unknown: string): Fields {
  const kind = entriesOf(files, 'links').find(({ id }) => id === link)?.kind;
  const fields = typeof kind === 'string' ? fieldsOfUnknown(kind, unknown) : undefined;
  if (fields !== undefined) return fields;
  const why = kind === undefined ? `there is no link "${link}"` : `a link of kind ${kind} hears nobody by name`;
  throw new Fault('site-edit', `${why}: give the device's address`);
}

function find(files: SiteFiles, id: string): Placed {
  const found = entriesOf(files, 'devices').find((each) => each.id === id);
  if (found === undefined) throw new Fault('no-such-device', `the site has no device ${id}`);
  return found;
}

/** Fields of a device otherwise; null takes one away. */
export function changeDevice(files: SiteFiles, id: string, fields: Fields): DeviceEdit {
  const { file, index } = find(files, id);
  const before = textOf(files, file);
  return edited(id, file, before, new YamlText(before).change('devices', index, fields));
}

export function removeDevice(files: SiteFiles, id: string): DeviceEdit {
  const { file, index } = find(files, id);
  const before = textOf(files, file);
  return edited(id, file, before, new YamlText(before).remove('devices', index));
}

/** Fields of many devices otherwise, each by its id: one text for each file that it reaches. */
export function changeDevices(files: SiteFiles, changes: ReadonlyMap<string, Fields>): ReadonlyMap<string, string> {
  const placed = entriesOf(files, 'devices').filter(({ id }) => typeof id === 'string' && changes.has(id));
  const texts = [...new Set(placed.map(({ file }) => file))].map((file): [string, string] => {
    const here = placed.filter((each) => each.file === file);
    const wanted = new Map(here.map(({ index, id }) => [index, changes.get(String(id)) ?? {}]));
    return [file, new YamlText(textOf(files, file)).changeAll('devices', wanted)];
  });
  return new Map(texts);
}

const edited = (device: string, file: string, before: string, after: string): DeviceEdit => ({
  changes: before === after ? new Map() : new Map([[file, after]]),
  device,
  file,
  lines: newLines(before.split(/\r?\n/), after.split(/\r?\n/)),
});

/** Of two texts that differ in one stretch, the lines of the second there. */
function newLines(before: readonly string[], after: readonly string[]): readonly string[] {
  let start = 0;
  while (start < after.length && before[start] === after[start]) start++;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before.at(-1 - end) === after.at(-1 - end)) end++;
  return after.slice(start, after.length - end);
}
