import { expect, test } from 'vitest';
import { apiUnderTest } from './api-under-test.ts';

const HOST = 'gw.lan:8080';

/** Headers of a POST, and the code of the refusal, if any. */
const POSTS: readonly [sentence: string, headers: Record<string, string>, code: string | undefined][] = [
  ['a program without any of a browser’s headers passes', {}, undefined],
  ['the page itself passes', { origin: `http://${HOST}`, 'sec-fetch-site': 'same-origin' }, undefined],
  ['the page on plain HTTP, where browsers send no Sec-Fetch-Site, passes', { origin: `http://${HOST}` }, undefined],
  ['the page behind a proxy that ends TLS passes', { origin: `https://${HOST}` }, undefined],
  ['a page elsewhere does not', { origin: 'http://evil.example' }, 'cross-site'],
  ['a page on another port of the box does not', { origin: 'http://gw.lan:1880' }, 'cross-site'],
  ['a page of another name of the same site does not', { 'sec-fetch-site': 'same-site' }, 'cross-site'],
  ['a page that the browser calls cross-site does not', { 'sec-fetch-site': 'cross-site' }, 'cross-site'],
  ['a sandboxed page, whose origin is null, does not', { origin: 'null' }, 'cross-site'],
  ['a form does not', { 'content-type': 'application/x-www-form-urlencoded' }, 'media-type'],
  ['a form that pretends to be text does not', { 'content-type': 'text/plain' }, 'media-type'],
  ['JSON with its character set named passes', { 'content-type': 'application/json; charset=utf-8' }, undefined],
  ['something that only begins like JSON does not', { 'content-type': 'application/jsonp' }, 'media-type'],
];

test.each(POSTS)('%s', async (_sentence, headers, code) => {
  await using api = await apiUnderTest();
  const answer = await api.ask({
    method: 'POST',
    url: '/api/v1/sign-out',
    as: 'duty',
    headers: { host: HOST, ...headers },
  });
  expect(answer.json().code).toBe(code);
  expect(api.context.accounts.sessions.size).toBe(code === undefined ? 0 : 1);
});

test('what changes nothing is not asked where it comes from', async () => {
  await using api = await apiUnderTest();
  const answer = await api.ask({ url: '/api/v1/site', as: 'duty', headers: { 'sec-fetch-site': 'cross-site' } });
  expect(answer.statusCode).toBe(200);
});

test('a page elsewhere cannot remove a user', async () => {
  await using api = await apiUnderTest();
  await api.context.accounts.put({ name: 'old', role: 'viewer', passwordHash: '', createdAt: 0 });
  const remove = (headers: Record<string, string>) =>
    api.ask({ method: 'DELETE', url: '/api/v1/users/old', as: 'admin', headers: { host: HOST, ...headers } });
  expect((await remove({ origin: 'http://evil.example' })).json().code).toBe('cross-site');
  expect((await remove({ origin: `http://${HOST}` })).statusCode).toBe(200);
});
