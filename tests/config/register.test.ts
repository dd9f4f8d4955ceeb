import { expect, test } from 'vitest';
import { loadSite } from '../../config/load.ts';
import { placeRegister, register } from '../../config/register.ts';
import { standInKinds } from './stand-in-kinds.ts';
import { type Files, GOOD, problemsOf, SECRETS, writeSite } from './temporary-site.ts';

test.each([
  ['without a word of its size', {}, 'unknown'],
  ['two stoves', { stoves: 2 }, 'small'],
  ['three stoves', { stoves: 3 }, 'medium'],
  ['six stoves', { stoves: 6 }, 'large'],
  ['power at the edge of medium', { stovePower: 5 }, 'medium'],
  ['power short of large', { stovePower: 9.9 }, 'medium'],
  ['a hood of 6.6 m2', { hoodArea: 6.6 }, 'large'],
  ['few stoves under a large hood', { stoves: 2, hoodArea: 7 }, 'large'],
  ['a size that was registered goes before all', { stoves: 6, kitchen: 'small' }, 'small'],
])('a kitchen %s', (_, given, size) => {
  expect(placeRegister(undefined, register.parse(given)).kitchen).toBe(size);
});

const site = (device: string, rules: string): Files => ({
  ...GOOD,
  'site.yaml': `${GOOD['site.yaml']}register: { noiseClass: 2, fumeStandard: beijing }\n`,
  'devices/a.yaml': `${GOOD['devices/a.yaml']}${device}`,
  'rules/b.yaml': `rules:\n  - { id: r, title: { zh: 一, en: One }, levels: { yellow: { above: 50 } }, on: { ${rules} } }\n`,
});

test("a device's register goes before the site's, and rules select by it", async () => {
  await using dir = await writeSite(
    site('    register: { noiseClass: 4a, licence: "9133" }\n', 'register: { noiseClass: [4a, 4b] }'),
  );
  const { site: found, problems } = await loadSite(dir.dir, standInKinds, { env: SECRETS });
  expect(problems).toEqual([]);
  expect(found?.points[0]?.register).toEqual({
    noiseClass: '4a',
    licence: '9133',
    fumeStandard: 'beijing',
    kitchen: 'unknown',
  });
});

test('a rule on what no register has is told, and one that no point matches', async () => {
  expect(await problemsOf(site('', 'register: { noiseclas: "2" }'))).toEqual([
    expect.stringContaining('no point of this site matches'),
    expect.stringContaining('on.register: there is no "noiseclas"; did you mean "noiseClass"?'),
  ]);
  expect(await problemsOf(site('', 'register: { kitchen: big }'))).toEqual([
    expect.stringContaining('no point of this site matches'),
    expect.stringContaining('on.register.kitchen: is never "big"; known: unknown, small, medium, large'),
  ]);
  expect(await problemsOf(site('', 'register: { noiseClass: "2" }'))).toEqual([]);
});
