import { spawnSync } from 'node:child_process';
import { type FileHandle, mkdir, mkdtemp, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const PROGRAMS = join(import.meta.dirname, 'programs');

/** A box of files: what the kernel says under `sysfs` and `proc`, and what its programs print. */
export interface FakeBox extends AsyncDisposable {
  readonly dir: string;
  readonly sysfs: string;
  readonly proc: string;
  write(files: Readonly<Record<string, string>>): Promise<void>;
  remove(file: string): Promise<void>;
  read(file: string): Promise<string>;
  /** gpiomon prints a line. */
  edge(line: string): Promise<void>;
}

/** A supply of each kind, a warm processor, a low voltage that is none, a network interface; pins 17, 22, 27 of version 1. */
export const GOOD_BOX: Readonly<Record<string, string>> = {
  'sys/class/power_supply/ac/type': 'Mains\n',
  'sys/class/power_supply/ac/online': '1\n',
  'sys/class/power_supply/ups/type': 'Battery\n',
  'sys/class/power_supply/ups/present': '1\n',
  'sys/class/power_supply/ups/capacity': '87\n',
  'sys/class/power_supply/ups/status': 'Charging\n',
  'sys/class/thermal/thermal_zone0/type': 'cpu-thermal\n',
  'sys/class/thermal/thermal_zone0/temp': '48312\n',
  'sys/class/hwmon/hwmon1/name': 'rpi_volt\n',
  'sys/class/hwmon/hwmon1/in0_lcrit_alarm': '0\n',
  'sys/class/net/wwan0/ifindex': '4\n',
  'sys/class/net/wwan0/statistics/rx_bytes': '1000000\n',
  'sys/class/net/wwan0/statistics/tx_bytes': '500000\n',
  'proc/sys/kernel/random/boot_id': 'one\n',
  version: 'gpioget (libgpiod) v1.6.3\n',
  levels: '0 1\n',
  'mmcli.json': JSON.stringify({
    modem: {
      '3gpp': { 'registration-state': 'home', 'operator-name': 'CHINA MOBILE' },
      generic: { state: 'connected', 'state-failed-reason': '--', 'signal-quality': { recent: 'yes', value: '67' } },
    },
  }),
};

/** Its programs come first on the PATH of this process until it is disposed. */
export async function openFakeBox(files: Readonly<Record<string, string>> = GOOD_BOX): Promise<FakeBox> {
  const dir = await mkdtemp(join(tmpdir(), 'gengfu-box-'));
  const { PATH } = process.env;
  process.env.PATH = `${PROGRAMS}:${PATH}`;
  process.env.FAKE_BOX = dir;
  spawnSync('/usr/bin/mkfifo', [join(dir, 'edges')]);
  // Held open for both, so that gpiomon waits for lines and sees no end.
  const edges: FileHandle = await open(join(dir, 'edges'), 'r+');
  const write = async (named: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(named)) {
      await mkdir(dirname(join(dir, name)), { recursive: true });
      // At once, as the kernel does it: a file that is written in place is empty for a moment.
      await writeFile(join(dir, `${name}.new`), text);
      await rename(join(dir, `${name}.new`), join(dir, name));
    }
  };
  await write(files);
  return {
    dir,
    sysfs: join(dir, 'sys'),
    proc: join(dir, 'proc'),
    write,
    remove: (file) => rm(join(dir, file), { recursive: true, force: true }),
    read: (file) => readFile(join(dir, file), 'utf8').catch(() => ''),
    edge: async (line) => void (await edges.write(`${line}\n`)),
    async [Symbol.asyncDispose]() {
      process.env.PATH = PATH;
      await edges.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
