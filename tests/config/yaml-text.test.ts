import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { mergeFields } from '../../config/merged-fields.ts';
import { YamlText } from '../../config/yaml-text.ts';

const NEW = { id: 'n-2', name: '二号: 门', place: { grid: 'JS-01', at: [120.7, 30.7] }, serial: '20260117' };
const BLOCK = [
  '- id: n-2',
  '  name: "二号: 门"',
  '  place: { grid: JS-01, at: [ 120.7, 30.7 ] }',
  '  serial: "20260117"',
];
const lines = (indent: string) => BLOCK.map((line) => `${indent}${line}\n`).join('');

/** What stands there, and where in it the new entry comes to stand: everything beside it is the same to the byte. */
const ADDED: readonly (readonly [what: string, before: string, after: string])[] = [
  ['an empty file', '', `devices:\n${lines('  ')}`],
  ['a file of comments', '# the street\n', `# the street\ndevices:\n${lines('  ')}`],
  ['a file without the list', 'links:\n  - id: a # one\n', `links:\n  - id: a # one\ndevices:\n${lines('  ')}`],
  ['a file without an end of line', 'gateway: g', `gateway: g\ndevices:\n${lines('  ')}`],
  ['an empty list', 'devices: [] # none yet\nx: 1\n', `devices: # none yet\n${lines('  ')}x: 1\n`],
  ['a list of nothing', 'devices:\nx: 1\n', `devices:\n${lines('  ')}x: 1\n`],
  [
    'entries with comments, and one after the last',
    'devices:\n    # the first\n    - id: n-1   # one\n      address: 0x03\n    # - id: old\nrules: []\n',
    `devices:\n    # the first\n    - id: n-1   # one\n      address: 0x03\n${lines('    ')}    # - id: old\nrules: []\n`,
  ],
  ['a list that is not indented', 'devices:\n- id: n-1\n', `devices:\n- id: n-1\n${lines('')}`],
  [
    'entries with blank lines between',
    'devices:\n  - id: n-0\n\n  - id: n-1\n\nx: 1\n',
    `devices:\n  - id: n-0\n\n  - id: n-1\n\n${lines('  ')}\nx: 1\n`,
  ],
  [
    'entries in braces',
    'devices:\n  - { id: n-1, address: 3 }',
    'devices:\n  - { id: n-1, address: 3 }\n  - { id: n-2, name: "二号: 门", place: { grid: JS-01, at: [ 120.7, 30.7 ] }, serial: "20260117" }\n',
  ],
  [
    'a list in brackets',
    'devices: [{ id: n-1 }] # all\n',
    'devices: [{ id: n-1 }, { id: n-2, name: "二号: 门", place: { grid: JS-01, at: [ 120.7, 30.7 ] }, serial: "20260117" }] # all\n',
  ],
  [
    'a text over several lines at the end',
    'devices:\n  - id: n-1\n    note: |\n      one\n      two\nx: 1\n',
    `devices:\n  - id: n-1\n    note: |\n      one\n      two\n${lines('  ')}x: 1\n`,
  ],
  [
    'entries with blank lines between, and a text at the end that keeps those behind it',
    'devices:\n  - id: n-0\n\n  - id: n-1\n    note: |+\n      one\n\nx: 1\n',
    `devices:\n  - id: n-0\n\n  - id: n-1\n    note: |+\n      one\n\n${lines('  ')}x: 1\n`,
  ],
  [
    'lines that end as on Windows, and a byte order mark',
    '\uFEFFdevices:\r\n  - id: n-1\r\n',
    `\uFEFFdevices:\r\n  - id: n-1\r\n${lines('  ').replaceAll('\n', '\r\n')}`,
  ],
];

test.each(ADDED)('an entry is added to %s', (_, before, after) => {
  expect(new YamlText(before).add('devices', NEW)).toBe(after);
});

test.each([
  ['a text over several lines', 'a\nb', '"a\\nb"'],
  ['such a text in a list', [1, 'a\nb', '中'], '[ 1, "a\\nb", "中" ]'],
  ['such a text beside a zero below zero', [-0, 'a\n"b'], '[ -0, "a\\n\\"b" ]'],
  ['such a text in a map', { at: -0, name: 'a\nb' }, '{ at: -0, name: "a\\nb" }'],
  ['a key over several lines', { 'a\nb': 1 }, '{ "a\\nb": 1 }'],
])('%s is written on one line', (_, note, written) => {
  const added = new YamlText('devices:\n').add('devices', { id: 'n-1', note });
  expect(added).toBe(`devices:\n  - id: n-1\n    note: ${written}\n`);
  expect(parse(added)).toEqual({ devices: [{ id: 'n-1', note }] });
});

const FILE = `devices:
  - id: n-1 # one
    name: 一号
    asset: { serial: A1, grade: warning } # from the plate
    place:
      # by hand
      grid: JS-01
    tags:
      - a
  - { id: n-2, asset: {} }
  - id: n-3
    asset:
      serial: "7" # seven
      owner:
`;

