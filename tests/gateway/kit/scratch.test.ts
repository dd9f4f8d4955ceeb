import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { clearScratch, openScratch } from '../../../gateway/kit/scratch.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'scratch-test-'));
  vi.stubEnv('TMPDIR', root);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true });
});

/** The id of a process that is no more. */
async function deadPid(): Promise<number> {
  const child = spawn('true');
  await once(child, 'exit');
  return child.pid ?? 0;
}

test('a folder of its own, of this user alone, that is gone afterwards', async () => {
  let path: string;
  {
    await using scratch = await openScratch('check');
    path = scratch.dir;
    await writeFile(join(path, 'people.yaml'), '');
    expect((await stat(path)).mode & 0o777).toBe(0o700);
  }
  expect(existsSync(path)).toBe(false);
});

test('what one who was killed has left goes, and what is of another kind or in use stays', async () => {
  const dead = await deadPid();
  const left = join(root, `gengfu-check-${dead}-abc`);
  const old = join(root, `gengfu-check-${process.pid}-old`);
  for (const dir of [left, old, join(root, `gengfu-trial-${dead}-abc`), join(root, 'gengfu-check')]) {
    await mkdir(join(dir, 'devices'), { recursive: true });
  }
  const longAgo = new Date(Date.now() - 2 * 3_600_000);
  await utimes(old, longAgo, longAgo);
  await using inUse = await openScratch('check');
  await clearScratch('check');
  const stays = [inUse.dir, join(root, `gengfu-trial-${dead}-abc`), join(root, 'gengfu-check')];
  expect((await readdir(root)).map((name) => join(root, name)).sort()).toEqual(stays.sort());
});
