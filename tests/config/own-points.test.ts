import { expect, test } from 'vitest';
import { loadSite } from '../../config/load.ts';
import { standInKinds } from './stand-in-kinds.ts';
import { GOOD, SECRETS, writeSite } from './temporary-site.ts';

const told = (points: readonly { key: string; quantity: string; unit: string | null; everyMs: number }[]) =>
  points.map(({ key, quantity, unit, everyMs }) => `${key} ${quantity} ${unit ?? '-'} ${everyMs / 1000} s`);

test('a site has, beside those of its devices, a point of each link and those of the gateway, where the gateway is', async () => {
  await using dir = await writeSite({
    ...GOOD,
    'site.yaml': `${GOOD['site.yaml']}name: 一号\nplace: { grid: JS, at: [120.7, 30.7] }\n`,
  });
  const { site } = await loadSite(dir.dir, standInKinds, { env: SECRETS });
  expect(told(site?.points ?? [])).toEqual([
    'noise-1/la noise.la dB(A) 5 s',
    'link:bus-1/state link.state - 10 s',
    'link:plc/state link.state - 10 s',
    'gateway/clock clock.trust - 10 s',
    'gateway/disk disk.used % 10 s',
    'gateway/backlog upstream.backlog events 10 s',
  ]);
  expect(site?.points.at(1)).toMatchObject({
    deviceName: 'bus-1',
    link: 'bus-1',
    place: { grid: 'JS', at: [120.7, 30.7] },
    states: { up: 'up', down: 'down' },
  });
  expect(site?.points.at(-1)).toMatchObject({ deviceName: '一号', link: '', place: { grid: 'JS' } });
});

test('each output has two, where its device is; a rule may name it', async () => {
  const rule = (device: string) =>
    `  - { id: ${device.replace(':', '-')}, title: { zh: 一, en: One }, kind: state, on: { device: "${device}", point: followed }, levels: { red: { is: [failed] } } }`;
  const rules = ['rules:', rule('output:siren'), rule('output:siern')].join('\n');
  await using dir = await writeSite({
    ...GOOD,
    'rules/own.yaml': `outputs: [{ id: siren, kind: siren, point: noise-1/la }]\n${rules}`,
  });
  const { problems } = await loadSite(dir.dir, standInKinds, { env: SECRETS });
  expect(problems.map(({ message }) => message)).toContainEqual(
    expect.stringContaining('there is no device "output:siern"; did you mean "output:siren"?'),
  );
  expect(problems.filter(({ message }) => message.includes('output-siren'))).toEqual([]);
});

test('without an upstream there is no backlog', async () => {
  await using dir = await writeSite({ 'site.yaml': 'gateway: g\ntimeZone: UTC\n' });
  const { site } = await loadSite(dir.dir, standInKinds);
  expect(told(site?.points ?? [])).toEqual(['gateway/clock clock.trust - 10 s', 'gateway/disk disk.used % 10 s']);
});
