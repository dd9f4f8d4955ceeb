import { execFile } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { Log } from '../../../gateway/kit/log.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { openRig, post } from './rig.ts';

const SECRET = 'a-secret-for-tests-only';
const sign = (text: string) => createHmac('sha256', SECRET).update(text).digest('hex');
const body = JSON.stringify({ imei: '861', level: 1 });
const now = () => String(Date.now());

const hmac = { kind: 'hmac-sha256', secret: SECRET, timestampHeader: 'X-Timestamp' };

test('a push signed with its timestamp is taken; the same again has no effect, and is answered so that it is not sent again', async () => {
  await using rig = await openRig({ link: { auth: hmac } });
  await rig.isUp();
  const stamp = now();
  const headers = { 'X-Timestamp': stamp, 'X-Signature': sign(`${stamp}.${body}`) };
  expect(await post(rig.url(), body, headers)).toMatchObject({ status: 200, body: { readings: 1 } });
  expect(await post(rig.url(), body, headers)).toMatchObject({ status: 200, body: { readings: 0, duplicates: 1 } });
  expect(rig.values()).toHaveLength(1);
  expect(rig.count('replays')).toBe(1);
});

test.each([
  { says: 'no signature', of: () => ({ 'X-Timestamp': now() }), status: 401, code: 'signature' },
  { says: 'no timestamp', of: () => ({ 'X-Signature': sign(`.${body}`) }), status: 401, code: 'signature' },
  {
    says: 'a wrong signature',
    of: (stamp = now()) => ({ 'X-Timestamp': stamp, 'X-Signature': sign(`${stamp}.x`) }),
    status: 401,
    code: 'signature',
  },
  {
    says: 'a signature that is none',
    of: () => ({ 'X-Timestamp': now(), 'X-Signature': '中'.length.toString() }),
    status: 401,
    code: 'signature',
  },
  {
    says: 'the signature of another timestamp',
    of: () => ({ 'X-Timestamp': now(), 'X-Signature': sign(`1.${body}`) }),
    status: 401,
    code: 'signature',
  },
  {
    says: 'a timestamp of an hour ago',
    of: (stamp = String(Date.now() - 3_600_000)) => ({
      'X-Timestamp': stamp,
      'X-Signature': sign(`${stamp}.${body}`),
    }),
    status: 403,
    code: 'old',
  },
  {
    says: 'a timestamp of tomorrow, in seconds',
    of: (stamp = String(Math.round(Date.now() / 1000) + 86_400)) => ({
      'X-Timestamp': stamp,
      'X-Signature': sign(`${stamp}.${body}`),
    }),
    status: 403,
    code: 'old',
  },
])('hmac: $says is refused', async ({ of, status, code }) => {
  await using rig = await openRig({ link: { auth: hmac } });
  await rig.isUp();
  expect(await post(rig.url(), body, of())).toMatchObject({ status, body: { code } });
  expect(rig.values()).toEqual([]);
  expect(rig.count('refused')).toBe(1);
});

test('hmac: while nobody knows the time, the age of a push is not looked at, its signature is', async () => {
  const clock = new FakeClock();
  clock.trusted = 'unknown';
  await using rig = await openRig({ link: { auth: hmac }, clock });
  await rig.isUp();
  const stamp = '2020-01-01T00:00:00Z';
  const headers = { 'X-Timestamp': stamp, 'X-Signature': `sha256=${sign(`${stamp}.${body}`)}` };
  expect(await post(rig.url(), body, headers)).toMatchObject({ status: 200 });
  expect(await post(rig.url(), `${body} `, headers)).toMatchObject({ status: 401 });
});

test('hmac over the body alone, in base64', async () => {
  await using rig = await openRig({
    link: { auth: { kind: 'hmac-sha256', header: 'X-Hub-Signature', secret: SECRET } },
  });
  await rig.isUp();
  const signature = createHmac('sha256', SECRET).update(body).digest('base64');
  expect(await post(rig.url(), body, { 'X-Hub-Signature': signature })).toMatchObject({ status: 200 });
});

test('a cloud of the md5 kind tests the address, then pushes messages in its envelope', async () => {
  await using rig = await openRig({ link: { auth: { kind: 'sign-md5-token', token: SECRET } } });
  await rig.isUp();
  const md5 = (nonce: string, msg: string) =>
    createHash('md5')
      .update(SECRET + nonce + msg)
      .digest('base64');
  const test = (signature: string) =>
    fetch(`${rig.url()}?${new URLSearchParams({ msg: 'hello', nonce: 'n1', signature })}`);
  expect(await (await test(md5('n1', 'hello'))).text()).toBe('hello');
  expect((await test(md5('n2', 'hello'))).status).toBe(401);
  const envelope = { msg: body, nonce: 'n3', signature: md5('n3', body), id: 'x' };
  expect(await post(rig.url(), envelope)).toMatchObject({ status: 200, body: { readings: 1 } });
  expect(await post(rig.url(), envelope)).toMatchObject({ status: 200, body: { duplicates: 1 } });
  const asObject = {
    msg: { imei: '861', level: 2 },
    nonce: 'n4',
    msg_signature: md5('n4', '{"imei":"861","level":2}'),
  };
  expect(await post(rig.url(), asObject)).toMatchObject({ status: 200, body: { readings: 1 } });
  expect(await post(rig.url(), { ...envelope, nonce: 'n5' })).toMatchObject({ status: 401 });
  expect(await post(rig.url(), body)).toMatchObject({ status: 401 });
  expect(rig.values()).toEqual(['gauge-1/level 1', 'gauge-1/level 2']);
});

