import { expect, test } from 'vitest';
import {
  clockWords,
  excessWords,
  lengthWords,
  measureWords,
  numberWords,
  valueWords,
} from '../../../gateway/console/phrases.ts';
import type { Say } from '../../../gateway/console/words/words.ts';
import { zh } from '../../../gateway/console/words/zh.ts';

const fillIn = (text: string, fill: Readonly<Record<string, string | number>> = {}) =>
  text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(fill[name] ?? ''));
const words: Readonly<Record<string, string>> = zh;
/** The page's own words, without the library that looks them up. */
const say: Say = Object.assign(
  (word: keyof typeof zh, fill?: Readonly<Record<string, string | number>>) => fillIn(zh[word], fill),
  {
    of: (group: string, code: string, fill?: Readonly<Record<string, string | number>>) =>
      fillIn(words[`${group}.${code}`] ?? code, fill),
  },
);

test.each([
  ['a whole number is whole', 30, '30'],
  ['one digit after the point', 36.44, '36.4'],
  ['a nought that was measured stays', 62.04, '62.0'],
  ['two where the value is small', 1.866, '1.87'],
  ['not two where one says it', 0.8, '0.8'],
])('%s', (_sentence, value, text) => {
  expect(numberWords(value)).toBe(text);
});

test.each([
  ['a level in its unit', 66.6, 'dB(A)', 'leq 20min', '66.6 dB(A)'],
  ['fume as people write it', 2.23, 'mg/m3', 'mean 10min', '2.23 mg/m³'],
  ['an angle without a space', 24, 'deg', 'value', '24°'],
  ['a rate is per minute', 1.87, 'cm', 'rate 5min', '1.87 cm/min'],
  ['a state in words', 'low-battery', null, 'state', '电量低'],
  ['a state that the page does not know yet, as it is', 'soaked', null, 'state', 'soaked'],
  ['no value', null, 'cm', 'value', '—'],
] as const)('%s', (_sentence, value, unit, measure, text) => {
  expect(valueWords(say, value, unit, measure)).toBe(text);
});

test.each([
  ['leq 20min', '20 分钟等效声级 (Leq)'],
  ['rate 5min', '5 分钟上涨速率'],
  ['percentile 10 1h', '1 小时百分位 10 %'],
  ['silent 5min', '5 分钟无数据'],
  ['together', '多参数组合'],
  ['hydrograph 3h', 'hydrograph 3h'],
])('measure %s is %s', (measure, text) => {
  expect(measureWords(say, measure)).toBe(text);
});

test('an excess of a weighted level is in dB', () => {
  expect(excessWords(6.249, 'dB(A)')).toEqual(['6.2', 'dB']);
});

test.each([
  [59_000, '59 秒'],
  [184_000, '3 分 4 秒'],
  [7_380_000, '2 小时 3 分'],
  [90_000_000, '1 天 1 小时'],
  [-5, '0 秒'],
])('%i ms is %s', (ms, text) => {
  expect(lengthWords(say, ms)).toBe(text);
});

test.each([
  ['behind', { offMs: -28_800_000 }, '慢 8 小时 0 分，读数迟到，规则不予判定'],
  ['ahead, and refuses to be set', { offMs: 90_000, set: 'refused' }, '快 1 分 30 秒；设备拒绝校时'],
  ['ahead, and not set by the gateway', { offMs: 86_400_000, set: 'not-set' }, '快 1 天 0 小时；网关不对其校时'],
])('a clock that is %s', (_sentence, clock, text) => {
  expect(clockWords(say, clock)).toBe(text);
});
