import { expect, test } from 'vitest';
import { loadSite } from '../../../config/load.ts';
import type { GatewaySite } from '../../../gateway/kinds.ts';
import { kinds } from '../../../gateway/kinds.ts';
import { piecesOf, SiteBuilder } from '../../../gateway/site/site-pieces.ts';
import { planSite } from '../../../gateway/site/site-plan.ts';
import { writeSite } from '../../config/temporary-site.ts';

const FILES = {
  'site.yaml':
    'gateway: g\ntimeZone: Asia/Shanghai\npacks: [device-health]\nwindows: { night: "22:00-06:00" }\nbroker: { listen: "127.0.0.1:1883" }',
  'links.yaml': 'links: [{ id: a, kind: modbus-tcp, host: 127.0.0.1 }, { id: b, kind: mqtt }]',
  'devices.yaml': [
    'devices:',
    ...Array.from({ length: 130 }, (_, i) => `  - { id: n-${i}, profile: renke-rs-zs, link: a, address: ${i + 1} }`),
    `  - { id: s, profile: generic-smoke, link: b, topic: s, password: "\${env:P}" }`,
  ].join('\n'),
  'rules.yaml': [
    'rules:',
    '  - { id: loud, title: { zh: 响, en: Loud }, on: { quantity: noise.la }, levels: { red: { above: 70 } } }',
    'derive: [{ on: { quantity: noise.la }, per: [1h], values: [leq] }]',
  ].join('\n'),
};

async function load(files: Readonly<Record<string, string>>): Promise<GatewaySite> {
  await using site = await writeSite(files);
  const { site: loaded, problems } = await loadSite(site.dir, kinds, { env: { P: 'a long password' } });
  if (loaded === null) throw new Error(problems.map(({ file, message }) => `${file}: ${message}`).join('\n'));
  return loaded;
}

/** As a thread gives it to another. */
function passed(site: GatewaySite, before: GatewaySite | null): GatewaySite {
  const { head, pieces } = piecesOf(site);
  const builder = new SiteBuilder(structuredClone(head), before);
  for (let next = pieces.next(); !next.done; next = pieces.next()) builder.add(structuredClone(next.value));
  return builder.build();
}

test('a site that was taken apart and put together is the same, piece by small piece', async () => {
  const site = await load(FILES);
  expect(passed(site, null)).toEqual(site);
  const points = [...{ [Symbol.iterator]: () => piecesOf(site).pieces }].map(({ items }) =>
    items.reduce((sum: number, each) => sum + ('points' in each ? each.points.length : 1), 0),
  );
  expect(points.length).toBeGreaterThan(5);
  expect(Math.max(...points)).toBeLessThan(100);
});

test('what is equal is the very part that was there before, and only that', async () => {
  const before = await load(FILES);
  const same = passed(await load(FILES), before);
  expect(same.links[0]).toBe(before.links[0]);
  expect(same.points.every((point, i) => point === before.points[i])).toBe(true);
  expect(same.rules.every((rule, i) => rule === before.rules[i])).toBe(true);

  const changed = await load({
    ...FILES,
    'devices.yaml': FILES['devices.yaml'].replace('address: 7 ', 'address: 200 '),
  });
  const after = passed(changed, before);
  expect(after).toEqual(changed);
  expect(after.links[1]).toBe(before.links[1]);
  expect(after.links[0]).not.toBe(before.links[0]);
  const isOld = (after.links[0]?.devices ?? []).map((device, i) => device === before.links[0]?.devices[i]);
  expect(isOld.flatMap((is, i) => (is ? [] : [i]))).toEqual([6]);
  expect(planSite(before, after).devices.changed).toEqual(['n-6']);
});
