import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { hasPeople } from '../../../gateway/replay/recording-people.ts';

async function recording(text: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'gengfu-recording-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const file = join(dir, 'recording.jsonl');
  await writeFile(file, text);
  return file;
}

const READING = '{"at":"2026-07-15T22:00:00+08:00","device":"noise-07","point":"la","value":50}\n';

test.each<[sentence: string, text: string, is: boolean]>([
  ['readings alone tell of nobody', READING.repeat(3), false],
  ['what somebody did does', `${READING}{"at":"…","action":{"kind":"note"}}\n`, true],
  ['so does a gateway that was started', `{"at":"…","start":true}\n${READING}`, true],
  ['also where the word is parted between two pieces that are read', `${'x'.repeat(2 ** 20 - 4)}"action"`, true],
  ['an empty recording tells of nobody', '', false],
])('%s', async (_, text, is) => {
  expect(await hasPeople(await recording(text))).toBe(is);
});
