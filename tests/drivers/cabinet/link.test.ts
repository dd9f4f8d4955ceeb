import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadSite } from '../../../config/load.ts';
import { cabinet } from '../../../drivers/cabinet/kind.ts';
import type { OpenLink } from '../../../drivers/driver.ts';
import type { Reading } from '../../../drivers/reading.ts';
import { openClock } from '../../../gateway/kit/clock.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { permit } from '../../../gateway/rules/permit.ts';
import { derive, rule } from '../../../gateway/rules/rule.ts';
import { writeSite } from '../../config/temporary-site.ts';
import { testWith, until } from '../../tools/program.ts';
import { openPtyPair } from '../../tools/pty.ts';
import { type FakeBox, GOOD_BOX, openFakeBox } from './fake-box.ts';

/** The shipped model on that box, read twenty times a second; the newest reading of each point, and all values of it. */
async function openCabinet(box: FakeBox, more = '') {
  const site = await writeSite({
    'site.yaml': `gateway: g
timeZone: Asia/Shanghai
links: [{ id: box, kind: cabinet, sysfs: ${box.sysfs}, proc: ${box.proc}${more} }]
devices:
  - id: cabinet-01
    profile: cabinet-box
    link: box
    scene: cabinet
    points:
${['mains', 'battery', 'door', 'water', 'temperature', 'supply', 'modem', 'signal', 'sim-bytes']
  .map(
    (id) => `      ${id}: { every: 50ms${id === 'water' ? ', gpio: { line: 27, bias: pull-up, debounce: 0ms }' : ''} }`,
  )
  .join('\n')}
`,
  });
  const loaded = await loadSite(site.dir, { drivers: [cabinet], rule, permit, derive, upstreams: [], channels: [] });
  expect(loaded.problems).toEqual([]);
  const spec = loaded.site?.links[0];
  const clock = openClock({ trust: () => 'synchronised' });
  const context = { clock, wire: openClock(), log: silentLog, dir: join(box.dir, 'link') };
  const link: OpenLink = await cabinet.open(spec as Parameters<typeof cabinet.open>[0], context);
  const newest = new Map<string, Reading>();
  const values = new Map<string, unknown[]>();
  const stop = new AbortController();
  const pumping = (async () => {
    for await (const batch of link.readings(stop.signal)) {
      for (const reading of batch) {
        const id = reading.point.slice('cabinet-01/'.length);
        newest.set(id, reading);
        values.set(id, [...(values.get(id) ?? []), reading.value ?? reading.code]);
      }
    }
  })();
  const of = (id: string) => newest.get(id)?.value ?? newest.get(id)?.code;
  return {
    link,
    of,
    values,
    is: (id: string, value: unknown) => until(() => of(id) === value, `${id} to be ${value}, and not ${of(id)}`),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await link[Symbol.asyncDispose]();
      await pumping;
      await site[Symbol.asyncDispose]();
    },
  };
}

test('all that the shipped model has is read of a box that has it', async () => {
  await using box = await openFakeBox();
  await using open = await openCabinet(box);
  const wanted = {
    mains: 'on',
    battery: 87,
    door: 'closed',
    water: 'dry',
    temperature: 48.312,
    supply: 'normal',
    modem: 'registered',
    signal: -71,
    'sim-bytes': 0,
  };
  for (const [id, value] of Object.entries(wanted)) await open.is(id, value);
  expect(open.link.status()).toMatchObject({ state: 'up', devices: { 'cabinet-01': { answers: true } } });
  expect(open.link.status().error).toBeUndefined();
  const calls = await box.read('calls');
  expect(calls).toContain('gpioget --bias=pull-up gpiochip0 17 27\n');
  expect(calls).toContain('mmcli -m any -J\n');
});

