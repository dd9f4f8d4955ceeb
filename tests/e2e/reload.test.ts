import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Alarm } from '../../gateway/alarms/alarm.ts';
import type { SiteAnswer, SiteHistory } from '../../gateway/api/context.ts';
import type { GatewayStatus } from '../../gateway/gateway.ts';
import { openPlainSlave } from '../tools/plain-slave.ts';
import { freePort, start, until } from '../tools/program.ts';
import { openRealGateway, type RealGateway, writeSite } from './real-gateway.ts';

const METER = `profile: meter
title: { zh: 声级计, en: Sound level meter }
protocol: modbus
every: 100ms
points:
  - { id: la, quantity: noise.la, unit: dB(A), register: { table: holding, address: 0, type: u16, scale: 0.1 } }`;

const loud = (above: number, title = 'Loud') => `rules:
  - { id: loud, title: { zh: 噪声超标, en: ${title} }, on: { quantity: noise.la }, levels: { yellow: { above: ${above} } } }`;

/** It is patient: a slave of this process that stands still for a while is no reason to connect anew. */
const link = (id: string, port: number) =>
  `  - { id: ${id}, kind: modbus-tcp, host: 127.0.0.1, port: ${port}, timeout: 30s }`;
const device = (id: string, on: string, address = 1) =>
  `  - { id: ${id}, profile: meter, link: ${on}, address: ${address} }`;

interface Told {
  readonly type: string;
  readonly subject: string;
  readonly data: { readonly reason: string | null; readonly again?: boolean } & Record<string, unknown>;
}

