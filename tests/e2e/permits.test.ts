import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Alarm } from '../../gateway/alarms/alarm.ts';
import type { PermitEntry } from '../../gateway/rules/permit.ts';
import { openPlainSlave } from '../tools/plain-slave.ts';
import { start, until } from '../tools/program.ts';
import { openRealGateway, writeSite } from './real-gateway.ts';

const METER = `profile: meter
title: { zh: 声级计, en: Sound level meter }
protocol: modbus
every: 100ms
points:
  - { id: la, quantity: noise.la, unit: dB(A), register: { table: holding, address: 0, type: u16, scale: 0.1 } }`;
const RULES = `rules:
  - id: loud
    title: { zh: 噪声超标, en: Loud }
    on: { quantity: noise.la }
    permit: { kind: night-work, cap: yellow }
    levels: { yellow: { above: 55 }, red: { above: 60 } }`;
const iso = (at: number) => new Date(at).toISOString();
const FROM = iso(Date.now() - 3_600_000);
const filing = (id: string, to: number) =>
  `permits:\n  - { id: ${id}, on: { device: noise-1 }, from: "${FROM}", to: "${iso(to)}", status: granted }`;

interface Told {
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly data: Record<string, unknown>;
}

/** A gateway on one loud meter, with a permit that covers it for a day. */
async function openSite(id: string, permits = filing('p1', Date.now() + 86_400_000)) {
  await using opening = new AsyncDisposableStack();
  const slave = opening.use(await openPlainSlave());
  slave.registers.set(0, 650);
  const files = {
    'profiles/meter.yaml': METER,
    'links.yaml': `links:\n  - { id: one, kind: modbus-tcp, host: 127.0.0.1, port: ${slave.port} }`,
    'devices/one.yaml': 'devices:\n  - { id: noise-1, profile: meter, link: one, address: 1 }',
    'rules.yaml': RULES,
    'permits/a.yaml': permits,
  };
  const gateway = opening.use(await openRealGateway(id, { files }));
  await gateway.start();
  const session = await gateway.signIn();
  const alarm = async () => (await gateway.ask<Alarm[]>({ ask: 'alarms' }))[0];
  await until(async () => (await alarm())?.level === 'yellow', 'an alarm that the permit caps');
  const opened = opening.move();
  return {
    gateway,
    session,
    alarm,
    /** Beside the slave, which answers from this process. */
    async permits(...args: string[]) {
      await using run = start(process.execPath, ['gateway/main.ts', 'permits', ...args, '--data', gateway.data]);
      return { status: await run.ended(), said: run.output() };
    },
    told: async () => (await session.get<{ events: Told[] }>('events?after=0&limit=500')).events,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

test('revoked in the midst of an alarm: it rises at that instant, unacknowledged, and stays so over kill -9 and a file that says otherwise', async () => {
  await using box = await openSite('permits-revoked');
  const id = (await box.alarm())?.id ?? '';
  await box.gateway.ask({ ask: 'act', action: { kind: 'acknowledge', alarm: id } });
  expect(await box.permits('set', 'revoked', 'p1', '--note', '扰民')).toEqual({ status: 0, said: 'done\n' });
  // Said to be done: nothing may take it back.
  await box.gateway.kill();
  await box.gateway.start();
  expect(await box.alarm()).toMatchObject({
    id,
    level: 'red',
    acknowledged: false,
    permit: { id: 'p1', status: 'revoked' },
  });
  const session = await box.gateway.signIn('li');
  const events = (await session.get<{ events: Told[] }>('events?after=0&limit=500')).events;
  const [changed, risen] = events.slice(events.findIndex(({ type }) => type.endsWith('permit.changed')));
  expect(changed).toMatchObject({
    subject: 'p1',
    data: {
      permit: { status: 'revoked' },
      previous: { status: 'granted' },
      revision: 1,
      source: 'command',
      note: '扰民',
    },
  });
  expect(risen).toMatchObject({
    type: 'city.gengfu.alarm.level-changed',
    data: { level: 'red', previousLevel: 'yellow' },
  });
  expect(risen?.time).toBe(changed?.time);
  const { lines } = await session.get<{ lines: object[] }>('audit');
  expect(lines).toContainEqual(
    expect.objectContaining({
      what: 'permit-changed',
      detail: expect.objectContaining({ after: expect.objectContaining({ status: 'revoked' }) }),
    }),
  );

  await writeSite(box.gateway.site, { 'permits/a.yaml': filing('p1', Date.now() + 90_000_000) });
  await box.gateway.ask({ ask: 'site-reload' });
  expect(await box.gateway.ask<PermitEntry>({ ask: 'permit', id: 'p1' })).toMatchObject({
    permit: { status: 'revoked' },
    differs: { status: 'granted' },
  });
  expect(await box.alarm()).toMatchObject({ id, level: 'red' });
  expect((await box.permits('list')).said).toContain('DIFFERS');
  await using verify = start(process.execPath, ['gateway/main.ts', 'ledger', 'verify', '--data', box.gateway.data]);
  expect([await verify.ended(), verify.output()]).toEqual([0, expect.stringMatching(/^ok/)]);
});

test('the end of its window is told at that instant, and a file of an office is taken whole or not at all', async () => {
  await using box = await openSite('permits-import');
  let end = 0;
  // An end that is still to come once the gateway has it, however long that takes here.
  for (let ahead = 2000; end < Date.now(); ahead *= 2) {
    end = Math.ceil(Date.now() / 1000) * 1000 + ahead;
    await writeSite(box.gateway.site, { 'permits/a.yaml': filing('p1', end) });
    await box.gateway.ask({ ask: 'site-reload' });
  }
  await until(async () => (await box.alarm())?.level === 'red', 'the end of the window');
  const risen = (await box.told()).findLast(({ data }) => data.level === 'red');
  expect([Date.parse(risen?.time ?? ''), risen?.data.permit]).toEqual([end, { id: 'p1', status: 'expired' }]);

  const file = join(box.gateway.site, 'office.csv');
  const head = '\uFEFF编号,设备,开始日期,结束日期,状态\r\n';
  const [from, to] = [iso(Date.now() - 86_400_000).slice(0, 10), iso(Date.now() + 86_400_000).slice(0, 10)];
  await writeFile(file, `${head}n1,noise-1,${from},${to},已报备\r\nn2,noise-2,${from},${to},已报备\r\n`);
  expect(await box.permits('import', file)).toEqual({
    status: 1,
    said: `${file}: row 3: no point of this site is of device noise-2\nnothing was imported\n`,
  });
  expect((await box.alarm())?.level).toBe('red');
  await writeFile(file, `${head}n1,noise-1,${from},${to},已报备\r\n`);
  expect(await box.permits('import', file)).toEqual({
    status: 0,
    said: expect.stringContaining('1 changed, 0 as they were\n'),
  });
  expect(await box.alarm()).toMatchObject({ level: 'yellow', permit: { id: 'n1', status: 'granted' } });
  expect((await box.permits('list', '--csv')).said).toContain(`n1,noise-1,`);
  expect(await box.permits('show', 'nobody')).toMatchObject({ status: 1 });
  expect(await box.permits('add', 'n2', '--device', 'noise-1', '--from', from, '--to', to)).toMatchObject({
    status: 0,
    said: expect.stringContaining('n2 overlaps permit n1'),
  });
});
