import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** An SD card of its own: ext4 on a loop device, so that its file system can fail as a worn card's does. */
export interface Card extends Disposable {
  readonly path: string;
  /** The file system finds an error and takes no more writes, also of who has files open (errors=remount-ro). */
  fail(): void;
  /** What a maintainer does: unmounts it, checks it, and mounts it again. Nobody may use it meanwhile. */
  repair(): void;
}

function run(command: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command}: ${stderr}${error ?? ''}`.trim());
  return stdout.trim();
}

export function mountCard(size: number): Card {
  const folder = mkdtempSync(join(tmpdir(), 'gengfu-card-'));
  const [image, path] = [join(folder, 'image'), join(folder, 'card')];
  const mount = () => run('mount', '-o', 'loop,errors=remount-ro', image, path);
  const unmount = () => spawnSync('umount', [path]);
  try {
    writeFileSync(image, '');
    truncateSync(image, size);
    mkdirSync(path);
    run('mkfs.ext4', '-q', '-F', image);
    mount();
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
  return {
    path,
    fail() {
      const device = basename(run('findmnt', '-no', 'SOURCE', path));
      writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, 'worn out');
    },
    repair() {
      unmount();
      // 1: errors were found and corrected (e2fsck(8)).
      spawnSync('e2fsck', ['-fy', image]);
      mount();
    },
    [Symbol.dispose]() {
      if (unmount().status !== 0) spawnSync('umount', ['--lazy', path]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Why a card cannot be mounted here, or undefined. */
export function cardRefused(): string | undefined {
  try {
    mountCard(2 ** 20)[Symbol.dispose]();
    return undefined;
  } catch (error) {
    return String(error);
  }
}
