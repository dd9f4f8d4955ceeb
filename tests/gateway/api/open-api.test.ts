import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openApi } from '../../../gateway/api/open-api.ts';
import { hashPassword } from '../../../gateway/api/password.ts';
import { fakeContext } from '../../tools/fake-context.ts';
import { freePort } from '../../tools/program.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };

async function pageDir() {
  const dir = await mkdtemp(join(tmpdir(), 'gengfu-page-'));
  return { dir: join(dir, 'dist'), outer: dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true }) };
}

async function buildPage(dir: string): Promise<void> {
  await mkdir(join(dir, 'assets'), { recursive: true });
  await writeFile(join(dir, 'index.html'), '<!doctype html><title>page</title>');
  await writeFile(join(dir, 'assets', 'main-0a1b2c.js'), 'console.log("plain")');
}

test('a port in use is a Fault with what to do', async () => {
  const port = await freePort();
  await using _first = await openApi({ listen: { host: '127.0.0.1', port }, consoleDir: '/nowhere' }, fakeContext());
  const context = fakeContext();
  await expect(openApi({ listen: { host: '127.0.0.1', port }, consoleDir: '/nowhere' }, context)).rejects.toMatchObject(
    {
      name: 'Fault',
      code: 'listen',
      message: expect.stringContaining(`127.0.0.1:${port}`),
      hint: expect.stringContaining('Another program'),
    },
  );
  expect(context.listeners.size).toBe(0);
});

test('listening everywhere, the address told is one that can be gone to', async () => {
  await using api = await openApi({ listen: { host: '0.0.0.0', port: 0 }, consoleDir: '/nowhere' }, fakeContext());
  expect(api.url).not.toContain('0.0.0.0');
  expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
});

test('on IPv6 the address is in brackets', async () => {
  await using api = await openApi({ listen: { host: '::1', port: 0 }, consoleDir: '/nowhere' }, fakeContext());
  expect(api.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
  expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
});

test('the page is served with its policy; before it is built, a page says how', async () => {
  await using page = await pageDir();
  await using api = await openApi({ listen: LOOPBACK, consoleDir: page.dir }, fakeContext());
  const early = await fetch(api.url);
  expect(early.status).toBe(503);
  expect(await early.text()).toContain('npm run build:console');

  await buildPage(page.dir);
  await writeFile(join(page.outer, 'secret.txt'), 'secret');
  const built = await fetch(api.url);
  expect(await built.text()).toContain('<title>page</title>');
  expect(built.headers.get('cache-control')).toBe('no-cache');
  const policy = built.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("style-src 'self' 'unsafe-inline'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain('upgrade-insecure-requests');
  expect(built.headers.get('strict-transport-security')).toBeNull();
  expect(built.headers.get('referrer-policy')).toBe('no-referrer');
  expect(built.headers.get('x-content-type-options')).toBe('nosniff');

  const asset = await fetch(`${api.url}/assets/main-0a1b2c.js`);
  expect(asset.headers.get('content-type')).toContain('javascript');
  expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  for (const path of ['/..%2fsecret.txt', '/assets/..%2f..%2fsecret.txt', '/%2e%2e/secret.txt', '//secret.txt']) {
    expect(await (await fetch(`${api.url}${path}`)).text(), path).not.toBe('secret');
  }
});

test('behind TLS the cookie is Secure and bound to the host, and browsers are told to stay with TLS', async () => {
  const context = fakeContext();
  await context.accounts.put({
    name: 'duty',
    role: 'duty',
    passwordHash: await hashPassword('lantern-and-gong'),
    createdAt: 0,
  });
  await using api = await openApi({ listen: LOOPBACK, consoleDir: '/nowhere', secureCookies: true }, context);
  const answer = await fetch(`${api.url}/api/v1/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'duty', password: 'lantern-and-gong' }),
  });
  const cookie = answer.headers.get('set-cookie') ?? '';
  expect(cookie).toMatch(/^__Host-gengfu=/);
  expect(cookie).toContain('; Secure');
  expect(answer.headers.get('strict-transport-security')).toContain('max-age=');
  expect(answer.headers.get('content-security-policy')).toContain('upgrade-insecure-requests');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const session = await fetch(`${api.url}/api/v1/session`, { headers: { cookie: cookie.split(';')[0] ?? '' } });
  expect(await session.json()).toEqual({ name: 'duty', role: 'duty' });
});
