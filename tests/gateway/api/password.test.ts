import { expect, test } from 'vitest';
import { hashPassword, isPassword, NOBODY_HASH } from '../../../gateway/api/password.ts';

test('a password is known again, and no other is', async () => {
  const hash = await hashPassword('更夫 watch 1');
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=7168,t=5,p=1\$/);
  expect(await isPassword('更夫 watch 1', hash)).toBe(true);
  expect(await isPassword('更夫 watch 2', hash)).toBe(false);
});

test('equal passwords have different hashes', async () => {
  expect(await hashPassword('same-password')).not.toBe(await hashPassword('same-password'));
});

test('a password typed as composed or decomposed letters is the same', async () => {
  expect(await isPassword('Zu\u0308rich-2026', await hashPassword('Z\u00fcrich-2026'))).toBe(true);
});

test('a hash made at another cost is checked at that cost', async () => {
  // RFC 9106 has no vector without secret and data; this one is of the reference program:
  // echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -l 32
  const encoded = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  expect(await isPassword('password', encoded)).toBe(true);
});

test('nobody has the hash that stands for no account', async () => {
  expect(await isPassword('', NOBODY_HASH)).toBe(false);
});

test('a hash of another kind is a mistake of ours', async () => {
  await expect(isPassword('x', '$2b$10$abcdefghijklmnopqrstuv')).rejects.toThrow(TypeError);
});

test('of many at once, those beyond the bound are refused rather than queued', async () => {
  const all = await Promise.allSettled(Array.from({ length: 20 }, () => isPassword('x', NOBODY_HASH)));
  const refused = all.filter((each) => each.status === 'rejected');
  expect(refused).toHaveLength(4);
  expect(refused[0]?.reason).toMatchObject({ code: 'busy' });
  expect(await isPassword('x', NOBODY_HASH)).toBe(false);
});
