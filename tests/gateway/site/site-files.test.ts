import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readSiteFiles } from '../../../gateway/site/site-files.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gengfu-files-'));
  await mkdir(join(dir, 'devices'));
  await writeFile(join(dir, 'site.yaml'), 'gateway: a\n');
});
afterEach(() => rm(dir, { recursive: true }));

test.each<[string, (path: string) => Promise<unknown>]>([
  ['a pipe that nobody writes to', (path) => promisify(execFile)('mkfifo', [path])],
  ['a device without an end', (path) => symlink('/dev/zero', path)],
  ['a folder', (path) => mkdir(path)],
  [
    'one of a thousand gigabytes',
    async (path) => {
      await writeFile(path, '');
      await truncate(path, 2 ** 40);
    },
  ],
  ['a link that leads nowhere', (path) => symlink('nowhere', path)],
])('%s is no file of a site, and is not waited for', async (_says, make) => {
  await make(join(dir, 'devices', 'a.yaml'));
  expect([...(await readSiteFiles(dir)).keys()]).toEqual(['site.yaml']);
});
