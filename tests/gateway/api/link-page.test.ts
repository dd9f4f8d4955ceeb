import { connect } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, test as always, beforeAll, expect } from 'vitest';
import type { LinkAnswer, LinkStep, LinkView } from '../../../gateway/api/link-desk.ts';
import { openApi } from '../../../gateway/api/open-api.ts';
import { Fault } from '../../../gateway/kit/fault.ts';
import { fakeAlarm, fakeContext } from '../../tools/fake-context.ts';
import { testWith, until } from '../../tools/program.ts';
import { openChromium } from '../console/browser.ts';

const test = testWith('chromium');
const TOKEN = 'AAAAAAAAAAAAAAAAAAAAAAAA';
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const PLACE = { longitude: 120.75512, latitude: 30.74661 };
let browser: Browser;

beforeAll(async () => {
  browser = await openChromium('--host-resolver-rules=MAP box.example 127.0.0.1');
});
afterAll(() => browser?.close());

const AFTER: Readonly<Record<LinkStep, [string, LinkStep[]]>> = {
  accept: ['accepted', ['refuse', 'arrive', 'resolve']],
  arrive: ['arrived', ['resolve']],
  refuse: ['refused', []],
  resolve: ['resolved', []],
};

/** A gateway with one link; what is done by it, and the photos that came. */
async function withLink() {
  const answers: LinkAnswer[] = [];
  const photos: Uint8Array[] = [];
  let view: LinkView = {
    ...{
      person: '孙工',
      language: 'zh',
      title: '【红色】南溪路下穿通道积水 30 cm',
      text: '道路积水，告警于 00:06，时限 00:21 JS-07',
    },
    ...{
      card: ['封闭：排水班在南北入口拉警戒、封闭交通', '绕行：建设街'],
      steps: ['accept', 'refuse', 'arrive', 'resolve'],
    },
    ...{ stage: 'dispatched', isReplaced: false, closed: false, expiresAt: 2, alarm: fakeAlarm() },
  };
  const responders = {
    find: (token: string) => (token === TOKEN ? view : null),
    endOf: () => 'unknown' as const,
    async act(_token: string, answer: LinkAnswer) {
      answers.push(answer);
      const [stage, steps] = AFTER[answer.step];
      view = { ...view, stage, steps };
      return { status: 'done' as const, alarm: fakeAlarm() };
    },
    async photo(_token: string, bytes: Uint8Array) {
      if (bytes[0] !== 0xff || bytes[1] !== 0xd8) throw new Fault('not-a-photo', 'neither JPEG nor PNG');
      photos.push(bytes);
      return 'a.jpg';
    },
  };
  const options = { listen: { host: '127.0.0.1', port: 0 }, consoleDir: '/no/such' };
  const api = await openApi(options, { ...fakeContext(), responders });
  return { url: `${api.url}/r/${TOKEN}`, answers, photos, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

async function visit(url: string, options: object = {}) {
  const context = await browser.newContext({ ...PHONE, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(90_000);
  const asked: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).host));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url);
  return { page, asked, complaints, [Symbol.asyncDispose]: () => context.close() };
}

test('on a phone: accept, arrive with the place and a photo made small, resolve; nothing of others is asked', async () => {
  await using link = await withLink();
  await using phone = await visit(link.url, { geolocation: PLACE, permissions: ['geolocation'] });
  const { page } = phone;
  await page.getByRole('heading', { name: '处置卡' }).waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await page.getByRole('button', { name: '接单', exact: true }).click();
  await page.getByText('已记录。').waitFor();
  const large = await page.evaluate(async () => {
    const canvas = document.createElement('canvas');
    canvas.width = 3200;
    canvas.height = 2400;
    canvas.getContext('2d')?.fillRect(100, 100, 900, 900);
    return canvas.toDataURL('image/png').split(',')[1] ?? '';
  });
  const photo = { name: 'spot.png', mimeType: 'image/png', buffer: Buffer.from(large, 'base64') };
  await page.locator('input[type=file]').setInputFiles(photo);
  await page.getByLabel('说明').fill('已拉警戒');
  await page.getByRole('button', { name: '已到场' }).click();
  await page.getByText('✓ 已到场').waitFor();
  await page.getByRole('button', { name: '已处置' }).click();
  await page.getByText('已处置，感谢。').waitFor();
  expect(link.answers).toEqual([
    { step: 'accept' },
    { step: 'arrive', note: '已拉警戒', at: [120.75512, 30.74661], photo: 'a.jpg' },
    { step: 'resolve', at: [120.75512, 30.74661] },
  ]);
  // Drawn anew, at most 1600 wide: a JPEG now.
  expect(link.photos.map((bytes) => [bytes[0], bytes[1]])).toEqual([[0xff, 0xd8]]);
  expect(new Set(phone.asked)).toEqual(new Set([new URL(link.url).host]));
  expect(phone.complaints).toEqual([]);
});

