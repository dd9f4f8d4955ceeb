import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const run = (command: string, ...args: string[]) => spawnSync(command, args, { encoding: 'utf8' });

/** A disk of its own size that a test can fill and turn read-only. */
export interface SmallDisk extends Disposable {
  readonly path: string;
  remount(how: 'ro' | 'rw'): void;
}

export function mountSmallDisk(size: string): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'gengfu-disk-'));
  const mounted = run('mount', '-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'tmpfs', path);
  if (mounted.status !== 0) {
    rmSync(path, { recursive: true });
    throw new Error(`cannot mount: ${mounted.stderr}${mounted.error ?? ''}`);
  }
  return {
    path,
    remount(how) {
      const done = run('mount', '-o', `remount,${how}`, path);
      if (done.status !== 0) throw new Error(done.stderr);
    },
    [Symbol.dispose]() {
      run('umount', '--lazy', path);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Why tests cannot mount a disk here, or undefined. */
export function mountRefused(): string | undefined {
  try {
    mountSmallDisk('64k')[Symbol.dispose]();
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** Makes a file refuse writes, also those of who has it open; undoes it with `-i`. False where that is not to be had. */
export const setImmutable = (sign: '+i' | '-i', ...paths: string[]): boolean =>
  run('chattr', sign, ...paths).status === 0;
