import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { type FakeApi, openFakeApi } from './fake-api.ts';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A page open on a fake gateway, and all that its console complained of. */
export interface Visit extends AsyncDisposable {
  readonly page: Page;
  readonly api: FakeApi;
  readonly complaints: readonly string[];
  /** Comes with the cookie of a session, and waits until the page is live. */
  signIn(): Promise<void>;
}

export interface Desktop extends AsyncDisposable {
  visit(options?: BrowserContextOptions): Promise<Visit>;
}

/** Chromium, without a screen. */
export const openChromium = (...flags: string[]): Promise<Browser> =>
  chromium.launch({ executablePath: '/usr/bin/chromium', args: [...FLAGS, ...flags], timeout: 180_000 });

/** Builds the page as a release does, into a folder of its own, and starts Chromium. */
export async function openDesktop(): Promise<Desktop> {
  const dist = await mkdtemp(join(tmpdir(), 'gengfu-console-'));
  const root = join(import.meta.dirname, '../../../gateway/console');
  const vite = join(root, '../../node_modules/vite/bin/vite.js');
  const build = [vite, 'build', root, '--outDir', dist, '--emptyOutDir', '--logLevel', 'error'];
  await promisify(execFile)(process.execPath, build, { env: { ...process.env, NODE_ENV: 'production' } });
  const browser = await openChromium();
  return {
    async visit(options = {}) {
      const api = await openFakeApi(dist);
      const context = await browser.newContext({
        locale: 'zh-CN',
        timezoneId: 'UTC',
        reducedMotion: 'reduce',
        ...options,
      });
      const page = await context.newPage();
      page.setDefaultTimeout(90_000);
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        // That nobody is signed in yet, or that the gateway is away, is told by the browser as an error of its own.
        // So is that the page may not sound before somebody has touched it.
        const expected = /^Failed to load resource|^The AudioContext was not allowed to start/.test(message.text());
        if (message.type() !== 'log' && message.type() !== 'info' && !expected) complaints.push(message.text());
      });
      return {
        page,
        api,
        complaints,
        async signIn() {
          await context.addCookies([{ name: 'session', value: 'in', url: api.origin }]);
          await page.goto(api.origin);
          await page.locator('.live-live').waitFor();
        },
        async [Symbol.asyncDispose]() {
          await context.close();
          await api[Symbol.asyncDispose]();
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      await rm(dist, { recursive: true, force: true });
    },
  };
}
