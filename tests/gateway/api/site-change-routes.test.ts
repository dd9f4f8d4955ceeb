import { expect, test } from 'vitest';
import { apiUnderTest } from './api-under-test.ts';

test('a change of the site is asked for by who is signed in, and answered', async () => {
  await using api = await apiUnderTest();
  const reloaded = await api.ask({ method: 'POST', url: '/api/v1/site/reload', as: 'installer' });
  expect([reloaded.statusCode, reloaded.json()]).toEqual([200, api.context.siteAnswer]);
  await api.ask({ method: 'POST', url: '/api/v1/site/back', body: { number: 3 }, as: 'admin' });
  expect(api.context.siteAsked).toEqual(['reload some-installer', 'back 3 some-admin']);
  const wrong = await api.ask({ method: 'POST', url: '/api/v1/site/back', body: { number: 0 }, as: 'admin' });
  expect([wrong.statusCode, wrong.json().code]).toEqual([400, 'invalid']);
});

test('a refusal is a problem document with every place', async () => {
  await using api = await apiUnderTest();
  const problems = [
    { path: 'rules/a.yaml:3:5', message: 'unknown key' },
    { path: 'site.yaml:1:1', message: 'is wanted' },
  ];
  api.context.siteAnswer = { status: 'refused', code: 'site-invalid', message: 'the site has 2 errors', problems };
  const answer = await api.ask({ method: 'POST', url: '/api/v1/site/reload', as: 'admin' });
  expect(answer.headers['content-type']).toContain('application/problem+json');
  expect([answer.statusCode, answer.json()]).toMatchObject([
    422,
    { code: 'site-invalid', detail: 'the site has 2 errors', errors: problems },
  ]);
});

test('the sites that were applied, and the difference of the directory', async () => {
  await using api = await apiUnderTest();
  expect((await api.ask({ url: '/api/v1/site/history', as: 'installer' })).json()).toEqual(
    await api.context.siteHistory(),
  );
});
