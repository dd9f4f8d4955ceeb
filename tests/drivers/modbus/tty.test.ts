import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { PortEvents } from '../../../drivers/modbus/port.ts';
import { serialPort } from '../../../drivers/modbus/port.ts';
import { findTty } from '../../../drivers/modbus/tty.ts';
import { type TtyChoice, ttyChoice } from '../../../drivers/modbus/tty-choice.ts';
import type { Fault } from '../../../gateway/kit/fault.ts';
import { testWith, until } from '../../tools/program.ts';
import { namePtyPair } from '../../tools/pty.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A `/sys` with those ttys in it; `path` is where the tty's device hangs below the adapter's own folder. */
function makeSysfs(
  ttys: Readonly<Record<string, { adapter: string; path: string; ids?: Record<string, string> }>>,
): string {
  const root = mkdtempSync(join(tmpdir(), 'gengfu-sys-'));
  folders.push(root);
  mkdirSync(join(root, 'class/tty'), { recursive: true });
  for (const [tty, { adapter, path, ids = {} }] of Object.entries(ttys)) {
    const usb = join(root, 'devices', adapter);
    const device = join(usb, path);
    mkdirSync(join(device, 'tty', tty), { recursive: true });
    for (const [name, text] of Object.entries(ids)) writeFileSync(join(usb, name), `${text}\n`);
    const link = join(device, 'tty', tty, 'device');
    symlinkSync(relative(dirname(link), device), link);
    const entry = join(root, 'class/tty', tty);
    symlinkSync(relative(dirname(entry), join(device, 'tty', tty)), entry);
  }
  return root;
}

const FTDI = { idVendor: '0403', idProduct: '6001', serial: 'A10KZXYD' };
const CH340 = { idVendor: '1a86', idProduct: '7523' };
const BOX = {
  ttyS0: { adapter: 'platform/serial8250', path: '' },
  ttyUSB0: { adapter: 'pci/usb1/1-1', path: '1-1:1.0/ttyUSB0', ids: FTDI },
  ttyUSB1: { adapter: 'pci/usb1/1-2', path: '1-2:1.0/ttyUSB1', ids: CH340 },
  ttyACM0: {
    adapter: 'pci/usb1/1-3',
    path: '1-3:1.0',
    ids: { idVendor: '1a86', idProduct: '55d4', serial: '5437005123' },
  },
};

const find = async (choice: unknown, ttys: Parameters<typeof makeSysfs>[0]) => {
  const found = await findTty(ttyChoice.parse(choice), makeSysfs(ttys), '/dev');
  return typeof found === 'string' ? found : `${found.code}: ${found.message}`;
};

describe('a serial port', () => {
  test.each<[string, unknown, string]>([
    ['by its path, which is followed at each opening', '/dev/serial/by-id/usb-x', '/dev/serial/by-id/usb-x'],
    ['by its adapter’s serial number', { serial: 'A10KZXYD' }, '/dev/ttyUSB0'],
    ['by that of one of another make', { serial: '5437005123' }, '/dev/ttyACM0'],
    ['by vendor and product', { vendor: '1a86', product: '7523' }, '/dev/ttyUSB1'],
    ['in capitals', { vendor: '1A86', product: '55D4' }, '/dev/ttyACM0'],
    ['that is not plugged in', { serial: 'B0' }, 'modbus-no-adapter: USB adapter B0: none is plugged in'],
  ])('%s', async (_, choice, expected) => {
    expect(await find(choice, BOX)).toBe(expected);
  });

  test('that could be two is not guessed', async () => {
    const twins = { ...BOX, ttyUSB2: { adapter: 'pci/usb1/1-4', path: '1-4:1.0/ttyUSB2', ids: CH340 } };
    const found = await find({ vendor: '1a86', product: '7523' }, twins);
    expect(found).toBe('modbus-many-adapters: USB adapter 1a86:7523: could be any of ttyUSB1, ttyUSB2');
  });

  test('where there is no /sys is not plugged in', async () => {
    expect(await findTty({ serial: 'A' }, '/nonexistent')).toMatchObject({ code: 'modbus-no-adapter' });
  });

  test.each([
    [{ vendor: 1027, product: '6001' }],
    [{ vendor: '403', product: '6001' }],
    [{ vendor: '0403' }],
    [{ serial: '' }],
    [''],
    [{ serial: 'A', vendor: '0403', product: '6001' }],
  ])('is not chosen by %j', (choice) => {
    expect(ttyChoice.safeParse(choice).success).toBe(false);
  });
});

testWith('socat')('an adapter that comes back as another tty is found again by what it is', async () => {
  await using first = namePtyPair();
  await using second = namePtyPair();
  await first.plug();
  await second.plug();
  let now = first.ours;
  const faults: Fault[] = [];
  let opened = 0;
  const open = serialPort(
    { port: { serial: 'A10K' } satisfies TtyChoice, baud: 9600, parity: 'none', dataBits: 8, stopBits: 1 },
    async () => now,
  );
  const events: PortEvents = { opened: () => opened++, data: () => {}, closed: (fault) => faults.push(fault) };
  const before = open(events);
  await until(() => opened === 1, 'the first opening');
  await first.unplug();
  before.write(Buffer.of(1));
  await until(() => faults.length === 1, 'the unplugging');
  expect(faults[0]?.message).toContain('USB adapter A10K');
  now = second.ours;
  const after = open(events);
  await until(() => opened === 2, 'the second opening');
  after.close();
});
