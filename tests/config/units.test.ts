import { expect, test } from 'vitest';
import { nearest } from '../../config/nearest.ts';
import { QUANTITIES } from '../../config/quantities.ts';
import { planConversion, spellingOf, unitsOf } from '../../config/units.ts';

test.each([
  ['mm', 'cm', 1234, 123.4],
  ['m', 'cm', 1.5, 150],
  ['cm', 'm', 25, 0.25],
  ['mg/m3', 'ug/m3', 0.05, 50],
  ['ng/m3', 'ug/m3', 1500, 1.5],
  ['ug/m3', 'mg/m3', 2000, 2],
  ['mA', 'A', 850, 0.85],
  ['K', 'Cel', 300, 26.85],
  ['degF', 'Cel', 212, 100],
  ['degF', 'Cel', -40, -40],
  ['1', '%', 0.5, 50],
  ['rad', 'deg', Math.PI, 180],
  ['km/h', 'm/s', 36, 10],
  ['mm/min', 'mm/h', 1, 60],
  ['kPa', 'Pa', 101.3, 101_300],
])('%s → %s: %d is %d', (from, to, value, expected) => {
  const { factor, offset } = planConversion(from, to) ?? { factor: Number.NaN, offset: 0 };
  expect(value * factor + offset).toBeCloseTo(expected, 9);
});

test.each([
  ['dB(A)', 'cm'],
  ['A', 'V'],
  ['furlong', 'm'],
  ['constructor', 'toString'],
])('%s cannot be converted to %s', (from, to) => {
  expect(planConversion(from, to)).toBeUndefined();
});

test('every quantity that is a number has a unit that is known', () => {
  for (const [name, { unit }] of [...QUANTITIES].flatMap(([name, each]) =>
    'unit' in each ? [[name, each] as const] : [],
  )) {
    expect(unitsOf(unit), name).toContain(unit);
    expect(planConversion(unit, unit)).toEqual({ factor: 1, offset: 0 });
  }
});

test('other spellings lead to the one that is used here', () => {
  expect([spellingOf('℃'), spellingOf('µg/m³'), spellingOf('Celsius'), spellingOf('toString')]).toEqual([
    'Cel',
    'ug/m3',
    'Cel',
    undefined,
  ]);
});

test.each([
  ['adress', 'address'],
  ['nihgt', 'night'],
  ['colour', undefined],
  ['address', undefined],
  ['x'.repeat(10_000), undefined],
])('near %s is %s', (word, expected) => {
  expect(nearest(word, ['address', 'night', 'id'])).toBe(expected);
});