test.each([
  ['what was signed is no JSON, such as the test of the address', 'hello', 'n1'],
  ['where the nonce ends is otherwise', body.slice(1), 'n3{'],
])('in an envelope of the md5 kind nothing counts that stands beside what was signed: %s', async (_, msg, nonce) => {
  await using rig = await openRig({ link: { auth: { kind: 'sign-md5-token', token: SECRET } } });
  await rig.isUp();
  const signature = createHash('md5')
    .update(SECRET + nonce + msg)
    .digest('base64');
  const forged = { imei: '861', level: 99, msg, nonce, signature };
  expect(await post(rig.url(), forged)).toMatchObject({ status: 400, body: { code: 'json' } });
  expect(rig.values()).toEqual([]);
});

test('the same signature of the md5 kind is the same push, also where its nonce ends elsewhere', async () => {
  await using rig = await openRig({ link: { auth: { kind: 'sign-md5-token', token: SECRET } } });
  await rig.isUp();
  const signature = createHash('md5').update(`${SECRET}n1 ${body}`).digest('base64');
  await post(rig.url(), { msg: ` ${body}`, nonce: 'n1', signature });
  expect(await post(rig.url(), { msg: body, nonce: 'n1 ', signature })).toMatchObject({ body: { duplicates: 1 } });
  expect(rig.values()).toHaveLength(1);
});

test('a bearer token, before anything of the body is read', async () => {
  await using rig = await openRig({ link: { auth: { kind: 'bearer', token: SECRET } } });
  await rig.isUp();
  expect(await post(rig.url(), body, { Authorization: `Bearer ${SECRET}` })).toMatchObject({ status: 200 });
  const refused = await post(rig.url(), '{', { Authorization: 'Bearer wrong' });
  expect(refused).toMatchObject({ status: 401, body: { code: 'credentials', status: 401 } });
  expect(refused.headers.get('content-type')).toBe('application/problem+json');
  expect(await post(rig.url(), body)).toMatchObject({ status: 401 });
});

test('a token in the path, for a camera that can be given an address only', async () => {
  await using rig = await openRig({ link: { auth: { kind: 'path-token', token: SECRET } } });
  await rig.isUp();
  expect(await post(rig.url(`/push/cloud/${SECRET}`), body)).toMatchObject({ status: 200 });
  expect(await post(rig.url(`/push/cloud/${SECRET}x`), body)).toMatchObject({ status: 401 });
  expect(await post(rig.url(), body)).toMatchObject({ status: 401 });
  expect(await post(rig.url('/push/other'), body)).toMatchObject({ status: 404 });
});

const curl = async (...args: string[]) =>
  (await promisify(execFile)('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', ...args])).stdout;

test.each(['basic', 'digest'])('curl signs in by %s, and does not with another password', async (kind) => {
  await using rig = await openRig({ link: { auth: { kind, username: 'cam', password: SECRET } } });
  await rig.isUp();
  const json = ['-H', 'Content-Type: application/json', '-d', body];
  expect(await curl(`--${kind}`, '-u', `cam:${SECRET}`, ...json, rig.url())).toBe('200');
  expect(await curl(`--${kind}`, '-u', 'cam:guess', ...json, rig.url())).toBe('401');
  expect(await curl(`--${kind}`, '-u', `cat:${SECRET}`, ...json, rig.url())).toBe('401');
  expect(await curl(...json, rig.url())).toBe('401');
  expect(rig.values()).toEqual(['gauge-1/level 1']);
});

test('digest: an answer to a nonce that is not ours, or for another path, is refused; the same with another body is another push', async () => {
  await using rig = await openRig({ link: { auth: { kind: 'digest', username: 'cam', password: SECRET } } });
  await rig.isUp();
  const md5 = (text: string) => createHash('md5').update(text).digest('hex');
  const answer = (nonce: string, uri = '/push/cloud') => {
    const response = md5(`${md5(`cam:gengfu:${SECRET}`)}:${nonce}:00000001:c:auth:${md5(`POST:${uri}`)}`);
    return `Digest username="cam", realm="gengfu", nonce="${nonce}", uri="${uri}", qop=auth, nc=00000001, cnonce="c", response="${response}"`;
  };
  const challenge = (await post(rig.url(), body)).headers.get('www-authenticate') ?? '';
  const nonce = /nonce="([^"]+)"/.exec(challenge)?.[1] ?? '';
  const send = (authorization: string, sent = body) => post(rig.url(), sent, { Authorization: authorization });
  expect(
    (await send(answer(`${Date.now().toString(36)}.${'0'.repeat(64)}`))).headers.get('www-authenticate'),
  ).toContain('stale=true');
  expect((await send(answer(nonce, '/elsewhere'))).status).toBe(401);
  expect(await send(answer(nonce))).toMatchObject({ status: 200, body: { readings: 1 } });
  expect(await send(answer(nonce))).toMatchObject({ status: 200, body: { duplicates: 1 } });
  expect(await send(answer(nonce), '{"imei":"861","level":2}')).toMatchObject({ status: 200, body: { readings: 1 } });
});

test('no secret is in logs, status or answers', async () => {
  const lines: string[] = [];
  const write = (nouns: object, text: string) => void lines.push(JSON.stringify(nouns) + text);
  const log: Log = { debug: write, info: write, warn: write, error: write };
  await using rig = await openRig({ link: { auth: { kind: 'path-token', token: SECRET } }, log });
  await rig.isUp();
  const answers = [
    await post(rig.url(`/push/cloud/${SECRET}`), '{'),
    await post(rig.url(`/push/cloud/${SECRET}/nobody`), { v: 1 }),
    await post(rig.url(`/push/cloud/${SECRET}/a/b`), body),
  ];
  expect(answers.map(({ status }) => status)).toEqual([400, 200, 404]);
  expect(JSON.stringify([answers.map((each) => each.body), rig.link.status(), lines])).not.toContain(SECRET);
});
