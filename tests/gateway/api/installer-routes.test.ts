import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { until } from '../../tools/program.ts';
import { apiUnderTest, cookieOf } from './api-under-test.ts';

const POST = 'POST' as const;
const DEVICE = { profile: 'renke-rs-zs', link: 'bus-1', address: 5 };
const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0]);

describe('devices', () => {
  test('are looked at, adopted, changed and taken out by who is signed in', async () => {
    await using api = await apiUnderTest();
    const { devices } = api.context;
    expect((await api.ask({ url: '/api/v1/devices', as: 'viewer' })).json()).toEqual({ devices: devices.list() });
    expect((await api.ask({ url: '/api/v1/devices/noise-07', as: 'viewer' })).json()).toMatchObject({ id: 'noise-07' });
    expect((await api.ask({ url: '/api/v1/devices/x', as: 'viewer' })).json()).toMatchObject({
      code: 'no-such-device',
    });

    const body = { device: DEVICE, file: 'devices/a.yaml' };
    const adopted = await api.ask({ method: POST, url: '/api/v1/devices', body, as: 'installer' });
    expect([adopted.statusCode, adopted.json()]).toEqual([200, devices.answer]);
    const changes = { name: '东门', place: { grid: null }, asset: { serial: '7' } };
    await api.ask({ method: 'PATCH', url: '/api/v1/devices/noise-07', body: changes, as: 'admin' });
    await api.ask({ method: 'DELETE', url: '/api/v1/devices/noise-07', as: 'admin' });
    const by = { from: '10.0.0.9' };
    expect(devices.asked).toEqual([
      ['adopt', body, { ...by, by: 'some-installer', withEdits: false, isTrial: false }],
      ['change', 'noise-07', changes, { ...by, by: 'some-admin', withEdits: false }],
      ['remove', 'noise-07', { ...by, by: 'some-admin' }],
    ]);
  });

  test('what is refused says where, and what may not be changed is refused here', async () => {
    await using api = await apiUnderTest();
    const problems = [{ path: 'devices/a.yaml:3:5', message: 'address: 5 is in use' }];
    api.context.devices.answer = { status: 'refused', code: 'site-invalid', message: 'the site has 1 error', problems };
    const refused = await api.ask({ method: POST, url: '/api/v1/devices', body: { device: DEVICE }, as: 'admin' });
    expect([refused.statusCode, refused.json()]).toMatchObject([422, { code: 'site-invalid', errors: problems }]);
    api.context.devices.answer = { status: 'refused', code: 'site-busy', message: 'another', problems: [] };
    expect((await api.ask({ method: 'DELETE', url: '/api/v1/devices/a', as: 'admin' })).statusCode).toBe(409);
    for (const body of [{ id: 'x' }, { address: 4 }, { profile: 'y' }, { name: '' }]) {
      const answer = await api.ask({ method: 'PATCH', url: '/api/v1/devices/noise-07', body, as: 'admin' });
      expect([answer.statusCode, answer.json().code]).toEqual([400, 'invalid']);
    }
    expect((await api.ask({ method: POST, url: '/api/v1/devices', body: {}, as: 'admin' })).statusCode).toBe(400);
  });

  test('are for installers and admins to change', async () => {
    await using api = await apiUnderTest();
    const asked = [
      { method: POST, url: '/api/v1/devices', body: { device: DEVICE } },
      { method: 'PATCH' as const, url: '/api/v1/devices/a', body: {} },
      { method: 'DELETE' as const, url: '/api/v1/devices/a' },
      { method: POST, url: '/api/v1/assets', body: { csv: '' } },
      { method: 'DELETE' as const, url: '/api/v1/devices/a/photos/b' },
      { url: '/api/v1/report' },
    ];
    for (const each of asked) expect((await api.ask({ ...each, as: 'duty' })).statusCode, each.url).toBe(403);
    expect(api.context.devices.asked).toEqual([]);
  });
});