const CHANGED: readonly (readonly [what: string, index: number, fields: object, from: string, to: string])[] = [
  ['a value', 0, { name: '东门' }, 'name: 一号', 'name: 东门'],
  ['a value that must be quoted', 0, { name: '# 7, [a]' }, 'name: 一号', 'name: "# 7, [a]"'],
  ['a field of a map in braces', 0, { asset: { serial: 'B2' } }, 'serial: A1', 'serial: B2'],
  ['a field more in braces', 0, { asset: { owner: '街道' } }, 'grade: warning }', 'grade: warning, owner: 街道 }'],
  ['a field less in braces', 0, { asset: { grade: null } }, '{ serial: A1, grade: warning }', '{ serial: A1 }'],
  [
    'all fields less: the key goes',
    0,
    { asset: { grade: null, serial: null } },
    '    asset: { serial: A1, grade: warning } # from the plate\n',
    '',
  ],
  ['a field of a map below its key', 0, { place: { grid: 'JS-02' } }, 'grid: JS-01', 'grid: JS-02'],
  [
    'a field more below its key',
    0,
    { place: { at: [120, 30] } },
    'grid: JS-01\n',
    'grid: JS-01\n      at: [ 120, 30 ]\n',
  ],
  ['a list', 0, { tags: ['b'] }, 'tags:\n      - a', 'tags: [ b ]'],
  ['a key more', 0, { scene: 'kitchen' }, '      - a\n', '      - a\n    scene: kitchen\n'],
  ['a field of an empty map', 1, { asset: { serial: '0x10' } }, '{} }', '{ serial: "0x10" } }'],
  ['a value where none is', 2, { asset: { owner: '街道' } }, 'owner:\n', 'owner: 街道\n'],
  [
    'a value less',
    2,
    { asset: { serial: null, owner: '街道' } },
    '      serial: "7" # seven\n      owner:\n',
    '      owner: 街道\n',
  ],
  ['what is not there, taken away', 2, { name: null, asset: { maker: null } }, '', ''],
];

test.each(CHANGED)('changed: %s', (_, index, fields, from, to) => {
  expect(FILE).toContain(from);
  expect(new YamlText(FILE).change('devices', index, { ...fields })).toBe(FILE.replace(from, to));
});

test('several entries are changed at once, and one is taken out', () => {
  const changes = new Map(['X', 'Y'].map((name, i) => [i * 2, { name, asset: { serial: name } }] as const));
  const text = new YamlText(FILE).changeAll('devices', changes);
  expect(text).toBe(
    FILE.replace('一号', 'X')
      .replace('serial: A1', 'serial: X')
      .replace('serial: "7"', 'serial: Y')
      .replace('owner:\n', 'owner:\n    name: Y\n'),
  );
  expect(new YamlText(FILE).remove('devices', 1)).toBe(FILE.replace('  - { id: n-2, asset: {} }\n', ''));
  expect(new YamlText('devices:\n  # a\n  - id: a\n').remove('devices', 0)).toBe('devices:\n  # a\n');
  expect(new YamlText('devices: [{ id: a }, { id: b }]\n').remove('devices', 0)).toBe('devices: [{ id: b }]\n');
});

describe('what is written in an unusual way is left to its author', () => {
  test.each([
    ['no YAML', 'devices: [', /no YAML/],
    ['a root in braces', '{ devices: [{ id: a }] }', /key a line/],
    ['a list by alias', 'x: &x [{ id: a }]\ndevices: *x\n', /alias/],
    ['no list', 'devices: { a: 1 }\n', /no list/],
    ['a list within a line', 'devices:\n  - - id: a\n', /no map/],
  ])('%s', (_, text, why) => {
    expect(() => new YamlText(text).change('devices', 0, { name: 'x' })).toThrow(why);
  });

  test('an entry that another shares by an anchor is not changed with it', () => {
    const text = 'devices:\n  - &a { id: a, asset: { serial: x } }\n  - { <<: *a, id: b }\n  - *a\n';
    expect(() => new YamlText(text).change('devices', 0, { asset: { serial: 'y' } })).toThrow(/unusual/);
    expect(() => new YamlText(text).change('devices', 2, { name: 'y' })).toThrow(/no map/);
  });
});

const word = fc.string({
  unit: fc.constantFrom('a', '1', ' ', ':', '#', '"', "'", '-', ',', '{', ']', '\n', '中', '~'),
});
const scalar = fc.oneof(word, fc.integer(), fc.boolean(), fc.double({ noNaN: true, noDefaultInfinity: true }));
const field = fc.constantFrom('name', 'asset', 'place', 'tags', 'n');
const map = fc.dictionary(
  field,
  fc.oneof(
    scalar,
    fc.array(scalar, { minLength: 1 }),
    fc.dictionary(field, scalar, { minKeys: 1, noNullPrototype: true }),
  ),
);

/** Indenting the whole of it changes texts that go over several lines. */
const says = (text: string, value: object): boolean => {
  try {
    return isDeepStrictEqual(parse(text), value);
  } catch {
    return false;
  }
};

test('whatever is written, the file says it afterwards, and every other line is as it was', () => {
  const style = fc.record({ flow: fc.boolean(), indentSeq: fc.boolean() });
  fc.assert(
    fc.property(
      fc.array(map, { minLength: 1, maxLength: 4 }),
      map,
      style,
      fc.nat(3),
      (entries, fields, { flow, indentSeq }, n) => {
        const before = entries.map((entry, i) => ({ id: `d-${i}`, ...entry }));
        const options = { indentSeq, ...(flow ? { collectionStyle: 'flow' as const, lineWidth: 0 } : {}) };
        const text = `# top\ndevices:\n${stringify(before, options).replaceAll(/^(?=.)/gm, '  ')}end: 1 # end\n`;
        fc.pre(says(text, { devices: before, end: 1 }));
        const index = n % before.length;
        const added = new YamlText(text).add('devices', { id: 'new', ...fields });
        expect(parse(added).devices.at(-1)).toEqual({ id: 'new', ...fields });
        const kept = added.split('\n');
        for (const line of flow ? ['# top', 'end: 1 # end'] : text.split('\n')) expect(kept).toContain(line);
        const changed = new YamlText(text).change('devices', index, fields);
        expect(parse(changed).devices[index]).toEqual(mergeFields(before[index], fields));
        expect(parse(new YamlText(text).remove('devices', index)).devices ?? []).toEqual(
          before.filter((_, i) => i !== index),
        );
      },
    ),
    { numRuns: 60 },
  );
});
