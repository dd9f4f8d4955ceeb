import { expect, test } from 'vitest';
import { readHwmon, readSupply, readThermal } from '../../../drivers/cabinet/sysfs.ts';
import { openFakeBox } from './fake-box.ts';

/** Folder of the class power_supply → file → text. */
type Supplies = Readonly<Record<string, Readonly<Record<string, string>>>>;

const MAINS = { type: 'Mains', online: '1' };
const BATTERY = { type: 'Battery', present: '1', online: '1', capacity: '60', status: 'Discharging' };

async function openSupplies(supplies: Supplies) {
  const files = Object.entries(supplies).flatMap(([name, each]) =>
    Object.entries(each).map(([file, text]) => [`sys/class/power_supply/${name}/${file}`, `${text}\n`]),
  );
  return openFakeBox(Object.fromEntries(files));
}

test.each<[string, Supplies, Parameters<typeof readSupply>[1], unknown]>([
  ['mains that are there', { ac: MAINS, ups: BATTERY }, { read: 'online' }, 1],
  [
    'mains that are lost, while the battery says that it is online',
    { ac: { ...MAINS, online: '0' }, ups: BATTERY },
    { read: 'online' },
    0,
  ],
  [
    'one of two that is there',
    { ac: { ...MAINS, online: '0' }, usb: { type: 'USB', online: '2' } },
    { read: 'online' },
    1,
  ],
  ['the emptiest of two batteries', { a: BATTERY, b: { ...BATTERY, capacity: '7' } }, { read: 'capacity' }, 7],
  [
    'a battery that was taken out',
    { a: BATTERY, b: { ...BATTERY, capacity: '0', present: '0' } },
    { read: 'capacity' },
    60,
  ],
  ['a battery by its name', { a: BATTERY, b: { ...BATTERY, capacity: '7' } }, { read: 'capacity', name: 'a' }, 60],
  ['what a battery does', { ups: BATTERY }, { read: 'status' }, 'Discharging'],
  ['mains of a box that has a battery only', { ups: BATTERY }, { read: 'online' }, 'no-supply'],
  ['a battery that does not say how full it is', { ups: { type: 'Battery' } }, { read: 'capacity' }, 'no-supply'],
  ['mains whose driver says what is no number', { ac: { ...MAINS, online: 'N/A' } }, { read: 'online' }, 'no-supply'],
  ['a battery that says what is no number', { a: { ...BATTERY, capacity: '-' } }, { read: 'capacity' }, 'no-supply'],
  [
    'the battery of two that says a number',
    { a: BATTERY, b: { ...BATTERY, capacity: '0x' } },
    { read: 'capacity' },
    60,
  ],
  ['a supply of a name that is not there', { ac: MAINS }, { read: 'online', name: 'dc' }, 'no-supply'],
])('%s', async (_, supplies, wanted, expected) => {
  await using box = await openSupplies(supplies);
  const sample = await readSupply(box.sysfs, wanted);
  expect('code' in sample ? sample.code : sample.raw).toBe(expected);
});

test('a thermal zone is found by its type, or is the first; a chip by its name, whatever its number', async () => {
  await using box = await openFakeBox({
    'sys/class/thermal/cooling_device0/type': 'fan\n',
    'sys/class/thermal/thermal_zone0/type': 'gpu-thermal\n',
    'sys/class/thermal/thermal_zone0/temp': '51000\n',
    'sys/class/thermal/thermal_zone1/type': 'cpu-thermal\n',
    'sys/class/thermal/thermal_zone1/temp': '-5500\n',
    'sys/class/hwmon/hwmon0/name': 'cpu_thermal\n',
    'sys/class/hwmon/hwmon3/name': 'sht3x\n',
    'sys/class/hwmon/hwmon3/temp1_input': '21450\n',
    'sys/class/hwmon/hwmon3/temp1_max': 'nonsense\n',
  });
  expect(await readThermal(box.sysfs, 'cpu-thermal')).toEqual({ raw: -5500, scaled: -5.5 });
  expect(await readThermal(box.sysfs, undefined)).toEqual({ raw: 51_000, scaled: 51 });
  expect(await readThermal(box.sysfs, 'none')).toMatchObject({ code: 'no-sensor' });
  const chip = { name: 'sht3x', scale: 0.001 };
  expect(await readHwmon(box.sysfs, { ...chip, file: 'temp1_input' })).toEqual({ raw: 21_450, scaled: 21.45 });
  expect(await readHwmon(box.sysfs, { ...chip, file: 'temp1_max' })).toMatchObject({ code: 'no-sensor' });
});
