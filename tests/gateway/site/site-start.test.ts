import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { silentLog } from '../../../gateway/kit/log.ts';
import { KeptSites } from '../../../gateway/site/kept-sites.ts';
import { readSiteFiles } from '../../../gateway/site/site-files.ts';
import { siteToStart } from '../../../gateway/site/site-start.ts';

const SITE = 'gateway: start-01\ntimeZone: Asia/Shanghai\nconsole: { listen: "127.0.0.1:0" }\n';

let dir: string;
let data: string;
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gengfu-start-'));
  [dir, data] = [join(folder, 'site'), join(folder, 'data')];
  await mkdir(join(dir, 'devices'), { recursive: true });
  await mkdir(data);
  await writeFile(join(dir, 'site.yaml'), SITE);
});
afterEach(() => rm(join(dir, '..'), { recursive: true }));

test.each<[string, string, () => Promise<unknown>]>([
  ['whose files are broken', 'YAML', () => writeFile(join(dir, 'links.yaml'), 'links: [{')],
  [
    'whose files are too large together',
    'are more than 16777216 bytes',
    async () => {
      const comment = Buffer.alloc(3_900_000, '#');
      for (let i = 0; i < 5; i++) await writeFile(join(dir, 'devices', `${i}.yaml`), comment);
    },
  ],
])('a directory %s: it is said, and the site that was applied last goes on', async (_says, said, spoil) => {
  const about = { at: 0, by: 'start', from: 'directory', of: null, directory: null } as const;
  await (await new KeptSites(data).write(await readSiteFiles(dir), about)).commit();
  await spoil();
  const told = vi.spyOn(console, 'error').mockReturnValue();
  for (const mark of [null, 'm']) {
    const start = await siteToStart(dir, () => data, silentLog, { mark });
    expect(start).toMatchObject({ site: { gateway: 'start-01' }, source: { kept: { number: 1 } } });
  }
  expect(String(told.mock.calls)).toContain(said);
  told.mockRestore();
});
