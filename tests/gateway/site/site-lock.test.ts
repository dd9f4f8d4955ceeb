import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { lockSite } from '../../../gateway/site/site-lock.ts';

const dir = mkdtempSync(join(tmpdir(), 'site-lock-'));
const lock = join(dir, '.gengfu-edit.lock');
afterAll(() => rmSync(dir, { recursive: true }));
beforeEach(() => rmSync(lock, { force: true }));

const GONE = '999999999\n';
const OWN = `${process.pid}\n`;

test('it is held under the number of this process, and gone afterwards', async () => {
  {
    await using _ = await lockSite(dir);
    expect(readFileSync(lock, 'utf8')).toBe(OWN);
    await expect(lockSite(dir)).rejects.toThrow(`is being changed by process ${process.pid}`);
  }
  expect(existsSync(lock)).toBe(false);
});

test.each([
  ['whose holder is gone', GONE],
  ['whose holder was killed before its number was in it', ''],
])('one is taken over %s', async (_sentence, text) => {
  writeFileSync(lock, text);
  await using _ = await lockSite(dir);
  expect(readFileSync(lock, 'utf8')).toBe(OWN);
});

test('one is taken over that is older than any change takes', async () => {
  writeFileSync(lock, OWN);
  utimesSync(lock, 0, Date.now() / 1000 - 301);
  await using _ = await lockSite(dir);
});

test('one whose number comes a moment later is its holder\u2019s', async () => {
  writeFileSync(lock, '');
  setTimeout(() => writeFileSync(lock, OWN), 150);
  await expect(lockSite(dir)).rejects.toMatchObject({ code: 'site-busy' });
  expect(readFileSync(lock, 'utf8')).toBe(OWN);
});

test('one that is given back while its holder is looked for is free', async () => {
  writeFileSync(lock, '');
  setTimeout(() => rmSync(lock), 150);
  await using _ = await lockSite(dir);
  expect(readFileSync(lock, 'utf8')).toBe(OWN);
});
