import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openApi } from '../../../gateway/api/open-api.ts';
import { openClock } from '../../../gateway/kit/clock.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { openLedger } from '../../../gateway/ledger/open-ledger.ts';
import { fakeContext } from '../../tools/fake-context.ts';
import { until } from '../../tools/program.ts';
import { openStream } from './event-stream.ts';

const PASSWORD = 'lantern-and-gong';

test('with the ledger and its accounts on disk: a link, a sign-in, a live entry, a sign-out', async () => {
  await using opened = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'gengfu-api-'));
  opened.defer(() => rm(dir, { recursive: true }));
  const { ledger, accounts } = await openLedger({ dir, gateway: 'test', log: silentLog });
  opened.use(ledger);
  const context = { ...fakeContext(), wire: openClock(), ledger, accounts };
  const api = opened.use(await openApi({ listen: { host: '127.0.0.1', port: 0 }, consoleDir: '/nowhere' }, context));

  const secret = new URL((await api.invite('admin')).replace('/#', '')).searchParams.get('secret');
  const headers = { 'content-type': 'application/json' };
  const post = (path: string, body: object, more: object = {}) =>
    fetch(`${api.url}/api/v1/${path}`, {
      method: 'POST',
      headers: { ...headers, ...more },
      body: JSON.stringify(body),
    });
  expect(await (await fetch(`${api.url}/api/v1/invitation?secret=${secret}`)).json()).toEqual({ role: 'admin' });
  expect((await post('invitation', { secret, name: 'first', password: PASSWORD })).status).toBe(200);
  expect((await post('invitation', { secret, name: 'second', password: PASSWORD })).status).toBe(410);
  expect((await post('sign-in', { name: 'first', password: 'wrong-password' })).status).toBe(401);
  const signedIn = await post('sign-in', { name: 'first', password: PASSWORD });
  expect(await signedIn.json()).toEqual({ name: 'first', role: 'admin' });
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';

  const event = { type: 'city.gengfu.site.changed', subject: 'test', time: '2026-07-15T22:00:00.000+08:00', data: {} };
  const [past] = await ledger.append({ events: [event], alarms: [], rules: [] });
  using stream = await openStream(api.url, { cookie, 'last-event-id': '0' });
  const [present] = await ledger.append({ events: [event], alarms: [], rules: [] });
  await until(() => stream.events('entry').length === 2, 'both entries');
  expect(stream.events('entry').map(({ data }) => JSON.stringify(data))).toEqual([past?.json, present?.json]);

  const trail = await (await fetch(`${api.url}/api/v1/audit`, { headers: { cookie } })).json();
  expect(trail.lines.map(({ who, what }: { who: string; what: string }) => `${who} ${what}`)).toEqual([
    'first signed-in',
    'first sign-in-refused',
    'first invitation-taken',
    'gateway invitation-made',
  ]);
  expect((await post('sign-out', {}, { cookie })).status).toBe(200);
  await until(() => stream.ended(), 'the end of the stream');
  expect((await fetch(`${api.url}/api/v1/session`, { headers: { cookie } })).status).toBe(401);
});
