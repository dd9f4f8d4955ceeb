import { afterAll, beforeAll, describe, expect } from 'vitest';
import { testWith, until } from '../../tools/program.ts';
import { type Desktop, openDesktop } from './browser.ts';
import { LINKS } from './fake-api.ts';
import { ALARMS, alarm, entry, NIGHT } from './night.ts';

const test = testWith('chromium');
let desktop: Desktop;

beforeAll(async () => {
  desktop = await openDesktop();
});
afterAll(() => desktop[Symbol.asyncDispose]());

const thief = alarm({
  id: 'a-thief',
  rule: 'cover-tilt',
  key: 'cover-33/tilt',
  level: 'red',
  raised: '00:09:30',
  value: 85,
  limit: 60,
});
const stolen = entry(43, thief, { step: 'raised', time: '00:09:30', level: 'red', value: 85, limit: 60 });

describe('coming in', () => {
  test('a wrong password is told, the right one leads to the alarms', async () => {
    await using visit = await desktop.visit();
    const { page, api } = visit;
    await page.goto(api.origin);
    await page.getByLabel('用户名').fill('li');
    await page.getByLabel('密码').fill('wrong');
    await page.getByRole('button', { name: '登录' }).click();
    await page.getByRole('alert').getByText('用户名或密码不正确').waitFor();
    await page.getByLabel('密码').fill('right');
    await page.getByRole('button', { name: '登录' }).click();
    await page.getByText('南溪路下穿通道积水').first().waitFor();
    expect(visit.complaints).toEqual([]);
  });

  test('a one-time link asks for a name and a password, and leads in', async () => {
    await using visit = await desktop.visit();
    const { page, api } = visit;
    await page.goto(`${api.origin}/#/welcome?secret=good`);
    await page.getByText('角色为“管理”').waitFor();
    await page.getByLabel('用户名').fill('wang');
    await page.getByLabel('密码', { exact: true }).fill('twelve-lanterns');
    await page.getByLabel('再次输入密码').fill('another');
    await page.getByRole('button', { name: '设定并进入' }).click();
    await page.getByText('两次输入的密码不一致').waitFor();
    expect(api.state.posts).toEqual([]);
    await page.getByLabel('再次输入密码').fill('twelve-lanterns');
    await page.getByRole('button', { name: '设定并进入' }).click();
    await page.locator('.live-live').waitFor();
    const body = { secret: 'good', name: 'wang', password: 'twelve-lanterns' };
    expect(api.state.posts).toEqual([{ path: 'invitation', body }]);
  });

  test('a used link says so', async () => {
    await using visit = await desktop.visit();
    await visit.page.goto(`${visit.api.origin}/#/welcome?secret=used`);
    await visit.page.getByText('链接已使用或已过期').waitFor();
  });
});

