import { readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Fault } from '#kit/fault.ts';
import type { TtyChoice } from './tty-choice.ts';

/** For a person. */
export const nameTty = (choice: TtyChoice): string => {
  if (typeof choice === 'string') return choice;
  return 'serial' in choice ? `USB adapter ${choice.serial}` : `USB adapter ${choice.vendor}:${choice.product}`;
};

interface Adapter {
  readonly tty: string;
  readonly vendor: string;
  readonly product: string;
  readonly serial: string;
}

/** From a tty's own device up to that of its plug: the port, the interface, the adapter. */
const LEVELS = 4;

/** The path of that serial port as things are plugged in now. `sysfs` and `dev` are where Linux has them. */
export async function findTty(choice: TtyChoice, sysfs = '/sys', dev = '/dev'): Promise<string | Fault> {
  if (typeof choice === 'string') return choice;
  const found = (await listAdapters(sysfs)).filter((adapter) =>
    'serial' in choice
      ? adapter.serial === choice.serial
      : adapter.vendor === choice.vendor && adapter.product === choice.product,
  );
  const [first, ...others] = found;
  if (first === undefined) {
    return new Fault('modbus-no-adapter', `${nameTty(choice)}: none is plugged in`, {
      hint: 'is it plugged in, and does it get power? "lsusb -v" tells what it calls itself',
    });
  }
  if (others.length > 0) {
    const names = found.map(({ tty, serial }) => (serial === '' ? tty : `${tty} (${serial})`)).join(', ');
    return new Fault('modbus-many-adapters', `${nameTty(choice)}: could be any of ${names}`, {
      hint: 'say which by its serial number, or by a path under /dev/serial/by-path',
    });
  }
  return join(dev, first.tty);
}

async function listAdapters(sysfs: string): Promise<Adapter[]> {
  const folder = join(sysfs, 'class', 'tty');
  const adapters = await Promise.all((await namesIn(folder)).map((tty) => readAdapter(folder, tty)));
  return adapters.filter((adapter) => adapter !== undefined);
}

/** What a tty hangs on; undefined for one that is no USB adapter's, or was pulled while being looked at. */
async function readAdapter(folder: string, tty: string): Promise<Adapter | undefined> {
  let at: string;
  try {
    at = await realpath(join(folder, tty, 'device'));
  } catch {
    return undefined;
  }
  for (let level = 0; level < LEVELS; level++, at = dirname(at)) {
    const vendor = await textOf(join(at, 'idVendor'));
    if (vendor === '') continue;
    return { tty, vendor, product: await textOf(join(at, 'idProduct')), serial: await textOf(join(at, 'serial')) };
  }
  return undefined;
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
const textOf = (file: string): Promise<string> =>
  readFile(file, 'utf8').then(
    (text) => text.trim(),
    () => '',
  );
