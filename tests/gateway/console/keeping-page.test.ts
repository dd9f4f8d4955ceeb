import { afterAll, beforeAll, expect } from 'vitest';
import { testWith, until } from '../../tools/program.ts';
import { type Desktop, openDesktop } from './browser.ts';
import { ALARMS } from './night.ts';

const test = testWith('chromium');
let desktop: Desktop;

beforeAll(async () => {
  desktop = await openDesktop();
});
afterAll(() => desktop[Symbol.asyncDispose]());

test('filings are listed; one is added in the site’s time, and one is revoked with what was seen of it', async () => {
  await using visit = await desktop.visit();
  const { page, api } = visit;
  await visit.signIn();
  await page.goto(`${api.origin}/#/permits`);
  const row = page.locator('[data-permit="bg-2026-0715-02"]');
  await row.getByText('2026-07-15 22:00 — 2026-07-16 02:00').waitFor();
  await row.getByText('此刻生效').waitFor();
  await page.getByRole('button', { name: '登记报备' }).click();
  const form = page.locator('.note-form');
  await form.getByLabel('报备编号').fill('bg-9');
  await form.getByLabel('工地').selectOption({ index: 1 });
  await form.getByLabel('开始').fill('2026-07-16T22:30');
  await form.getByLabel('结束').fill('2026-07-17T01:00');
  await form.getByLabel('状态').selectOption({ label: '已报备' });
  await form.getByLabel('工序').fill('混凝土浇筑、振捣');
  await form.getByRole('button', { name: '登记报备' }).click();
  await until(() => api.state.posts.length === 1, 'the filing');
  expect(api.state.posts[0]).toMatchObject({
    path: 'permits',
    body: {
      ...{ id: 'bg-9', from: '2026-07-16T22:30:00+08:00', to: '2026-07-17T01:00:00+08:00', status: 'granted' },
      processes: ['混凝土浇筑', '振捣'],
    },
  });
  await page.getByRole('button', { name: '撤销（主管部门）: bg-2026-0715-02' }).click();
  await form.getByLabel('备注').fill('扰民投诉属实');
  await form.getByRole('button', { name: '撤销' }).click();
  await until(() => api.state.posts.length === 2, 'its end');
  const body = { status: 'revoked', revision: 1, comment: '扰民投诉属实' };
  expect(api.state.posts[1]).toEqual({ path: 'permits/bg-2026-0715-02', body });
  expect(visit.complaints).toEqual([]);
});

test('an installer sees in what the files differ, applies them, puts a device out of service and ends a work order', async () => {
  await using visit = await desktop.visit({ viewport: { width: 390, height: 844 } });
  const { page, api } = visit;
  api.state.role = 'installer';
  await visit.signIn();
  await page.goto(`${api.origin}/#/system`);
  await page.getByText('rules/water.yaml').waitFor();
  await page.getByRole('button', { name: '应用目录中的文件' }).click();
  await until(() => api.state.posts.at(-1)?.path === 'site/reload', 'the files to be applied');
  await page.getByRole('button', { name: '恢复第 1 版' }).click();
  await page.locator('.note-form').getByRole('button', { name: '恢复' }).click();
  await until(() => api.state.posts.at(-1)?.path === 'site/back', 'the site before');
  await page.getByRole('button', { name: /^结束 授权开启/ }).click();
  await until(() => api.state.posts.at(-1)?.path === 'actions', 'the end');
  expect(api.state.posts.at(-1)?.body).toEqual({ kind: 'end-work-order', on: 'cover-21' });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await page.goto(`${api.origin}/#/points?point=${encodeURIComponent('cover-21/tilt')}`);
  await page.getByRole('button', { name: /^停用 \/ 检修/ }).click();
  const form = page.locator('.note-form');
  await form.getByLabel('责任人').fill('王师傅');
  await form.getByLabel('原因').fill('换井盖');
  await form.getByRole('button', { name: '停用 / 检修' }).click();
  await until(() => api.state.posts.at(-1)?.body.kind === 'out-of-service', 'the device to be out of service');
  expect(api.state.posts.at(-1)?.body).toEqual({
    kind: 'out-of-service',
    on: 'cover-21',
    owner: '王师傅',
    note: '换井盖',
  });
  expect(visit.complaints).toEqual([]);
});

test('a viewer is offered none of it; a closed alarm takes a verdict from who is on duty', async () => {
  await using visit = await desktop.visit();
  const { page, api } = visit;
  api.state.role = 'viewer';
  await visit.signIn();
  await page.goto(`${api.origin}/#/permits`);
  await page.locator('[data-permit]').waitFor();
  expect(await page.getByRole('button', { name: /登记报备|撤销|撤回/ }).count()).toBe(0);
  await page.goto(`${api.origin}/#/system`);
  await page.getByText('搁置、停用与作业').waitFor();
  expect(await page.getByRole('button', { name: /^结束/ }).count()).toBe(0);
  expect(await page.getByText('rules/water.yaml').count()).toBe(0);

  const [first] = ALARMS;
  if (first === undefined) throw new Error('no alarm');
  await using later = await desktop.visit();
  later.api.state.alarms = [
    { ...first, condition: 'normal', level: null, acknowledged: true, closedAt: first.changedAt },
  ];
  await later.signIn();
  await later.page.goto(`${later.api.origin}/#/alarms?alarm=${first.id}`);
  await later.page.getByRole('button', { name: /^研判/ }).click();
  await later.page.getByLabel('研判结论').selectOption({ label: '属实' });
  await later.page.locator('.note-form').getByRole('button', { name: '研判' }).click();
  await until(() => later.api.state.posts.length === 1, 'the verdict');
  expect(later.api.state.posts[0]).toEqual({ path: `alarms/${first.id}/verdict`, body: { verdict: 'true' } });
});
