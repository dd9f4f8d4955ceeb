import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { KeptSites } from '../../../gateway/site/kept-sites.ts';
import { differFiles, hashFiles, hashSite, type SiteFiles } from '../../../gateway/site/site-files.ts';

let data = '';
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'gengfu-kept-'));
});
afterEach(() => rm(data, { recursive: true, force: true }));

const files = (more: Readonly<Record<string, string>> = {}): SiteFiles =>
  new Map(Object.entries({ 'site.yaml': 'gateway: g', ...more }).map(([file, text]) => [file, Buffer.from(text)]));
const about = {
  at: Date.parse('2026-07-15T14:30:00Z'),
  by: 'wang',
  from: 'directory',
  of: null,
  directory: null,
} as const;

test('ten are kept, newest first, each as it was, and only for the gateway', async () => {
  const kept = new KeptSites(data);
  for (let i = 1; i <= 12; i++) {
    const pending = await kept.write(files({ 'devices/a.yaml': `# ${i}`, 'people.yaml': '' }), about);
    await pending.commit();
  }
  const list = await kept.list();
  expect(list.map(({ number }) => number)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
  const [newest] = list;
  expect(newest).toMatchObject({ ...about, hash: hashSite(files({ 'devices/a.yaml': '# 12', 'people.yaml': '' })) });
  expect(newest?.path).toBe(join(data, 'sites', `12-20260715T143000Z-${newest?.hash.slice(0, 12)}`));
  const path = newest?.path ?? '';
  expect(await readFile(join(path, 'devices/a.yaml'), 'utf8')).toBe('# 12');
  for (const file of ['people.yaml', 'applied.json']) expect((await stat(join(path, file))).mode & 0o777).toBe(0o600);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
});

test('what was written and not made the present one is none, also after the end of the process', async () => {
  const kept = new KeptSites(data);
  await (await kept.write(files(), about)).commit();
  await kept.write(files({ 'rules.yaml': 'half' }), about);
  expect((await new KeptSites(data).list()).map(({ number }) => number)).toEqual([1]);
  const next = await new KeptSites(data).write(files({ 'rules.yaml': 'whole' }), about);
  await next.commit();
  const list = await kept.list();
  expect(list.map(({ number }) => number)).toEqual([2, 1]);
  expect(await readdir(join(data, 'sites'))).toHaveLength(2);
  const given = await kept.write(files(), about);
  await given.discard();
  expect(await readdir(join(data, 'sites'))).toHaveLength(2);
});

test('what is damaged, or no kept site at all, is none', async () => {
  const kept = new KeptSites(data);
  expect(await kept.list()).toEqual([]);
  const { path } = await (await kept.write(files(), about)).commit();
  await (await kept.write(files({ 'rules.yaml': '' }), about)).commit();
  await mkdir(join(data, 'sites', 'mine'));
  await writeFile(join(path, 'applied.json'), '{');
  expect((await kept.list()).map(({ number }) => number)).toEqual([2]);
});

test.each(['../site.yaml', 'devices/../../x.yaml', '/etc/x.yaml', 'devices/.x.yaml', 'secrets/key.yaml', 'site.yml'])(
  'a file %s is of no site',
  async (file) => {
    await expect(new KeptSites(data).write(files({ [file]: '' }), about)).rejects.toMatchObject({ code: 'site-file' });
    expect(await readdir(data)).toEqual([]);
  },
);

test('a disk that does not take it is told of with what can be done', async () => {
  await writeFile(join(data, 'sites'), '');
  await expect(new KeptSites(data).write(files(), about)).rejects.toMatchObject({
    code: 'site-not-kept',
    message: expect.stringContaining(join(data, 'sites')),
    hint: expect.any(String),
  });
});

test('files are told apart by their names and their bytes, in whatever order', () => {
  const [before, after] = [files({ 'a.yaml': '1', 'b.yaml': '2' }), files({ 'b.yaml': '3', 'c.yaml': '' })];
  expect(differFiles(hashFiles(before), hashFiles(after))).toEqual([
    { file: 'a.yaml', change: 'removed' },
    { file: 'b.yaml', change: 'changed' },
    { file: 'c.yaml', change: 'added' },
  ]);
  expect(hashSite(new Map([...before].reverse()))).toBe(hashSite(before));
  expect(hashSite(files({ 'a.yaml': '2', 'b.yaml': '1' }))).not.toBe(hashSite(before));
});