test('the register goes out as a file, and comes in whole or with every row that is wrong', async () => {
  await using api = await apiUnderTest();
  const out = await api.ask({ url: '/api/v1/assets', as: 'viewer' });
  expect(out.headers['content-type']).toBe('text/csv; charset=utf-8');
  expect(out.rawPayload.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
  // Larger than other bodies may be.
  const csv = `设备编号\n${'noise-07\n'.repeat(20_000)}`;
  const taken = await api.ask({ method: POST, url: '/api/v1/assets', body: { csv }, as: 'installer' });
  expect([taken.statusCode, taken.json()]).toEqual([
    200,
    { status: 'applied', rows: 1, changed: ['noise-07'], unchanged: 0 },
  ]);
  api.context.devices.importAssets = async () => ({
    ...{ status: 'unchanged', rows: 1, changed: [], unchanged: 0 },
    problems: [{ row: 2, column: '检定有效期', message: 'is no day of the calendar' }],
  });
  const wrong = await api.ask({ method: POST, url: '/api/v1/assets', body: { csv }, as: 'installer' });
  expect([wrong.statusCode, wrong.json()]).toMatchObject([
    400,
    { code: 'invalid', errors: [{ path: 'row 2, 检定有效期', message: 'is no day of the calendar' }] },
  ]);
});

describe('photos', () => {
  const photo = (type: string, payload: Buffer | string, as: 'installer' | 'duty' = 'installer') => ({
    method: POST,
    url: '/api/v1/devices/noise-07/photos',
    headers: { 'content-type': type },
    // As it is: a text or bytes.
    body: payload as never,
    as,
  });

  test('are taken as JPEG and PNG, listed, and given back', async () => {
    await using api = await apiUnderTest();
    expect((await api.ask(photo('image/jpeg', JPEG))).json()).toMatchObject({ type: 'image/jpeg' });
    expect(api.context.devices.asked).toEqual([
      ['photo', 'noise-07', JPEG.length, { by: 'some-installer', from: '10.0.0.9' }],
    ]);
    expect((await api.ask({ url: '/api/v1/devices/noise-07/photos', as: 'viewer' })).json().photos).toHaveLength(1);
    const given = await api.ask({ url: '/api/v1/devices/noise-07/photos/1-a.jpg', as: 'viewer' });
    expect([given.headers['content-type'], given.rawPayload]).toEqual(['image/jpeg', JPEG]);
    expect((await api.ask({ url: '/api/v1/devices/x/photos', as: 'viewer' })).statusCode).toBe(404);
  });

  test('other types, other roles and other origins are refused, and JSON elsewhere as before', async () => {
    await using api = await apiUnderTest();
    for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'image/svg+xml', 'application/json', '']) {
      expect((await api.ask(photo(type, JPEG))).statusCode, type).toBe(415);
    }
    expect((await api.ask(photo('image/jpeg', JPEG, 'duty'))).statusCode).toBe(403);
    const foreign = { ...photo('image/jpeg', JPEG), headers: { 'content-type': 'image/jpeg', origin: 'http://evil' } };
    expect((await api.ask(foreign)).statusCode).toBe(403);
    const elsewhere = { ...photo('image/jpeg', JPEG), url: '/api/v1/site/reload' };
    expect((await api.ask(elsewhere)).statusCode).toBe(415);
    expect(api.context.devices.asked).toEqual([]);
  });

  test('one of 50 MB is refused before it is sent', async () => {
    await using api = await apiUnderTest();
    await api.app.listen({ host: '127.0.0.1', port: 0 });
    const address = api.app.server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const cookie = cookieOf(api.context, 'installer');
    const headers = { cookie, 'content-type': 'image/jpeg', 'content-length': String(50 * 2 ** 20) };
    const path = '/api/v1/devices/noise-07/photos';
    const answered = await new Promise<{ status: number | undefined; text: string; sent: number }>(
      (resolve, reject) => {
        const asked = httpRequest({ host: '127.0.0.1', port, path, method: 'POST', headers });
        asked.on('error', reject).on('response', (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => {
            text += chunk.toString();
          });
          response.on('end', () => {
            resolve({ status: response.statusCode, text, sent: asked.socket?.bytesWritten ?? 0 });
            asked.destroy();
          });
        });
        // Only its first bytes: the answer does not wait for the rest.
        asked.write(JPEG);
      },
    );
    expect(answered.status).toBe(413);
    expect(JSON.parse(answered.text)).toMatchObject({ code: 'too-large' });
    expect(answered.sent).toBeLessThan(10_000);
  });

  test('who sends all of it before he reads is told so too, and how much may be', async () => {
    await using api = await apiUnderTest();
    await api.app.listen({ host: '127.0.0.1', port: 0 });
    const address = api.app.server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const socket = connect(port, '127.0.0.1');
    const head = [
      'POST /api/v1/devices/noise-07/photos HTTP/1.1',
      `host: 127.0.0.1:${port}`,
      `cookie: ${cookieOf(api.context, 'installer')}`,
      'content-type: image/jpeg',
      `content-length: ${50 * 2 ** 20}`,
    ];
    const told: Buffer[] = [];
    let isBroken = false;
    socket.pause().on('error', () => {
      isBroken = true;
    });
    await new Promise<void>((resolve) => socket.write(`${head.join('\r\n')}\r\n\r\n`, () => resolve()));
    const part = Buffer.alloc(2 ** 20, 1);
    for (let i = 0; i < 50 && !isBroken; i++) await new Promise<void>((resolve) => socket.write(part, () => resolve()));
    socket.on('data', (chunk) => told.push(chunk)).resume();
    await until(() => isBroken || Buffer.concat(told).includes('too-large'), 'the answer');
    expect(Buffer.concat(told).toString()).toMatch(/^HTTP\/1\.1 413 [\s\S]*at most 5 MB/);
    socket.destroy();
  });
});

test('the report is a page that runs nothing and fetches nothing', async () => {
  await using api = await apiUnderTest();
  const answer = await api.ask({ url: '/api/v1/report?device=noise-07&device=b', as: 'installer' });
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(answer.headers['content-security-policy']).toMatch(
    /^default-src 'none'; style-src 'unsafe-inline'; img-src data:/,
  );
  expect(answer.body).toContain('安装调试验收单');
  await api.ask({ url: '/api/v1/report', as: 'admin' });
  expect(api.context.devices.asked).toEqual([
    ['report', ['noise-07', 'b'], 'some-installer'],
    ['report', [], 'some-admin'],
  ]);
});
