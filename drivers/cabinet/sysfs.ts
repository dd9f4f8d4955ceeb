import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CABINET_CODES, type Failed, type Sample } from './sample.ts';

/** The text of a file of the kernel's, trimmed; undefined where it is not there or cannot be read now. */
export async function readText(...path: string[]): Promise<string | undefined> {
  try {
    return (await readFile(join(...path), 'utf8')).trim();
  } catch {
    return undefined;
  }
}

/** A whole number; undefined for anything else. */
export async function readNumber(...path: string[]): Promise<number | undefined> {
  const text = await readText(...path);
  return text !== undefined && /^-?\d{1,20}$/.test(text) ? Number(text) : undefined;
}

/** Folders of a class, by name; none where the kernel has no such class. */
async function listClass(sysfs: string, name: string): Promise<string[]> {
  const folder = join(sysfs, 'class', name);
  const names = await readdir(folder).catch(() => []);
  return names.sort().map((each) => join(folder, each));
}

const none = (code: string, error: string): Failed => ({ code, error });

export interface SupplyWanted {
  /** `online`: 1 while power comes in; `capacity`: per cent of the emptiest battery; `status`: `Charging`, `Discharging` … */
  readonly read: 'online' | 'capacity' | 'status';
  /** The folder's name, such as `axp20x-battery`; every supply of the fitting type where it is left out. */
  readonly name?: string | undefined;
}

/** What the kernel says of the power supplies (Documentation/ABI/testing/sysfs-class-power). */
export async function readSupply(sysfs: string, { read, name }: SupplyWanted): Promise<Sample> {
  const values: (string | number)[] = [];
  for (const folder of await listClass(sysfs, 'power_supply')) {
    if (name !== undefined && !folder.endsWith(`/${name}`)) continue;
    const isBattery = ['Battery', 'UPS'].includes((await readText(folder, 'type')) ?? '');
    if (name === undefined && isBattery !== (read !== 'online')) continue;
    if ((await readText(folder, 'present')) === '0') continue;
    const value = read === 'status' ? await readText(folder, read) : await readNumber(folder, read);
    if (value !== undefined && value !== '') values.push(value);
  }
  const [first] = values;
  if (first === undefined) {
    return none(CABINET_CODES.noSupply, `no power supply ${name ?? ''} here says its ${read}`.replace('  ', ' '));
  }
  if (read === 'status') return { raw: first };
  const numbers = values.map(Number);
  // 2 is online with a programmable voltage.
  return { raw: read === 'online' ? Number(numbers.some((value) => value > 0)) : Math.min(...numbers) };
}

/** A thermal zone by its type (`cpu-thermal` on a Pi), or the first one: millidegrees in the kernel, degrees here. */
export async function readThermal(sysfs: string, type: string | undefined): Promise<Sample> {
  for (const folder of await listClass(sysfs, 'thermal')) {
    if (!/thermal_zone\d+$/.test(folder)) continue;
    if (type !== undefined && (await readText(folder, 'type')) !== type) continue;
    const temp = await readNumber(folder, 'temp');
    if (temp !== undefined) return { raw: temp, scaled: temp / 1000 };
  }
  return none(CABINET_CODES.noSensor, `no thermal zone ${type ?? ''} here`.replace('  ', ' '));
}

export interface HwmonWanted {
  /** As the chip calls itself in its `name` file: `rpi_volt`, `sht3x`. */
  readonly name: string;
  /** Such as `in0_lcrit_alarm`, `temp1_input`. */
  readonly file: string;
  readonly scale: number;
}

/** One figure of a monitoring chip (Documentation/hwmon/sysfs-interface). */
export async function readHwmon(sysfs: string, { name, file, scale }: HwmonWanted): Promise<Sample> {
  for (const folder of await listClass(sysfs, 'hwmon')) {
    if ((await readText(folder, 'name')) !== name) continue;
    const value = await readNumber(folder, file);
    if (value !== undefined) return { raw: value, scaled: value * scale };
  }
  return none(CABINET_CODES.noSensor, `no ${file} of a chip ${name} here`);
}
