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

test('without an upstream there is no backlog', async () => {
  await using dir = await writeSite({ 'site.yaml': 'gateway: g\ntimeZone: UTC\n' });
  const { site } = await loadSite(dir.dir, standInKinds);
  expect(told(site?.points ?? [])).toEqual(['gateway/clock clock.trust - 10 s', 'gateway/disk disk.used % 10 s']);
});
