import { afterAll, beforeAll, describe, expect } from 'vitest';
import { testWith, until } from '../../tools/program.ts';
import { type Desktop, openDesktop } from './browser.ts';
import { ALARMS, alarm, entry, NIGHT } from './night.ts';
import { responding } from './responding.ts';
import { SILENT_UNTIL_TOUCHED } from './silent-until-touched.ts';

const test = testWith('chromium');
let desktop: Desktop;

beforeAll(async () => {
  desktop = await openDesktop();
});
afterAll(() => desktop[Symbol.asyncDispose]());

const late = responding({ clocks: [{ step: 'arrive', dueAt: NIGHT - 60_000, tier: 1 }] });
const drilled = {
  ...alarm({
    id: 'a-drill',
    rule: 'cover-tilt',
    key: 'cover-33/tilt',
    level: 'red',
    raised: '00:09',
    value: 85,
    limit: 60,
  }),
  exercise: 'drill' as const,
};
const NOBODY = { shelved: null, suppressedBy: null, outOfService: null };
const shelved = {
  ...responding({}, { id: 'a-shelved' }),
  announced: { ...NOBODY, shelved: { until: NIGHT + 600_000, once: false, by: 'li' } },
};

describe('the response beside the list', () => {
  test('says stage, crew, what waits and that it is late, the card, the case and who was called', async () => {
    await using visit = await desktop.visit();
    const { page, api } = visit;
    const call = { entry: 31, to: { kind: 'person', id: 'zhou' }, channel: 'sms', step: 'raised', code: null } as const;
    const told = entry(43, late, { step: 'raised', time: '00:09' });
    api.state.alarms = [{ ...late, id: 'a-water' }];
    api.state.entries = [
      ...api.state.entries,
      { ...told, type: 'city.gengfu.call.delivered', data: { ...call, alarm: 'a-water', tier: 1, repeated: false } },
    ];
    await visit.signIn();
    const row = page.locator('[data-alarm=a-water]');
    await row.getByText('已派单').waitFor();
    await row.locator('.due-late').getByText('超时').waitFor();
    await page.getByRole('button', { name: '查看详情: 积水, 南溪路下穿通道积水' }).click();
    const detail = page.locator('.detail');
    await detail.getByText('派给 排水班').waitFor();
    await detail.locator('.todo-card').getByText('排水班封闭南北入口').waitFor();
    await detail.getByText('2026-07-15.water-02').waitFor();
    const called = detail.locator('.called li');
    await until(async () => (await called.count()) === 2, 'both calls');
    expect(await called.first().textContent()).toContain('周值班');
    expect(await called.first().textContent()).toContain('已送达');
    expect(await called.last().textContent()).toContain('重复发送');
    expect(await page.locator('.life').textContent()).not.toContain('call');
    expect(visit.complaints).toEqual([]);
  });

  test('a crew is dispatched, and a shelf asks for its reason and its time', async () => {
    await using visit = await desktop.visit();
    const { page, api } = visit;
    await visit.signIn();
    await page.goto(`${api.origin}/#/alarms?alarm=a-water`);
    const of = '积水, 南溪路下穿通道积水';
    await page.getByRole('button', { name: `派单: ${of}` }).click();
    // Whom to send is chosen from those who are known; nobody is chosen by being the first of the list.
    expect(await page.getByLabel('派给').inputValue()).toBe('');
    await until(async () => (await page.locator('.note-form optgroup').count()) === 2, 'crews and people');
    await page.getByLabel('派给').selectOption({ label: '排水班' });
    await page.getByLabel('备注（选填）').fill('带泵');
    await page.locator('.note-form').getByRole('button', { name: '派单' }).click();
    await until(() => api.state.posts.length > 0, 'the dispatch');
    expect(api.state.posts.at(-1)).toEqual({ path: 'alarms/a-water/dispatch', body: { to: '排水班', note: '带泵' } });
    await page.getByRole('button', { name: `暂时搁置: ${of}` }).click();
    await page.getByLabel('时长').selectOption({ label: '30 分钟' });
    const submit = page.locator('.note-form').getByRole('button', { name: '暂时搁置' });
    // Without its reason it is not sent.
    await submit.click();
    await page.getByLabel('原因（必填）').fill('抽排中');
    await submit.click();
    await until(() => api.state.posts.length > 1, 'the shelf');
    const body = { note: '抽排中', forMs: 1_800_000 };
    expect(api.state.posts.slice(1)).toEqual([{ path: 'alarms/a-water/shelve', body }]);
    expect(visit.complaints).toEqual([]);
  });

  test('one who may only look is offered no step', async () => {
    await using visit = await desktop.visit();
    visit.api.state.role = 'viewer';
    visit.api.state.alarms = [{ ...late, id: 'a-water' }];
    await visit.signIn();
    await visit.page.goto(`${visit.api.origin}/#/alarms?alarm=a-water`);
    await visit.page.getByText('派给 排水班').waitFor();
    expect(await visit.page.locator('.deeds').count()).toBe(0);
  });
});

