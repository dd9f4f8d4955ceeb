import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { silentLog } from '../../../gateway/kit/log.ts';
import { openDataLock } from '../../../gateway/ledger/data-lock.ts';
import { start, until } from '../../tools/program.ts';
import { openTestLedger, temporaryDirectory } from './drafts.ts';

test('a second process is refused, told who holds it, and gets in once that one was killed', async () => {
  await using dir = await temporaryDirectory();
  await using holder = start(process.execPath, [join(import.meta.dirname, 'storm.ts'), dir.path]);
  await until(
    () => holder.output().includes('\nstored'),
    () => `the holder: ${holder.output()}`,
  );
  await expect(openTestLedger(dir.path)).rejects.toMatchObject({
    code: 'data-in-use',
    message: `the data directory ${dir.path} is in use by process ${holder.process.pid}`,
    hint: expect.stringContaining('--data'),
  });
  holder.process.kill('SIGKILL');
  await holder.ended();
  const { ledger } = await openTestLedger(dir.path);
  await ledger[Symbol.asyncDispose]();
});

test('a second ledger in one process is refused too, and being refused does not free the first', async () => {
  await using dir = await temporaryDirectory();
  const { ledger } = await openTestLedger(dir.path);
  await using _ = ledger;
  for (let n = 0; n < 2; n++) await expect(openTestLedger(dir.path)).rejects.toMatchObject({ code: 'data-in-use' });
  await using second = start(process.execPath, [join(import.meta.dirname, 'storm.ts'), dir.path]);
  await until(() => second.output().includes(`in use by process ${process.pid}`), 'the second process to be refused');
});

test('of many that come at one instant one gets it', async () => {
  await using dir = await temporaryDirectory();
  const storms = Array.from({ length: 4 }, () =>
    start(process.execPath, [join(import.meta.dirname, 'storm.ts'), dir.path]),
  );
  await using stack = new AsyncDisposableStack();
  for (const storm of storms) stack.use(storm);
  await until(
    () => storms.filter((storm) => storm.output().includes('data-in-use')).length === 3,
    'three to be refused',
  );
  await until(() => storms.filter((storm) => storm.output().includes('\nstored')).length === 1, 'one to get in');
});

test('a directory that cannot be made is a Fault with a hint', async () => {
  await using dir = await temporaryDirectory();
  await writeFile(join(dir.path, 'file'), '');
  const open = () => openDataLock(join(dir.path, 'file', 'data'), silentLog);
  expect(open).toThrow(expect.objectContaining({ code: 'data-unwritable', hint: expect.stringContaining('--data') }));
});