/** A gateway on two Modbus links, each with one device; its slaves, and all entries of its log since it was opened. */
async function openReloadable(id: string) {
  await using opening = new AsyncDisposableStack();
  const [one, two] = [opening.use(await openPlainSlave()), opening.use(await openPlainSlave())];
  const files = {
    'profiles/meter.yaml': METER,
    'links.yaml': ['links:', link('one', one.port), link('two', two.port)].join('\n'),
    'devices/one.yaml': ['devices:', device('noise-1', 'one')].join('\n'),
    'devices/two.yaml': ['devices:', device('noise-2', 'two')].join('\n'),
    'rules.yaml': loud(55),
  };
  const gateway = opening.use(await openRealGateway(id, { files }));
  await gateway.start();
  const session = await gateway.signIn();
  const opened = opening.move();
  const reload = () => gateway.ask<Exclude<SiteAnswer, { status: 'refused' }>>({ ask: 'site-reload' });
  return {
    gateway,
    one,
    two,
    session,
    files,
    reload,
    status: () => gateway.ask<GatewayStatus>({ ask: 'status' }),
    /** The site's status once its directory was looked at. */
    async looked() {
      const status = () => gateway.ask<GatewayStatus>({ ask: 'status' });
      await until(async () => (await status()).site.difference !== null, 'a look at the directory');
      return (await status()).site;
    },
    history: () => gateway.ask<SiteHistory>({ ask: 'site-history' }),
    alarms: () => gateway.ask<Alarm[]>({ ask: 'alarms' }),
    write: (changed: Readonly<Record<string, string>>) => writeSite(gateway.site, changed),
    async told(after = 0): Promise<Told[]> {
      return (await session.get<{ events: Told[] }>(`events?after=${after}&limit=500`)).events;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

const short = ({ type, subject, data }: Told): string =>
  [type.slice('city.gengfu.'.length), subject, data.reason, data.again ? 'again' : null].filter(Boolean).join(' ');

/** Beside the slaves, which answer from this process. */
async function gengfu(...args: string[]): Promise<{ readonly status: number | null; readonly said: string }> {
  await using run = start(process.execPath, ['gateway/main.ts', ...args]);
  return { status: await run.ended(), said: run.output() };
}

function hangUp({ pid }: RealGateway): void {
  // 0 would be all of us.
  if (pid === undefined) throw new Error('the gateway does not run');
  process.kill(pid, 'SIGHUP');
}

describe('a site changed while it runs', () => {
  test('a rule: its alarm returns where it means something else, and stays where it is only called otherwise', async () => {
    await using box = await openReloadable('reload-rule');
    box.one.registers.set(0, 650);
    await until(async () => (await box.alarms()).length === 1, 'an alarm');

    await box.write({ 'rules.yaml': loud(60) });
    hangUp(box.gateway);
    const events = () => box.told().then((all) => all.map(short));
    await until(async () => (await events()).length >= 4, 'what is told of it');
    expect(await events()).toEqual([
      'alarm.raised noise-1/la/loud',
      'site.changed site',
      'alarm.returned noise-1/la/loud rule-changed',
      'alarm.raised noise-1/la/loud again',
    ]);

    await box.write({ 'rules.yaml': loud(60, 'Too loud') });
    expect(await box.reload()).toMatchObject({ status: 'applied', changes: { rules: { changed: { ids: ['loud'] } } } });
    box.one.registers.set(0, 100);
    await until(async () => (await events()).length >= 6, 'what is told of it');
    expect((await events()).slice(4)).toEqual(['site.changed site', 'alarm.returned noise-1/la/loud']);
    const told = await box.told();
    expect(told[5]?.data).toMatchObject({ title: { en: 'Too loud' } });
    expect(told[1]?.data).toMatchObject({
      number: 2,
      by: 'SIGHUP',
      from: 'directory',
      of: null,
      previous: expect.any(String),
    });
    expect([box.one.connections, box.two.connections]).toEqual([1, 1]);
    expect((await box.session.get<{ lines: { what: string; who: string }[] }>('audit')).lines).toContainEqual(
      expect.objectContaining({ what: 'site-applied', who: 'SIGHUP' }),
    );
  });

  test('a device more on a bus and a link gone: the others keep their connection, what is gone returns', async () => {
    await using box = await openReloadable('reload-links');
    box.one.registers.set(0, 650);
    box.two.registers.set(0, 650);
    await until(async () => (await box.alarms()).length === 2, 'both alarms');

    await box.write({
      'devices/two.yaml': ['devices:', device('noise-2', 'two'), device('noise-3', 'two', 2)].join('\n'),
    });
    await box.reload();
    await until(async () => (await box.alarms()).length === 3, 'the alarm of the new device');
    expect((await box.told()).map(short).slice(2)).toEqual(['site.changed site', 'alarm.raised noise-3/la/loud']);
    expect([box.one.connections, box.two.connections]).toEqual([1, 1]);

    await rm(join(box.gateway.site, 'devices', 'two.yaml'));
    await box.write({ 'links.yaml': ['links:', link('one', box.one.port)].join('\n') });
    const answer = await box.reload();
    expect(answer.changes).toMatchObject({ links: { removed: { ids: ['two'] } }, devices: { removed: { count: 2 } } });
    await until(() => box.two.open === 0, 'the link to be closed');
    const events = async () => (await box.told()).map(short).slice(4);
    await until(async () => (await events()).length >= 3, 'what is told of it');
    expect((await events()).toSorted()).toEqual([
      'alarm.returned noise-2/la/loud point-removed',
      'alarm.returned noise-3/la/loud point-removed',
      'site.changed site',
    ]);
    expect([box.one.connections, box.one.open]).toEqual([1, 1]);
    const { points } = await box.session.get<{ points: { key: string }[] }>('points');
    expect(points.map(({ key }) => key)).not.toContain('noise-2/la');
  });

  test('what is not right is told with its places wherever it was asked, and the site before goes on', async () => {
    await using box = await openReloadable('reload-bad');
    const place = 'rules.yaml:2:5';
    const own = readFileSync(join(box.gateway.site, 'site.yaml'), 'utf8');
    await box.write({ 'rules.yaml': 'rules:\n  - { id: loud, titel: x }' });
    const answer = await gengfu('site', 'reload', '--data', box.gateway.data);
    expect(answer.said).toContain(place);
    expect(answer.status).toBe(1);
    const problem = await box.session.post('site/reload', {});
    expect(problem.status).toBe(422);
    const { code, errors } = (await problem.json()) as { code: string; errors: { path: string; message: string }[] };
    expect(code).toBe('site-invalid');
    expect(errors.every(({ path }) => /^rules\.yaml:\d+:\d+$/.test(path))).toBe(true);
    hangUp(box.gateway);
    await until(async () => (await box.status()).site.failures === 3, 'three failures');
    expect((await box.status()).site.error).toContain(place);
    expect(await (await fetch(`${box.gateway.url}/metrics`)).text()).toMatch(/^gengfu_site_reload_failures 3$/m);
    await box.gateway.says('the one before goes on');

    await box.write({ 'rules.yaml': 'rules: [' });
    expect((await box.session.post('site/reload', {})).status).toBe(422);
    await box.write({ 'site.yaml': 'gateway: other-1\ntimeZone: Asia/Shanghai', 'rules.yaml': loud(55) });
    const other = await box.session.post('site/reload', {});
    expect([other.status, await other.json()]).toMatchObject([409, { code: 'site-needs-restart' }]);
    const sites = join(box.gateway.data, 'sites');
    await rm(sites, { recursive: true });
    await writeFile(sites, '');
    await writeSite(box.gateway.site, { 'site.yaml': own, 'rules.yaml': loud(70) });
    const unkept = await box.session.post('site/reload', {});
    expect([unkept.status, await unkept.json()]).toMatchObject([
      503,
      { detail: expect.stringContaining('cannot be kept') },
    ]);
    box.one.registers.set(0, 650);
    await until(async () => (await box.alarms()).length === 1, 'the alarm by the rules before');
    expect([box.one.connections, box.two.connections]).toEqual([1, 1]);
  });

  test('the console moves to another port; a port that cannot be had is a failure', async () => {
    await using box = await openReloadable('reload-port');
    const own = readFileSync(join(box.gateway.site, 'site.yaml'), 'utf8');
    const moved = (port: number) => own.replace(/(listen: "127\.0\.0\.1:)\d+/, `$1${port}`).trimEnd();
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    await box.write({ 'site.yaml': moved(port), 'rules.yaml': loud(50) });
    const refused = await box.session.post('site/reload', {});
    taken.close();
    expect([refused.status, await refused.json()]).toMatchObject([
      503,
      { code: 'site-failed', hint: expect.any(String) },
    ]);
    box.one.registers.set(0, 530);
    expect(await box.alarms()).toEqual([]);

    const free = await freePort();
    await box.write({ 'site.yaml': moved(free) });
    expect((await box.session.post('site/reload', {})).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${free}/readyz`)).status).toBe(200);
    await until(
      () =>
        fetch(`${box.gateway.url}/readyz`).then(
          () => false,
          () => true,
        ),
      'the old address to be closed',
    );
    await until(async () => (await box.alarms()).length === 1, 'the alarm by the new rules');
    expect([box.one.connections, box.two.connections]).toEqual([1, 1]);
  });
});

describe('sites that were applied', () => {
  test('one is put back, outlives a restart, and is never written over the directory', async () => {
    await using box = await openReloadable('reload-back');
    await box.write({ 'people.yaml': 'contacts: []' });
    await box.reload();
    await box.write({ 'rules.yaml': loud(40) });
    await box.reload();
    box.one.registers.set(0, 450);
    await until(async () => (await box.alarms()).length === 1, 'an alarm');
    expect((await box.session.post('site/back', { number: 9 })).status).toBe(404);

    const back = await gengfu('site', 'back', '2', '--data', box.gateway.data);
    expect([back.status, back.said]).toEqual([0, 'applied: site 4\n']);
    const { said: told } = await gengfu('site', 'history', '--data', box.gateway.data);
    expect(told.split('\n').map((line) => line.slice(0, 6))).toEqual([
      '*    4',
      '     3',
      '     2',
      '     1',
      'the si',
      '  chan',
      '',
    ]);
    expect(told).toContain('changed rules.yaml');
    const sites = join(box.gateway.data, 'sites');
    const [newest] = (await readdir(sites)).filter((name) => name.startsWith('4-'));
    expect((await stat(join(sites, newest ?? '', 'people.yaml'))).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(box.gateway.site, 'rules.yaml'), 'utf8')).toContain('above: 40');

    await box.gateway.kill();
    await box.gateway.start();
    await box.gateway.says('it was put in the place of the directory');
    expect(await box.looked()).toMatchObject({ number: 4, difference: [{ file: 'rules.yaml', change: 'changed' }] });
    expect((await box.history()).sites).toHaveLength(4);

    // Whoever changes the directory wants it: a start takes it.
    await box.write({ 'rules.yaml': loud(42) });
    await box.gateway.stop();
    await box.gateway.start();
    await until(async () => (await box.status()).site.number === 5, 'the directory');
    expect((await box.looked()).difference).toEqual([]);
    const last = (await box.gateway.ask<SiteHistory>({ ask: 'site-history' })).sites[0];
    expect(last).toMatchObject({ from: 'directory', by: 'start' });

    // A directory that is not right any more does not keep the box from its watch.
    await box.write({ 'rules.yaml': 'rules: {' });
    await box.gateway.kill();
    await box.gateway.start();
    await box.gateway.says(/rules\.yaml:\d+:\d+: /);
    await box.gateway.says('the directory is not right');
    expect(await box.looked()).toMatchObject({ number: 5, difference: [{ file: 'rules.yaml', change: 'changed' }] });
  });

  test('ten are kept, and a start with another site than before is told of once', async () => {
    await using box = await openReloadable('reload-ten');
    for (let i = 0; i < 12; i++) {
      await box.write({ 'rules.yaml': loud(70 + i) });
      await box.reload();
    }
    expect((await box.history()).sites.map(({ number }) => number)).toEqual([13, 12, 11, 10, 9, 8, 7, 6, 5, 4]);
    expect(await box.reload()).toMatchObject({ status: 'unchanged', number: 13 });
    await box.gateway.stop();
    await box.write({ 'rules.yaml': loud(90) });
    const changed = async () => (await box.told()).filter(({ type }) => type.endsWith('site.changed')).length;
    for (let starts = 0; starts < 2; starts++) {
      await box.gateway.start();
      await until(async () => (await changed()) === 13, 'the entry of the start');
      await box.gateway.kill();
    }
  });
});

test('signals in a storm, at the start and at the end: one reload at a time, no harm', async () => {
  await using box = await openReloadable('reload-storm');
  await box.write({ 'rules.yaml': loud(60) });
  for (let i = 0; i < 50; i++) hangUp(box.gateway);
  await until(async () => (await box.status()).site.number === 2, 'the changed site');
  expect((await box.status()).site).toMatchObject({ failures: 0 });
  const two = () => Promise.all([box.session.post('site/reload', {}), box.session.post('site/reload', {})]);
  const statuses = async () =>
    (await two())
      .map(({ status }) => status)
      .toSorted()
      .join();
  await until(async () => (await statuses()) === '200,409', 'one that is done and one that is refused');
  hangUp(box.gateway);
  const ending = box.gateway.stop();
  hangUp(box.gateway);
  expect(await ending).toBe(0);
  const starting = box.gateway.start();
  await until(
    () => box.gateway.pid !== undefined && readFileSync(`/proc/${box.gateway.pid}/cmdline`, 'utf8') !== '',
    'a process',
  );
  await until(() => handlesHangUp(box.gateway.pid ?? 0), 'its handler');
  for (let i = 0; i < 5; i++) hangUp(box.gateway);
  await starting;
  await until(async () => (await box.status()).site.number === 2, 'the site');
});

/** Whether a process catches SIGHUP, as the system knows it. */
function handlesHangUp(pid: number): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  return (Number.parseInt(caught.slice(-1), 16) & 1) === 1;
}

test('killed in the midst of changes, it comes back with one of the two sites, whole, and a log that is told once', async () => {
  await using box = await openReloadable('reload-kill');
  box.one.registers.set(0, 650);
  await until(async () => (await box.alarms()).length === 1, 'an alarm');
  for (let round = 0; round < 4; round++) {
    await box.write({ 'rules.yaml': loud(round % 2 === 0 ? 60 : 55) });
    hangUp(box.gateway);
    // Each time somewhat later into it.
    await new Promise((resolve) => setTimeout(resolve, 12 * round));
    await box.gateway.kill();
    await box.gateway.start();
    await until(async () => (await box.status()).site.number !== null, 'the site');
    await until(async () => (await box.alarms()).some(({ condition }) => condition === 'active'), 'the alarm');
    const { sites, difference } = await box.history();
    expect(difference).toEqual([]);
    expect((await box.status()).site.hash).toBe(sites[0]?.hash);
    expect(await readdir(join(box.gateway.data, 'sites'))).not.toContain('.pending');
  }
  const changes = (await box.told()).filter(({ type }) => type.endsWith('site.changed'));
  const hashes = changes.map(({ data }) => data.hash);
  const previous = changes.map(({ data }) => data.previous);
  // Each follows on the one before: none is left out, none told twice.
  expect(previous.slice(1)).toEqual(hashes.slice(0, -1));
  const steps = (await box.told()).map(short).filter((line) => line.startsWith('alarm.'));
  const active = steps.map((line) => line.startsWith('alarm.raised'));
  // An alarm is raised and returned in turn.
  expect(active.every((is, i) => is === (i % 2 === 0))).toBe(true);
});

test('twenty changes in a row leave nothing behind', async () => {
  await using box = await openReloadable('reload-twenty');
  const { pid = 0 } = box.gateway;
  const files = () => readdirSync(`/proc/${pid}/fd`).length;
  const threads = () => readdirSync(`/proc/${pid}/task`).length;
  const rssMb = () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  const change = async (i: number) => {
    const devices = i % 2 === 0 ? [device('noise-2', 'two')] : [device('noise-2', 'two'), device('noise-3', 'two', 2)];
    await box.write({ 'rules.yaml': loud(60 + i), 'devices/two.yaml': ['devices:', ...devices].join('\n') });
    await box.reload();
  };
  for (let i = 0; i < 4; i++) await change(i);
  await until(() => box.two.open === 1, 'the link');
  const before = { files: files(), threads: threads(), rss: rssMb() };
  for (let i = 0; i < 20; i++) await change(i);
  await until(() => box.two.open === 1, 'the link');
  await until(() => files() <= before.files, `the files ${before.files}, ${files()}`);
  expect(threads()).toBeLessThanOrEqual(before.threads);
  expect(rssMb()).toBeLessThan(before.rss + 40);
  expect([box.one.connections, box.two.connections]).toEqual([1, 1]);
  expect((await box.status()).site).toMatchObject({ failures: 0, reloads: 24 });
});