describe('what nobody is called for, and what is not real', () => {
  test('stands in a part of its own, which can be asked for alone', async () => {
    await using visit = await desktop.visit();
    const { page, api } = visit;
    api.state.alarms = [...ALARMS, shelved];
    await visit.signIn();
    await page
      .getByRole('region', { name: /不通知人员/ })
      .locator('[data-alarm=a-shelved]')
      .waitFor();
    await page.locator('[data-alarm=a-shelved]').getByText('搁置至').waitFor();
    await page.getByRole('link', { name: '暂时搁置 1' }).click();
    await until(async () => (await page.locator('[data-alarm]').count()) === 1, 'the shelved one alone');
    expect(page.url()).toContain('only=shelved');
  });

  test('a drill is marked in the list, beside it and above it, and neither counted nor put before what is real', async () => {
    await using visit = await desktop.visit();
    const { page, api } = visit;
    api.state.alarms = [drilled, late];
    await visit.signIn();
    expect(await page.locator('[data-alarm]').first().getAttribute('data-alarm')).toBe('a-flood');
    await page.getByText('【演练】1 条告警未确认').waitFor();
    expect(await page.locator('[data-alarm=a-drill]').textContent()).toContain('【演练】');
    await page.getByText('演练 / 测试进行中').waitFor();
    expect(await page.locator('.count-red').textContent()).toContain('1');
    await page.locator('[data-alarm=a-drill] .alarm-what').click();
    await page.locator('.exercise-banner').getByText('这是演练，不是真实告警').waitFor();
  });
});

describe('ringing', () => {
  test('a red one rings once the page was touched, is muted, and rings again for the next', async () => {
    await using visit = await desktop.visit();
    const { page, api } = visit;
    await page.addInitScript(SILENT_UNTIL_TOUCHED);
    await visit.signIn();
    const tones = () => page.evaluate(() => document.documentElement.dataset.tones ?? '');
    await until(async () => (await page.title()).includes('‼'), 'the title');
    await page.getByText('1 条红色或火警告警未确认').waitFor();
    await page.getByText('浏览器尚未允许本页发声').waitFor();
    expect(await tones()).toBe('');
    await page.getByRole('button', { name: '开启声音' }).click();
    await until(async () => (await tones()).startsWith('988 784'), 'the tones');
    await page.getByRole('button', { name: '静音 5 分钟' }).click();
    await page.getByText('已静音').waitFor();
    const next = { ...drilled, id: 'a-thief', exercise: undefined };
    api.tell(next, entry(43, next, { step: 'raised', time: '00:09:30', level: 'red' }));
    await page.getByText('2 条红色或火警告警未确认').waitFor();
    await page.getByRole('button', { name: '静音 5 分钟' }).waitFor();
    expect(visit.complaints).toEqual([]);
  });

  test('is over when somebody has seen it', async () => {
    await using visit = await desktop.visit();
    const { page } = visit;
    await visit.signIn();
    await page.getByRole('button', { name: '确认: 积水, 南溪路下穿通道积水' }).click();
    await page.locator('.ringer').waitFor({ state: 'detached' });
    await until(async () => !(await page.title()).includes('‼'), 'the title');
  });
});

