import { hash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type LoadOptions, loadSite } from '../../../config/load.ts';
import { kinds } from '../../../gateway/kinds.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { checkedFile, packChecked, readChecked } from '../../../gateway/site/checked-site.ts';
import { readSiteFiles } from '../../../gateway/site/site-files.ts';
import { siteToStart } from '../../../gateway/site/site-start.ts';
import { keepChecked } from '../../../gateway/site/site-worker.ts';

/** As it is written in a site's files. */
const ref = (to: string) => `\${${to}}`;

const FILES = {
  'site.yaml': [
    'gateway: kept-01',
    'timeZone: Asia/Shanghai',
    'console: { listen: "127.0.0.1:0" }',
    `upstreams: [{ id: city, kind: mqtt, url: "mqtt://127.0.0.1:1", username: gw, password: "${ref('env:CITY')}" }]`,
    'broker: { listen: "127.0.0.1:0" }',
    'packs: [waterlogging]',
  ],
  'links.yaml': ['links: [{ id: bus, kind: modbus-tcp, host: 127.0.0.1, port: 1 }, { id: air, kind: mqtt }]'],
  'devices/a.yaml': [
    'devices:',
    `  - { id: smoke-1, profile: generic-smoke, link: air, topic: s/1, password: "${ref('file:smoke.secret')}" }`,
  ],
};
const SECRET = 'correct horse';
const FILE_SECRET = 'battery staple';

let folder: string;
let dir: string;
let data: string;
const load = (from: string, options: LoadOptions) => loadSite(from, kinds, options);
const env = (CITY: string | undefined = SECRET) => ({ CITY });

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(dir, file)), { recursive: true });
  await writeFile(join(dir, file), text);
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gengfu-checked-'));
  [dir, data] = [join(folder, 'site'), join(folder, 'data')];
  await mkdir(data);
  for (const [file, lines] of Object.entries(FILES)) await write(file, `${lines.join('\n')}\n`);
  await write('smoke.secret', FILE_SECRET);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const keep = async (mark = 'm') => {
  const packed = await packChecked(dir, mark, { env: env() }, load);
  if (packed !== null) await writeFile(checkedFile(data), packed);
  return packed;
};
const read = async (mark = 'm', given: NodeJS.ProcessEnv = env(), log = silentLog) =>
  readChecked(data, await readSiteFiles(dir), mark, { dir, env: given }, log);

test('what was kept is the site as its files are checked, and its warnings', async () => {
  await keep();
  expect((await load(dir, { env: env() })).problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  const found = await read();
  expect(found).toEqual(await load(dir, { env: env() }));
  expect(found?.site?.points[0]).toBe(found?.site?.links.flatMap(({ devices }) => devices)[0]?.points[0]);
});

test('no secret is in what is kept', async () => {
  const packed = Buffer.from((await keep()) ?? []);
  expect(packed.length).toBeGreaterThan(0);
  for (const secret of [SECRET, FILE_SECRET]) {
    for (const as of ['utf8', 'utf16le', 'base64', 'hex'] as const) {
      const needle = as === 'utf8' || as === 'utf16le' ? Buffer.from(secret, as) : Buffer.from(secret).toString(as);
      expect(packed.includes(needle)).toBe(false);
    }
  }
});

test.each<[string, () => Promise<unknown>]>([
  ['there is none', async () => read()],
  [
    'a file of the site is otherwise',
    async () => {
      await keep();
      await write('links.yaml', `${FILES['links.yaml'].join('\n')}\n# \n`);
      return await read();
    },
  ],
  [
    'a file of the site is new',
    async () => {
      await keep();
      await write('profiles/x.yaml', 'profile: x\n');
      return await read();
    },
  ],
  [
    'the program is another',
    async () => {
      await keep();
      return await read('other');
    },
  ],
  [
    'a secret is missing',
    async () => {
      await keep();
      return await read('m', {});
    },
  ],
  [
    'a secret is another, which may not be right',
    async () => {
      await keep();
      return await read('m', env('other'));
    },
  ],
  [
    "a secret's file holds another",
    async () => {
      await keep();
      await write('smoke.secret', 'new');
      return await read();
    },
  ],
  [
    "a secret's file is gone",
    async () => {
      await keep();
      await rm(join(dir, 'smoke.secret'));
      return await read();
    },
  ],
])('nothing is read where %s', async (_says, act) => {
  expect(await act()).toBeNull();
});

test.each<[string, (packed: Buffer) => Buffer]>([
  ['empty', () => Buffer.alloc(0)],
  ['cut off', (packed) => packed.subarray(0, packed.length / 2)],
  [
    'turned over in one bit',
    (packed) => {
      packed[100] = (packed[100] ?? 0) ^ 1;
      return packed;
    },
  ],
  ['whole but nonsense', () => Buffer.concat([hash('sha256', Buffer.from('x'), 'buffer'), Buffer.from('x')])],
])('a file that is %s is told of and left out', async (_says, spoil) => {
  const packed = Buffer.from((await keep()) ?? []);
  await writeFile(checkedFile(data), spoil(packed));
  const warn = vi.fn();
  expect(await read('m', env(), { ...silentLog, warn })).toBeNull();
  expect(warn).toHaveBeenCalledOnce();
});

test.each<[string, string, string]>([
  ['that is not right', 'links.yaml', 'links: [{ id: bus }]\n'],
  [
    'whose texts look like references and are none',
    'rules/a.yaml',
    [
      'rules:',
      `  - { id: r, title: { zh: 测, en: "${ref('env:CITY')}" }, on: { quantity: smoke.state }, kind: state, levels: { red: { is: [alarm] } } }`,
      '',
    ].join('\n'),
  ],
])('a site is not kept %s', async (_says, file, text) => {
  await write(file, text);
  expect(await keep()).toBeNull();
});

test('a start with files that were checked does not check them; one with another file does', async () => {
  const checked = vi.fn(load);
  const start = () =>
    siteToStart(dir, () => data, silentLog, { load: (from) => checked(from, { env: env() }), mark: 'm' });
  vi.stubEnv('CITY', SECRET);
  expect(await start()).toMatchObject({ isKnown: false });
  expect(checked).toHaveBeenCalledTimes(1);
  const pack = () => packChecked(dir, 'm', {}, load);
  await keepChecked({ pack }, dir, data, 'm', silentLog);
  expect((await stat(checkedFile(data))).mode & 0o777).toBe(0o600);
  const known = await start();
  expect(known).toMatchObject({ isKnown: true, source: { dir, kept: null } });
  expect(known?.site).toEqual((await load(dir, {})).site);
  expect(checked).toHaveBeenCalledTimes(1);
  await write('site.yaml', (await readFile(join(dir, 'site.yaml'), 'utf8')).replace('kept-01', 'kept-02'));
  expect(await start()).toMatchObject({ isKnown: false, site: { gateway: 'kept-02' } });
  vi.unstubAllEnvs();
});

test('a disk that does not take it is told of, and harms nothing', async () => {
  const warn = vi.fn();
  const pack = async () => Buffer.from('x');
  await keepChecked({ pack }, dir, join(data, 'nowhere'), 'm', { ...silentLog, warn });
  expect(warn).toHaveBeenCalledOnce();
});
