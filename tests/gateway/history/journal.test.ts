import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Journal, readJournal } from '../../../gateway/history/journal.ts';
import { temporaryDirectory } from '../ledger/drafts.ts';

const texts = (path: string) => readJournal(path)?.payloads.map((payload) => Buffer.from(payload).toString());

test('frames are there again up to where the file was torn, whichever byte that is, and it goes on from there', async () => {
  await using dir = await temporaryDirectory();
  const path = join(dir.path, 'journal-1');
  const journal = Journal.create(path);
  const said = ['first', 'second frame', 'third'];
  const lengths = said.map((text) => {
    journal.append(Buffer.from(text));
    return journal.bytes;
  });
  journal.sync();
  journal.close();
  const whole = await readFile(path);
  const begin = (lengths[0] ?? 0) - 8 - 5;
  for (let end = begin; end <= whole.length; end++) {
    await writeFile(path, whole.subarray(0, end));
    const left = lengths.filter((length) => length <= end).length;
    expect(texts(path), `${end} bytes`).toEqual(said.slice(0, left));
  }
  await writeFile(path, whole.subarray(0, whole.length - 3));
  const again = Journal.reopen(path, readJournal(path)?.length ?? 0);
  again.append(Buffer.from('fourth'));
  again.close();
  expect(texts(path)).toEqual(['first', 'second frame', 'fourth']);
});

test('a frame of which a bit has turned ends the file; what is no journal is none', async () => {
  await using dir = await temporaryDirectory();
  const path = join(dir.path, 'journal-1');
  const journal = Journal.create(path);
  for (const text of ['one', 'two', 'three']) journal.append(Buffer.from(text));
  journal.close();
  const bytes = await readFile(path);
  bytes[bytes.indexOf('two')] = 0x54;
  await writeFile(path, bytes);
  expect(texts(path)).toEqual(['one']);
  await writeFile(path, 'something else');
  expect(readJournal(path)).toBeUndefined();
});
