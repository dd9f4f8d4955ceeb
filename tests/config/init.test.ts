import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { encodeCheck } from '../../config/check-report.ts';
import { initSite } from '../../config/init.ts';
import { loadSite } from '../../config/load.ts';
import { modbus } from '../../drivers/modbus/kind.ts';
import { mqtt } from '../../drivers/mqtt/kind.ts';
import { permit } from '../../gateway/rules/permit.ts';
import { derive, rule } from '../../gateway/rules/rule.ts';
import { writeSite } from './temporary-site.ts';

test('the first site is right as it is, and its secrets and people are kept out of git', async () => {
  await using parent = await writeSite({});
  const dir = join(parent.dir, 'new');
  await initSite(dir);
  const loaded = await loadSite(dir, { drivers: [modbus, mqtt], rule, permit, derive, upstreams: [], channels: [] });
  expect(encodeCheck(loaded)).toEqual(['ok: 1 link, 1 device, 1 point, 8 rules, 0 permits']);
  expect((await readFile(join(dir, '.gitignore'), 'utf8')).split('\n')).toEqual(
    expect.arrayContaining(['people.yaml', 'secrets/']),
  );
});

test('nothing is written where something stands', async () => {
  await using parent = await writeSite({});
  await writeFile(join(parent.dir, 'notes.txt'), 'mine');
  await expect(initSite(parent.dir)).rejects.toMatchObject({ code: 'not-empty' });
  expect(await readdir(parent.dir)).toEqual(['notes.txt']);
});