describe('the duty page', () => {
  test('says who watches, what is open, and what was written; a mode and a hand-over are asked for', async () => {
    await using visit = await desktop.visit();
    const { page, api } = visit;
    await visit.signIn();
    await page.getByRole('link', { name: '值班', exact: true }).click();
    for (const text of ['周值班', '沈主任', '未办结事项 7 项', '已封闭南北入口', '接 1 号']) {
      await page.getByText(text).first().waitFor();
    }
    await page.getByRole('button', { name: '变更: 响应状态' }).click();
    await page.getByLabel('变更为').selectOption({ label: 'Ⅲ级响应' });
    await page.getByLabel('依据或原因').fill('市防指令');
    await page.locator('.note-form').getByRole('button', { name: '变更' }).click();
    await until(() => api.state.posts.length === 1, 'the mode');
    expect(api.state.posts.at(-1)).toEqual({ path: 'duty/mode', body: { mode: 'III', note: '市防指令' } });
    await page.getByRole('button', { name: '交接班' }).click();
    await page.getByLabel('交给（接班人）').selectOption({ label: '吴值班' });
    await page.getByLabel('同时交给').selectOption({ label: '孙工' });
    await page.locator('.note-form').getByRole('button', { name: '交班' }).click();
    await until(() => api.state.posts.length === 2, 'the hand-over');
    expect(api.state.posts.at(-1)).toEqual({ path: 'duty/hand-over', body: { to: ['wu', 'sun'] } });
    expect(visit.complaints).toEqual([]);
  });

  test('sums up the night from the entries of the log', async () => {
    await using visit = await desktop.visit();
    await visit.signIn();
    await visit.page.goto(`${visit.api.origin}/#/duty`);
    const row = visit.page.locator('.night-table tbody tr').first();
    await row.getByText('南溪路下穿通道积水').waitFor();
    // Acknowledged at 23:53:00, 80 s after it was raised, and twice again after it rose.
    await row.getByText('1:20').waitFor();
    await visit.page.getByRole('row', { name: /^确认 3/ }).waitFor();
  });
});

describe('the system page', () => {
  test('shows channels, calls, outputs, the clock and jobs; an admin tests a channel and sets an output', async () => {
    await using visit = await desktop.visit();
    const { page, api } = visit;
    api.state.role = 'admin';
    await visit.signIn();
    await page.goto(`${api.origin}/#/system`);
    for (const text of ['no modem', '对方限制频次', '下穿通道警号', '消音须管理员', '演练 flood', '扫描总线 bus-1']) {
      await page.getByText(text).first().waitFor();
    }
    await page.getByRole('button', { name: '发送测试: sms' }).click();
    await page.getByLabel('发给').selectOption({ label: '周值班' });
    await page.locator('.note-form').getByRole('button', { name: '发送测试' }).click();
    await until(() => api.state.posts.length === 1, 'the test');
    expect(api.state.posts.at(-1)).toEqual({ path: 'channels/sms/test', body: { person: 'zhou' } });
    await page.getByRole('button', { name: '手动设定: 下穿通道警号' }).click();
    await page.getByLabel('设定值').selectOption('off');
    await page.locator('.note-form').getByRole('button', { name: '手动设定' }).click();
    await until(() => api.state.posts.length === 2, 'the output');
    const body = { value: 'off', forMs: 900_000 };
    expect(api.state.posts.at(-1)).toEqual({ path: 'outputs/siren-1/set', body });
    await page.getByRole('button', { name: '停止: 演练 flood' }).click();
    await until(() => api.state.posts.length === 3, 'the end of the drill');
    expect(api.state.posts.at(-1)?.path).toBe('drill/stop');
    expect(visit.complaints).toEqual([]);
  });

  test('one on duty tests no channel and starts no job', async () => {
    await using visit = await desktop.visit();
    await visit.signIn();
    await visit.page.goto(`${visit.api.origin}/#/system`);
    await visit.page.getByText('下穿通道警号').waitFor();
    expect(await visit.page.getByRole('button', { name: /^发送测试/ }).count()).toBe(0);
    expect(await visit.page.getByText('扫描总线 bus-1').count()).toBe(0);
  });
});

for (const locale of ['zh-CN', 'en-US']) {
  test(`on a phone 375 px wide nothing of it is cut off (${locale})`, async () => {
    await using visit = await desktop.visit({ locale, viewport: { width: 375, height: 740 } });
    const { page, api } = visit;
    api.state.alarms = [...ALARMS, late, shelved, drilled];
    api.state.role = 'admin';
    await visit.signIn();
    const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    for (const [place, sight] of [
      ['alarms', '.ringer'],
      ['duty', '.night-table tbody tr'],
      ['system', '.called li'],
      ['alarms?alarm=a-water', '.todo-card'],
    ] as const) {
      await page.goto(`${api.origin}/#/${place}`);
      await page.locator(sight).first().waitFor();
      expect([place, await overflow()]).toEqual([place, expect.toSatisfy((px: number) => px <= 0)]);
    }
  });
}