describe('the list of alarms', () => {
  test('says level, excess, filing, state and place in words, the most urgent first', async () => {
    await using visit = await desktop.visit();
    await visit.signIn();
    const rows = visit.page.locator('[data-alarm]');
    expect(await rows.first().getAttribute('data-alarm')).toBe('a-water');
    const unfiled = visit.page.locator('[data-alarm=a-unfiled]');
    const text = await unfiled.textContent();
    for (const word of ['红色(一级)', '超标 11.6 dB', '限值 55 dB(A)', '未报备', '网格 JS-03', '告警中', '已确认']) {
      expect(text).toContain(word);
    }
    expect(await visit.page.locator('[data-alarm=a-filed]').textContent()).toContain('已报备');
    await until(async () => (await visit.page.title()).includes('(3)'), 'the count in the title');
  });

  test('says what is read now beside what was judged, and not once the gateway is lost', async () => {
    await using visit = await desktop.visit();
    await visit.signIn();
    visit.api.emit('readings', [{ point: 'water-02/depth', value: 44.2, quality: 'good', at: NIGHT + 1000 }]);
    const row = visit.page.locator('[data-alarm=a-water]');
    await row.getByText('44.2 cm').waitFor();
    await row.getByText('判定时 36.4 cm').waitFor();
    visit.api.leave();
    await row.getByText('44.2 cm').waitFor({ state: 'detached' });
  });

  test('a raise appears by itself, is read out, and leaves when it is closed', async () => {
    await using visit = await desktop.visit();
    const { page, api } = visit;
    await visit.signIn();
    api.tell(thief, stolen);
    await page.locator('[data-alarm=a-thief]').waitFor();
    await page.locator('[aria-live=assertive]').getByText('勤俭路通信井盖').waitFor({ state: 'attached' });
    const closed = { ...thief, level: null, condition: 'normal', acknowledged: true, closedAt: NIGHT } as const;
    api.tell(closed, entry(44, closed, { step: 'closed', time: '00:09:50' }));
    await page.locator('[data-alarm=a-thief]').waitFor({ state: 'detached' });
    expect(visit.complaints).toEqual([]);
  });

  test('one click acknowledges', async () => {
    await using visit = await desktop.visit();
    const { page, api } = visit;
    await visit.signIn();
    const row = page.locator('[data-alarm=a-water]');
    await row.getByRole('button', { name: '确认: 积水, 南溪路下穿通道积水' }).click();
    await row.getByText('已确认').waitFor();
    expect(api.state.posts.at(-1)).toEqual({ path: 'alarms/a-water/acknowledge', body: {} });
  });

  test('a note goes with it', async () => {
    await using visit = await desktop.visit();
    const { page, api } = visit;
    await visit.signIn();
    await page.locator('[data-alarm=a-cover]').getByRole('button', { name: '备注: 井盖倾斜, 南溪路雨水井盖' }).click();
    await page.getByLabel('备注内容').fill('专人看守');
    await page.getByRole('button', { name: '确认并备注' }).click();
    await until(() => api.state.posts.find(({ path }) => path.endsWith('acknowledge')), 'the acknowledgement');
    expect(api.state.posts.at(-1)).toEqual({ path: 'alarms/a-cover/acknowledge', body: { note: '专人看守' } });
  });

  test('one who may only look is offered nothing to do', async () => {
    await using visit = await desktop.visit();
    visit.api.state.role = 'viewer';
    await visit.signIn();
    await visit.page.locator('[data-alarm]').first().waitFor();
    expect(await visit.page.locator('.acknowledge').count()).toBe(0);
  });

  test('all is well only when there is none', async () => {
    await using visit = await desktop.visit();
    visit.api.state.alarms = [];
    await visit.signIn();
    await visit.page.getByText('平安无事').waitFor();
  });
});

describe('an alarm beside the list', () => {
  test("shows every step of its life in the site's time, and the chart of its point", async () => {
    await using visit = await desktop.visit();
    const { page } = visit;
    await visit.signIn();
    await page.getByRole('button', { name: '查看详情: 积水, 南溪路下穿通道积水' }).click();
    await page.locator('.life li').first().waitFor();
    const life = await page.locator('.life').textContent();
    for (const word of ['23:51:40', '告警产生', '启动防汛值守', '00:06:20', '等级上升']) expect(life).toContain(word);
    await page.locator('.chart canvas').waitFor();
    expect(page.url()).toContain('alarm=a-water');
    await page.keyboard.press('Escape');
    await page.locator('.life').waitFor({ state: 'detached' });
    expect(visit.complaints).toEqual([]);
  });
});

describe('points', () => {
  test('are filtered, show quality in words, and move with the stream', async () => {
    await using visit = await desktop.visit();
    const { page, api } = visit;
    await visit.signIn();
    await page.getByRole('link', { name: '测点' }).click();
    await page.getByText('设备无应答').waitFor();
    await page.getByText('暂不判定 (有效率不足)').waitFor();
    await page.getByRole('searchbox').fill('js-07 倾角');
    await page.getByText('1 / 13 个测点').waitFor();
    api.emit('readings', [{ point: 'cover-21/tilt', value: 31.5, quality: 'good', at: NIGHT + 1000 }]);
    await page.getByText('31.5°').waitFor();
    await page.getByRole('link', { name: '曲线: 南溪路雨水井盖, 倾角' }).click();
    await page.locator('.chart canvas').waitFor();
    await page.getByText('无效 20').waitFor();
    await page.getByText('10 分钟').click();
    await page.getByText('无效 20').waitFor({ state: 'detached' });
    expect(visit.complaints).toEqual([]);
  });
});

