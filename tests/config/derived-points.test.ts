import { expect, test } from 'vitest';
import { loadSite } from '../../config/load.ts';
import { standInKinds } from './stand-in-kinds.ts';
import { type Files, GOOD, problemsOf, SECRETS, writeSite } from './temporary-site.ts';

const derive = (text: string): Files => ({ ...GOOD, 'rules/derive.yaml': `derive:\n  - ${text}\n` });

const loaded = async (files: Files) => {
  await using dir = await writeSite(files);
  const { site, problems } = await loadSite(dir.dir, standInKinds, { env: SECRETS });
  expect(problems).toEqual([]);
  return site?.points.filter(({ derived }) => derived !== undefined) ?? [];
};

test('of a level all that acousticians ask for is derived, per hour, day and night', async () => {
  const points = await loaded(derive('{ on: { quantity: noise.la }, per: [1h, day, night] }'));
  const told = points.map(({ key, quantity, everyMs }) => `${key} ${quantity} ${everyMs / 3_600_000}`);
  expect(told).toEqual([
    ...['leq', 'l5', 'l10', 'l50', 'l90', 'l95', 'max', 'min'].map((each) => `noise-1/la.1h.${each} noise.${each} 1`),
    'noise-1/la.1h.valid valid.share 1',
    'noise-1/la.day.leq noise.ld 24',
    ...['l5', 'l10', 'l50', 'l90', 'l95', 'max', 'min'].map((each) => `noise-1/la.day.${each} noise.${each} 24`),
    'noise-1/la.day.valid valid.share 24',
    'noise-1/la.night.leq noise.ln 24',
    ...['l5', 'l10', 'l50', 'l90', 'l95', 'max', 'min'].map((each) => `noise-1/la.night.${each} noise.${each} 24`),
    'noise-1/la.night.valid valid.share 24',
    'noise-1/la.ldn noise.ldn 24',
  ]);
  expect(points[0]).toMatchObject({
    deviceName: '一号',
    unit: 'dB(A)',
    scene: 'construction',
    place: { grid: 'JS-01' },
    derived: { from: 'noise-1/la', per: 3_600_000, value: 'leq', coverage: 0.75 },
  });
});

test('rules stand on what is derived, and of what is derived twice the first counts', async () => {
  const rule = 'id: ln, title: { zh: 一, en: One }, on: { quantity: noise.ln }, levels: { yellow: { above: 45 } }';
  const twice = `{ on: { device: noise-1 }, per: [night], values: [leq], coverage: 50% }\n  - { on: { device: noise-1 }, per: [night] }\nrules: [{ ${rule} }]`;
  const points = await loaded(derive(twice));
  expect(points.filter(({ quantity }) => quantity === 'noise.ln').map(({ derived }) => derived?.coverage)).toEqual([
    0.5,
  ]);
});

const at = (column: number) => `rules/derive.yaml:2:${column}: `;

test.each([
  {
    says: 'a window that is none',
    text: '{ on: { device: noise-1 }, per: [evening] }',
    problems: [`${at(38)}per: there is no window "evening"; known: night, day`],
  },
  {
    says: 'a time that does not divide a day',
    text: '{ on: { device: noise-1 }, per: [7min] }',
    problems: [
      `${at(38)}per: a duration from 1min on that divides a day, such as 1h, or the name of a window (this is text "7min")`,
    ],
  },
  {
    says: 'a quantity of which nothing is derived',
    text: '{ on: { device: gateway, point: clock }, per: [1h] }',
    problems: [
      `${at(7)}on: nothing is derived of clock.trust (gateway/clock); of noise.la, noise.leq, fume.concentration it is`,
    ],
  },
  {
    says: 'a value that the quantity has not',
    text: '{ on: { device: noise-1 }, per: [1h], values: [leq, mean] }',
    problems: [
      `${at(57)}values: of noise.la there is no "mean"; known: leq, l5, l10, l50, l90, l95, max, min, valid, ldn`,
    ],
  },
])('$says is told where it stands', async ({ text, problems }) => {
  expect(await problemsOf(derive(text))).toEqual(problems);
});