test('who gives no place arrives all the same', async () => {
  await using link = await withLink();
  await using phone = await visit(link.url);
  await phone.page.getByRole('button', { name: '已到场' }).click();
  await phone.page.getByText('✓ 已到场').waitFor();
  expect(link.answers).toEqual([{ step: 'arrive' }]);
});

test('without scripts the form goes as it stands, with its photo', async () => {
  await using link = await withLink();
  await using phone = await visit(link.url, { javaScriptEnabled: false });
  const { page } = phone;
  const buffer = Buffer.from('ffd8ffe000104a46494600010100000100010000ffd9', 'hex');
  await page.locator('input[type=file]').setInputFiles({ name: 'a.jpg', mimeType: 'image/jpeg', buffer });
  await page.getByRole('button', { name: '已到场' }).click();
  await page.getByText('✓ 已到场').waitFor();
  expect(link.answers).toEqual([{ step: 'arrive', photo: 'a.jpg' }]);
  expect(link.photos.map((bytes) => Buffer.from(bytes).toString('hex'))).toEqual([buffer.toString('hex')]);
});

test('what is no photo, whatever it is called, is refused in words, and what was written is still there', async () => {
  await using link = await withLink();
  await using phone = await visit(link.url, { javaScriptEnabled: false });
  const { page } = phone;
  const buffer = Buffer.from('<svg onload=alert(1)>');
  await page.locator('input[type=file]').setInputFiles({ name: 'a.jpg', mimeType: 'image/jpeg', buffer });
  await page.getByLabel('说明').fill('泵已到');
  await page.getByRole('button', { name: '已到场' }).click();
  await page.getByRole('alert').getByText('照片不是 JPEG 或 PNG').waitFor();
  expect(await page.getByLabel('说明').inputValue()).toBe('泵已到');
  expect(link.answers).toEqual([]);
});

// There a browser counts the page as insecure: it gives no place, and tells nobody whence the form comes.
test('it works by plain HTTP under a name of the network', async () => {
  await using link = await withLink();
  await using phone = await visit(link.url.replace('127.0.0.1', 'box.example'));
  expect(await phone.page.evaluate(() => isSecureContext)).toBe(false);
  await phone.page.getByRole('button', { name: '已到场' }).click();
  await phone.page.getByText('✓ 已到场').waitFor();
  expect(link.answers).toEqual([{ step: 'arrive' }]);
});

always('what was sent makes room for the next', async () => {
  await using link = await withLink();
  const statuses: number[] = [];
  for (let n = 0; n < 12; n++) {
    const form = new FormData();
    form.set('step', 'arrive');
    statuses.push((await fetch(link.url, { method: 'POST', body: form })).status);
  }
  expect(new Set(statuses)).toEqual(new Set([200]));
});

always('photos that come in slowly hold up other photos, and no step without one', async () => {
  await using link = await withLink();
  const { host, pathname } = new URL(link.url);
  const [address = '', port = ''] = host.split(':');
  const head = [`POST ${pathname} HTTP/1.1`, `host: ${host}`, 'content-type: multipart/form-data; boundary=x'];
  const slow = Array.from({ length: 4 }, () => connect(Number(port), address));
  for (const socket of slow) socket.write(`${[...head, 'content-length: 5000000'].join('\r\n')}\r\n\r\n--x`);
  const post = async (bytes: number) => {
    const form = new FormData();
    form.set('step', 'arrive');
    if (bytes > 0) form.set('photo', new File([new Uint8Array(bytes).fill(0xff)], 'a.jpg', { type: 'image/jpeg' }));
    const answer = await fetch(link.url, { method: 'POST', body: form });
    return { status: answer.status, text: await answer.text() };
  };
  try {
    await until(async () => (await post(200_000)).status === 429, 'the slow ones to be taken in');
    const { status, text } = await post(0);
    expect([status, text.includes('✓ 已到场')]).toEqual([200, true]);
  } finally {
    for (const socket of slow) socket.destroy();
  }
});

always('nobody without a link gets a body read, and a photo that is too large is told so', async () => {
  await using link = await withLink();
  const stranger = link.url.replace(TOKEN, 'B'.repeat(24));
  const headers = { 'content-type': 'multipart/form-data; boundary=x' };
  const refused = await fetch(stranger, { method: 'POST', headers, body: Buffer.alloc(100_000) });
  expect([refused.status, (await refused.text()).includes('此链接无效')]).toEqual([410, true]);
  const photo = await fetch(stranger.replace('/r/', '/api/v1/response/').concat('/photos'), {
    method: 'POST',
    headers: { 'content-type': 'image/jpeg' },
    body: Buffer.alloc(100_000),
  });
  expect(photo.status).toBe(410);
  const form = new FormData();
  form.set('step', 'arrive');
  form.set('photo', new File([new Uint8Array(8 * 2 ** 20 + 100_000)], 'a.jpg', { type: 'image/jpeg' }));
  const large = await fetch(link.url, { method: 'POST', body: form });
  expect([large.status, (await large.text()).includes('照片超过 8 MB')]).toEqual([422, true]);
  expect(link.answers).toEqual([]);
});
