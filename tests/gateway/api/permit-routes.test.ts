import { expect, test } from 'vitest';
import { apiUnderTest } from './api-under-test.ts';

const URL = '/api/v1/permits';
/** What the site's files of the gateway in memory hold. */
const OWN = 'bg-2026-0715-02';
const NEW = {
  id: '嘉南夜施〔2026〕15号',
  on: { device: 'noise-07' },
  from: '2026-07-20',
  to: '2026-07-22',
  hours: '22:00-02:00',
  status: 'applied',
};

test('a permit is added, found by its number, changed and listed, and each change is in the audit trail with who did it', async () => {
  await using api = await apiUnderTest();
  const added = await api.ask({ method: 'POST', url: URL, body: NEW, as: 'duty' });
  expect(added.json()).toMatchObject({
    status: 'done',
    permit: { permit: NEW, revision: 1, source: 'api', by: 'some-duty' },
  });
  const url = `${URL}/${encodeURIComponent(NEW.id)}`;
  expect((await api.ask({ url, as: 'viewer' })).json()).toMatchObject({ permit: NEW });
  const body = { status: 'granted', hours: null, revision: 1, comment: '准予' };
  const changed = await api.ask({ method: 'PATCH', url, body, as: 'admin' });
  expect(changed.json()).toMatchObject({ status: 'done', permit: { permit: { status: 'granted' }, revision: 2 } });
  expect(changed.json().permit.permit).not.toHaveProperty('hours');
  const all = (await api.ask({ url: `${URL}?status=granted`, as: 'viewer' })).json();
  expect([all.total, all.permits.map((each: { permit: { id: string } }) => each.permit.id)]).toEqual([
    2,
    [OWN, NEW.id],
  ]);
  expect((await api.ask({ url: `${URL}?limit=1&after=${OWN}`, as: 'viewer' })).json()).toMatchObject({
    permits: [{ permit: { id: NEW.id } }],
    total: 2,
  });
  const audit = api.context.permitBatches.flatMap((batch) => batch.audit);
  expect(audit).toMatchObject([
    { who: 'some-duty', from: '10.0.0.9', what: 'permit-changed', detail: { before: null, after: NEW } },
    { who: 'some-admin', detail: { before: { status: 'applied' }, after: { status: 'granted' }, note: '准予' } },
  ]);
});

test('one of the files is revoked, and what the file says is shown beside it', async () => {
  await using api = await apiUnderTest();
  await api.ask({ method: 'PATCH', url: `${URL}/${OWN}`, body: { status: 'revoked' }, as: 'duty' });
  expect((await api.ask({ url: `${URL}/${OWN}`, as: 'viewer' })).json()).toMatchObject({
    permit: { status: 'revoked' },
    source: 'api',
    differs: { status: 'granted' },
  });
});

const REFUSED: readonly (readonly [
  says: string,
  method: 'POST' | 'PATCH',
  path: string,
  body: object,
  status: number,
  code: string,
])[] = [
  ['a number that is taken', 'POST', '', { ...NEW, id: OWN }, 409, 'permit-exists'],
  ['a site that is not there', 'POST', '', { ...NEW, on: { device: 'noise-99' } }, 422, 'permit-site'],
  ['an end before the begin', 'POST', '', { ...NEW, to: '2026-07-01' }, 400, 'invalid'],
  ['an unknown field', 'POST', '', { ...NEW, colour: 'red' }, 400, 'invalid'],
  ['a number that nobody has', 'PATCH', '/nobody', { status: 'revoked' }, 404, 'no-such-permit'],
  ['an unknown status', 'PATCH', `/${OWN}`, { status: 'approved' }, 400, 'invalid'],
  ['an unknown field in a change', 'PATCH', `/${OWN}`, { stat: 'revoked' }, 400, 'invalid'],
  ['another number', 'PATCH', `/${OWN}`, { id: 'x' }, 400, 'invalid'],
  ['an older revision', 'PATCH', `/${OWN}`, { status: 'revoked', revision: 3 }, 409, 'permit-revision'],
];

test.each(REFUSED)('refused: %s', async (_says, method, path, body, status, code) => {
  await using api = await apiUnderTest();
  const answer = await api.ask({ method, url: `${URL}${path}`, body, as: 'duty' });
  expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
  expect(api.context.permitBatches).toEqual([]);
});

test('what is not on disk in time is said', async () => {
  await using api = await apiUnderTest();
  api.context.refuse = { code: 'not-durable', message: '' };
  const answer = await api.ask({ method: 'POST', url: URL, body: NEW, as: 'duty' });
  expect([answer.statusCode, answer.json().code]).toEqual([503, 'not-durable']);
});
