import { expect, test } from 'vitest';
import { problemsOf } from './temporary-site.ts';

const rules = (parents: Readonly<Record<string, string>>) => {
  const each = Object.entries(parents).map(
    ([id, by]) =>
      `  - id: ${id}\n    title: { zh: 一, en: One }\n    on: { quantity: noise.la }\n    levels: { blue: { above: 5 } }\n${
        by === '' ? '' : `    suppressedBy: ${by}\n`
      }`,
  );
  return { 'rules/b.yaml': `rules:\n${each.join('')}` };
};

test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
  ['a parent that is there is no problem', { a: 'b', b: '' }, []],
  ["the gateway's own rules may suppress", { a: 'gengfu.ledger' }, []],
  [
    'a parent that is not there suppresses nothing',
    { a: 'nobody' },
    ['rules/b.yaml:6:19: warning: suppressedBy: there is no rule nobody, so it suppresses nothing'],
  ],
  [
    'two that suppress each other are refused, each at its place',
    { a: '[b]', b: 'c', c: 'a' },
    [
      'rules/b.yaml:6:5: suppressedBy: rule a and rule b suppress each other: of two that are active, nobody would be told',
      'rules/b.yaml:11:19: suppressedBy: rule b and rule c suppress each other: of two that are active, nobody would be told',
      'rules/b.yaml:16:19: suppressedBy: rule c and rule a suppress each other: of two that are active, nobody would be told',
    ],
  ],
])('%s', async (_says, parents, problems) => {
  expect((await problemsOf(rules(parents))).filter((each) => each.startsWith('rules/b.yaml'))).toEqual(problems);
});