test('what changes is told: an edge at once, the rest within a period', async () => {
  await using box = await openFakeBox();
  await using open = await openCabinet(box);
  await open.is('door', 'closed');
  await until(() => open.link.status().counters.monitors === 1, 'gpiomon');
  await box.edge('17 1');
  await open.is('door', 'open');
  await box.edge('27 0');
  await open.is('water', 'wet');
  await box.write({
    'sys/class/power_supply/ac/online': '0\n',
    'sys/class/hwmon/hwmon1/in0_lcrit_alarm': '1\n',
    'sys/class/net/wwan0/statistics/rx_bytes': '3500000\n',
  });
  await open.is('mains', 'off');
  await open.is('supply', 'low');
  await open.is('sim-bytes', 2.5);
  await box.remove('mmcli.json');
  await open.is('modem', 'no-modem');
  expect(open.of('signal')).toBe('no-modem');
});

test('a box that has nothing of it gives bad readings that say why, and the link is down', async () => {
  const { PATH } = process.env;
  await using box = await openFakeBox({});
  process.env.PATH = '/nowhere';
  try {
    await using open = await openCabinet(box);
    const wanted = {
      mains: 'no-supply',
      battery: 'no-supply',
      door: 'no-program',
      water: 'no-program',
      temperature: 'no-sensor',
      supply: 'no-sensor',
      modem: 'no-program',
      signal: 'no-program',
      'sim-bytes': 'no-interface',
    };
    for (const [id, code] of Object.entries(wanted)) await open.is(id, code);
    const status = open.link.status();
    expect(status).toMatchObject({ state: 'down', devices: { 'cabinet-01': { answers: false } } });
    expect(status.error).toContain('gpioget is not installed: apt-get install gpiod');
    expect(status.error).toContain('mmcli is not installed: apt-get install modemmanager');
  } finally {
    process.env.PATH = PATH;
  }
});

testWith('socat')('a link whose modem does not answer closes at once', async () => {
  await using box = await openFakeBox();
  await using pty = await openPtyPair();
  const cabinet = await openCabinet(box, `, timeout: 60s, modem: { by: at, port: ${pty.ours} }`);
  await cabinet.is('mains', 'on');
  await cabinet[Symbol.asyncDispose]();
  expect(cabinet.of('modem')).toBeUndefined();
});

test('lines that another program holds come back by themselves', async () => {
  await using box = await openFakeBox({ ...GOOD_BOX, busy: '' });
  await using open = await openCabinet(box);
  await open.is('door', 'program');
  expect(open.link.status().error).toContain('Device or resource busy');
  await until(() => open.link.status().state === 'up', 'what is read beside them');
  await box.remove('busy');
  await open.is('door', 'closed');
});

test('a month goes on after a restart, and after a boot of the box', async () => {
  await using box = await openFakeBox();
  {
    await using open = await openCabinet(box);
    await open.is('sim-bytes', 0);
    await box.write({ 'sys/class/net/wwan0/statistics/rx_bytes': '2000000\n' });
    await open.is('sim-bytes', 1);
  }
  await box.write({ 'sys/class/net/wwan0/statistics/rx_bytes': '2500000\n' });
  {
    await using open = await openCabinet(box);
    await open.is('sim-bytes', 1.5);
    await box.write({ 'sys/class/net/wwan0/statistics/rx_bytes': '3000000\n' });
    await open.is('sim-bytes', 2);
  }
  await box.write({
    'sys/class/net/wwan0/statistics/rx_bytes': '4000000\n',
    'sys/class/net/wwan0/statistics/tx_bytes': '0\n',
    'proc/sys/kernel/random/boot_id': 'two\n',
  });
  await using open = await openCabinet(box);
  await open.is('sim-bytes', 6);
});

test('a damaged count begins anew, and the rest goes on', async () => {
  await using box = await openFakeBox({ ...GOOD_BOX, 'link/data-month-wwan0.json': '{"month":' });
  await using open = await openCabinet(box);
  await open.is('sim-bytes', 0);
  await open.is('mains', 'on');
});
