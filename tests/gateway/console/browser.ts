import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
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
  signIn(): Promise<void>;
}

export interface Desktop extends AsyncDisposable {
  visit(options?: BrowserContextOptions): Promise<Visit>;
}

/** Builds the page as a release does, into a folder of its own, and starts Chromium. */
export async function openDesktop(): Promise<Desktop> {
  const dist = await mkdtemp(join(tmpdir(), 'gengfu-console-'));
  const root = join(import.meta.dirname, '../../../gateway/console');
  const configFile = join(root, 'vite.config.ts');
  await build({ root, configFile, logLevel: 'error', build: { outDir: dist, emptyOutDir: true } });
  const browser: Browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
  return {
    async visit(options = {}) {
      const api = await openFakeApi(dist);
      const context = await browser.newContext({ locale: 'zh-CN', timezoneId: 'UTC', ...options });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        // That nobody is signed in yet, or that the gateway is away, is told by the browser as an error of its own.
        const expected = message.text().startsWith('Failed to load resource');
        if (message.type() !== 'log' && message.type() !== 'info' && !expected) complaints.push(message.text());
      });
      return {
        page,
        api,
        complaints,
        async signIn() {
          await page.goto(api.origin);
          await page.locator('input[autocomplete="username"]').fill('li');
          await page.locator('input[autocomplete="current-password"]').fill('right');
          await page.locator('button[type="submit"]').click();
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
