import { describe, expect, test } from 'vitest';
import { en } from '../../../gateway/console/words/en.ts';
import { firstLanguage } from '../../../gateway/console/words/words.ts';
import { zh } from '../../../gateway/console/words/zh.ts';
import { LEVELS } from '../../../gateway/rules/finding.ts';

const holes = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

describe('the words of the page', () => {
  test('both languages have the same keys', () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort());
  });

  test('both fill in the same things, and none is empty', () => {
    for (const [key, text] of Object.entries(zh)) {
      const other = Object.entries(en).find(([name]) => name === key)?.[1] ?? '';
      expect(text, key).not.toBe('');
      expect(other, key).not.toBe('');
      expect(holes(other), key).toEqual(holes(text));
    }
  });

  test('no English word is left in Chinese characters, but the switch to Chinese', () => {
    const left = Object.entries(en).filter(([key, text]) => key !== 'language.switch' && /\p{Script=Han}/u.test(text));
    expect(left).toEqual([]);
  });

  test('every level has its word', () => {
    for (const level of LEVELS) expect(Object.keys(zh)).toContain(`level.${level}`);
  });

  test.each([
    ['one who chose before gets that', 'en', 'zh-CN', 'en'],
    ['an English browser gets English', null, 'en-GB', 'en'],
    ['a Chinese browser gets Chinese', null, 'zh-CN', 'zh'],
    ['any other gets Chinese', null, 'fr', 'zh'],
    ['what was remembered wrongly is not used', 'xx', 'en', 'en'],
  ] as const)('%s', (_sentence, remembered, browser, wanted) => {
    expect(firstLanguage(remembered, browser)).toBe(wanted);
  });
});
