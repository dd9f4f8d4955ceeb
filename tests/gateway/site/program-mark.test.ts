import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { programMark } from '../../../gateway/site/program-mark.ts';

test('the mark is another after any of the files was written to, also in the same length and with its old time', async () => {
  const root = await mkdtemp(join(tmpdir(), 'gengfu-mark-'));
  for (const folder of ['gateway/parts', 'config/packs', 'config/profiles']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  const file = join(root, 'config/profiles/a.yaml');
  const write = async (text: string) => {
    await writeFile(file, text);
    await utimes(file, 1, 1);
  };
  await write('limit: 55');
  const before = programMark(root, true);
  expect(programMark(root, true)).toBe(before);
  await write('limit: 65');
  const changed = programMark(root, true);
  expect(changed).not.toBe(before);
  await writeFile(join(root, 'gateway/parts/b.js'), '');
  expect(programMark(root, true)).not.toBe(changed);
  await rm(root, { recursive: true });
});

test('a checkout has none', () => {
  expect(programMark()).toBeNull();
});