describe('what stands between people and the truth', () => {
  test('a lost gateway is said at once, nothing can be acknowledged, and it comes back by itself', async () => {
    await using visit = await desktop.visit();
    const { page, api } = visit;
    await visit.signIn();
    api.leave();
    await page.getByText('与网关的连接已中断').waitFor();
    const button = page.locator('[data-alarm=a-water]').getByRole('button', { name: /^确认/ });
    await until(() => button.isDisabled(), 'the button to be of no use');
    // What happened meanwhile is there when the page says that it is live again.
    api.state.alarms = [...ALARMS, thief];
    api.comeBack();
    await page.locator('.live-live').waitFor();
    await page.locator('[data-alarm=a-thief]').waitFor();
    expect(await page.getByText('与网关的连接已中断').count()).toBe(0);
  });

  test('a ledger that cannot write and an upstream that is away are said, with how much waits', async () => {
    await using visit = await desktop.visit();
    const { page, api } = visit;
    await visit.signIn();
    api.emit('status', {
      health: { ready: false, reasons: ['ledger'] },
      links: LINKS,
      upstreams: { city: { state: 'offline', backlog: 17, sent: 42, error: 'connection refused' } },
      ledger: { durable: false, error: 'disk is read-only', waiting: 3, head: 42 },
    });
    await page.getByText('3 条告警记录尚未落盘。disk is read-only').waitFor();
    await page.getByText('积压 17 条').waitFor();
  });
});

describe('for everybody', () => {
  test('the language is switched, and remembered', async () => {
    await using visit = await desktop.visit();
    const { page } = visit;
    await visit.signIn();
    await page.getByRole('button', { name: '切换到英文' }).click();
    await page.getByText('11.6 dB over limit').waitFor();
    await page.locator('html[lang=en]').waitFor();
    await page.reload();
    await page.getByText('No filing').waitFor();
  });

  test('an English browser is spoken to in English', async () => {
    await using visit = await desktop.visit({ locale: 'en-GB' });
    await visit.page.goto(visit.api.origin);
    await visit.page.getByRole('button', { name: 'Sign in' }).waitFor();
  });

  test('in a flood a phone 360 px wide shows each tab on one line, the incident by names, and cuts off no name', async () => {
    await using visit = await desktop.visit({ viewport: { width: 360, height: 740 } });
    const { page, api } = visit;
    const long = { ...thief, watch: { ...thief.watch, deviceName: `水位计${'x'.repeat(80)}` } };
    api.state.alarms = Array.from({ length: 25 }, (_, n) => ({ ...long, id: `a-${n}`, incident: 'i-1' }));
    await visit.signIn();
    await page.locator('.incidents').getByText('首出: 南溪路下穿通道积水 积水').waitFor();
    const heights = await page.locator('.tabs a').evaluateAll((tabs) => tabs.map((tab) => tab.scrollHeight));
    expect(Math.max(...heights)).toBeLessThan(60);
    await page.goto(`${api.origin}/#/alarms?alarm=a-3`);
    const head = page.locator('.detail-head');
    await head.waitFor();
    expect(await head.evaluate((each) => each.scrollWidth - each.clientWidth)).toBe(0);
  });

  for (const locale of ['zh-CN', 'en-US']) {
    test(`on a phone 360 px wide nothing is cut off (${locale})`, async () => {
      await using visit = await desktop.visit({ locale, viewport: { width: 360, height: 740 } });
      const { page } = visit;
      await visit.signIn();
      const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      await page.locator('[data-alarm=a-water] .acknowledge').waitFor();
      expect(await overflow()).toBeLessThanOrEqual(0);
      await page.goto(`${visit.api.origin}/#/points`);
      await page.locator('.reading').first().waitFor();
      expect(await overflow()).toBeLessThanOrEqual(0);
      await page.goto(`${visit.api.origin}/#/system`);
      await page.locator('.device-answers').first().waitFor();
      expect(await overflow()).toBeLessThanOrEqual(0);
    });
  }
});
