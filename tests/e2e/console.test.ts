import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { beforeAll, expect } from 'vitest';
import { openChromium } from '../gateway/console/browser.ts';
import { freePort, testWith, until } from '../tools/program.ts';
import { startSlave, writeRegister } from '../tools/pymodbus.ts';
import { openRealGateway } from './real-gateway.ts';

const test = testWith('chromium', 'pymodbus', 'mbpoll');
const ROOT = join(import.meta.dirname, '../..');
const NOISE = { register: 5, quiet: 1005, loud: 1300 };

beforeAll(async () => {
  if (existsSync(join(ROOT, 'gateway/console/dist/index.html'))) return;
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  await promisify(execFile)(process.execPath, [vite, 'build', 'gateway/console', '--logLevel', 'error'], { cwd: ROOT });
});

/** Kept where GENGFU_SHOTS says, for someone to look at. */
async function shot(page: Page, name: string): Promise<void> {
  const dir = process.env.GENGFU_SHOTS;
  if (dir !== undefined) await page.screenshot({ path: join(dir, `${name}.png`) });
}

test('in the browser: the link once, an alarm as it comes, acknowledged with a note, returned and closed, and its chart', async () => {
  const plc = await freePort();
  await using _slave = startSlave('tcp', plc);
  await using gateway = await openRealGateway('page-1', {
    files: {
      'links.yaml': `links: [{ id: plc, kind: modbus-tcp, host: 127.0.0.1, port: ${plc} }]`,
      'profiles/meter.yaml': `profile: meter
title: { zh: 声级计, en: Meter }
protocol: modbus
every: 200ms
points:
  - { id: la, quantity: noise.la, unit: dB(A), register: { table: holding, address: ${NOISE.register}, type: u16, scale: 0.05 } }`,
      'devices.yaml':
        'devices: [{ id: noise-1, name: 中山路工地, profile: meter, link: plc, address: 1, place: { grid: JS-03 } }]',
      'rules.yaml':
        'rules: [{ id: loud, title: { zh: 施工噪声超标, en: Noise }, legalLimit: 55, on: { quantity: noise.la }, levels: { yellow: { above: 55 }, red: { above: 62 } } }]',
    },
  });
  await gateway.start();
  await using browser = await openChromium();
  const context = await browser.newContext({ locale: 'zh-CN', timezoneId: 'UTC', reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(90_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));

  const link = /Sign in once: (\S+)/.exec(gateway.output())?.[1] ?? '';
  await page.goto(link);
  await page.getByLabel('用户名').fill('王芳');
  await page.getByLabel('密码', { exact: true }).fill('twelve-lanterns');
  await page.getByLabel('再次输入密码').fill('twelve-lanterns');
  await page.getByRole('button', { name: '设定并进入' }).click();
  await page.locator('.live-live').waitFor();
  await page.getByText('平安无事').waitFor();

  await writeRegister(plc, 1, NOISE.register, NOISE.loud);
  const row = page.locator('[data-alarm]');
  await row.getByText('施工噪声超标').first().waitFor();
  const text = await row.textContent();
  for (const word of ['红色(一级)', '超标 10.0 dB', '中山路工地', '网格 JS-03', '告警中', '未确认']) {
    expect.soft(text).toContain(word);
  }
  await shot(page, 'alarm');
  await row.getByRole('button', { name: /^备注/ }).click();
  await page.getByLabel('备注内容').fill('已派人现场核查');
  await page.getByRole('button', { name: '确认并备注' }).click();
  await row.getByText('已确认').waitFor();
  await row.getByRole('button', { name: /^查看详情/ }).click();
  await page.locator('.life').getByText('已派人现场核查').waitFor();
  await page.locator('.chart canvas').waitFor();
  await shot(page, 'acknowledged');
  await page.keyboard.press('Escape');

  await writeRegister(plc, 1, NOISE.register, NOISE.quiet);
  await row.waitFor({ state: 'detached' });
  await page.getByText('平安无事').waitFor();
  await page.getByText('已关闭', { exact: true }).click();
  await page.getByText('施工噪声超标').first().waitFor();
  await shot(page, 'closed');

  await page.getByRole('link', { name: '测点' }).click();
  await page.getByText('50.3').or(page.getByText('50.25')).first().waitFor();
  await page.getByRole('link', { name: /^曲线: 中山路工地/ }).click();
  await page.locator('.chart canvas').waitFor();
  await shot(page, 'chart');
  expect(complaints).toEqual([]);

  // Another browser: the link is used up, a wrong password is told, the right one leads in.
  const other = await (await browser.newContext({ locale: 'zh-CN' })).newPage();
  await other.goto(link);
  await other.getByText('链接已使用或已过期').waitFor();
  await other.goto(`${gateway.url}/`);
  await other.getByLabel('用户名').fill('王芳');
  await other.getByLabel('密码').fill('thirteen-lanterns');
  await other.getByRole('button', { name: '登录' }).click();
  await other.getByRole('alert').getByText('用户名或密码不正确').waitFor();
  await shot(other, 'wrong-password');
  await other.getByLabel('密码').fill('twelve-lanterns');
  await other.getByRole('button', { name: '登录' }).click();
  await other.locator('.live-live').waitFor();

  // The gateway ends while people look on: soon, and they are told.
  const ended = gateway.stop();
  await other.getByText('与网关的连接已中断').waitFor();
  expect(await ended).toBe(0);
  await gateway.start();
  await until(async () => (await other.locator('.live-live').count()) === 1, 'the page to be live again');
  await context.close();
});
