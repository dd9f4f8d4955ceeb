import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PHOTO_LIMITS, Photos } from '../../../gateway/commissioning/assets-photos.ts';

const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]);
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0]);
const jpeg = (n: number) => Buffer.concat([JPEG, Buffer.from([n])]);

async function openFolder() {
  const data = await mkdtemp(join(tmpdir(), 'gengfu-photos-'));
  return { data, [Symbol.asyncDispose]: () => rm(data, { recursive: true }) };
}

test('photos are kept as they came, by what they are and not by what they are called', async () => {
  await using folder = await openFolder();
  const photos = new Photos(folder.data);
  expect(await photos.list('noise-07')).toEqual([]);
  const one = await photos.add('noise-07', JPEG, 1000);
  const two = await photos.add('noise-07', PNG, 2000);
  expect(await photos.add('noise-07', JPEG, 3000)).toEqual(one);
  expect(await photos.list('noise-07')).toEqual([one, two]);
  expect(one).toMatchObject({ type: 'image/jpeg', bytes: 7, at: 1000 });
  expect(two).toMatchObject({ type: 'image/png' });
  await writeFile(join(folder.data, 'assets', 'noise-07', 'notes.txt'), 'x');
  expect(await photos.read('noise-07', two.name)).toEqual({ type: 'image/png', bytes: PNG });
  await photos.remove('noise-07', two.name);
  expect(await photos.list('noise-07')).toEqual([one]);
});

test('what is no photo, too large, or one too many is refused, and nothing is written', async () => {
  await using folder = await openFolder();
  const photos = new Photos(folder.data, { ...PHOTO_LIMITS, ofDevice: 2, inAll: 24 });
  const refused = async (bytes: Uint8Array, device = 'a') =>
    photos.add(device, bytes, 1).then(
      () => 'taken',
      (error: { code?: string }) => error.code,
    );
  expect(await refused(Buffer.from('<svg onload=alert(1)>'))).toBe('not-a-photo');
  expect(await refused(Buffer.alloc(0))).toBe('not-a-photo');
  expect(await refused(Buffer.concat([JPEG, Buffer.alloc(PHOTO_LIMITS.bytes)]))).toBe('too-large');
  expect(await Promise.all([1, 2, 3].map((n) => refused(jpeg(n))))).toEqual(['taken', 'taken', 'too-many-photos']);
  expect(await refused(jpeg(4), 'b')).toBe('taken');
  expect(await refused(jpeg(5), 'b')).toBe('too-many-photos');
  for (const name of ['../../ledger.db', '0000000000001-0000000000000000.jpg', '.', '']) {
    await expect(photos.read('a', name)).rejects.toMatchObject({ code: 'no-photo' });
  }
});

test('where the oldest go, there is always room for one more', async () => {
  await using folder = await openFolder();
  const photos = new Photos(folder.data, { ...PHOTO_LIMITS, inAll: 2 * jpeg(1).length, isRing: true });
  for (const [at, device] of [
    [1, 'a'],
    [2, 'b'],
    [3, 'b'],
  ] as const)
    await photos.add(device, jpeg(at), at);
  expect(await photos.list('a')).toEqual([]);
  expect((await photos.list('b')).map(({ at }) => at)).toEqual([2, 3]);
});
