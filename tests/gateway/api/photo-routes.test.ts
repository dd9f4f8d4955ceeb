import { expect, test } from 'vitest';
import type { Role } from '../../../gateway/ledger/accounts.ts';
import { fakeAlarm } from '../../tools/fake-context.ts';
import { apiUnderTest, cookieOf } from './api-under-test.ts';

const ID = fakeAlarm().id;
const JPEG = Buffer.from('ffd8ffe000104a46494600010100000100010000ffd9', 'hex');

/** A photo as somebody sends it from the spot. */
async function send(role: Role | undefined, alarm = ID, type = 'image/jpeg') {
  await using api = await apiUnderTest();
  const headers = { 'content-type': type, ...(role === undefined ? {} : { cookie: cookieOf(api.context, role) }) };
  const url = `/api/v1/alarms/${alarm}/photos`;
  const answer = await api.app.inject({ method: 'POST', url, headers, payload: JPEG });
  return { answer, audited: api.context.accounts.lines.map(({ what }) => what) };
}

test.each<[Role | undefined, number]>([
  [undefined, 401],
  ['viewer', 403],
  ['installer', 403],
  ['responder', 200],
  ['duty', 200],
  ['admin', 200],
])('a photo from %s is answered %i', async (role, status) => {
  const { answer, audited } = await send(role);
  expect(answer.statusCode).toBe(status);
  expect(audited.includes('alarm-photo-added')).toBe(status === 200);
});

test('neither a form nor text is a photo, and an alarm that is not open takes none', async () => {
  expect((await send('duty', ID, 'multipart/form-data')).answer.statusCode).toBe(415);
  expect((await send('duty', ID, 'text/plain')).answer.statusCode).toBe(415);
  expect((await send('duty', '019f6b2c-0000-7000-8000-0000000000ff')).answer.statusCode).toBe(404);
});

test('photos are listed, and each is given with its own type', async () => {
  await using api = await apiUnderTest();
  const { photos } = (await api.ask({ url: `/api/v1/alarms/${ID}/photos`, as: 'viewer' })).json();
  const [{ name }] = photos;
  const photo = await api.ask({ url: `/api/v1/alarms/${ID}/photos/${name}`, as: 'viewer' });
  expect([photo.statusCode, photo.headers['content-type'], photo.headers['x-content-type-options']]).toEqual([
    200,
    'image/jpeg',
    'nosniff',
  ]);
  expect((await api.ask({ url: `/api/v1/alarms/${ID}/photos/none.jpg`, as: 'viewer' })).statusCode).toBe(404);
});
