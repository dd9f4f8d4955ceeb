import { expect, test } from 'vitest';
import { siteSchemas } from '../../config/schema.ts';
import { standInKinds } from './stand-in-kinds.ts';

const at = (value: unknown, ...path: (string | number)[]): unknown =>
  path.reduce<unknown>((found, step) => (found as Record<string | number, unknown> | undefined)?.[step], value);

const schemas = siteSchemas(standInKinds);

test('there is a schema for every kind of file, in the draft that editors know', () => {
  expect(Object.keys(schemas)).toEqual([
    'site.yaml',
    'links.yaml',
    'devices/*.yaml',
    'rules/*.yaml',
    'permits/*.yaml',
    'profiles/*.yaml',
    'people.yaml',
  ]);
  for (const schema of Object.values(schemas))
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
});

test("the drivers' own fields stand beside the common ones", () => {
  const devices = at(schemas['devices/*.yaml'], 'properties', 'devices', 'anyOf', 0, 'items', 'anyOf');
  expect(devices).toMatchObject([
    { properties: { id: {}, profile: {}, address: { type: 'integer', maximum: 247 } }, additionalProperties: false },
    { properties: { id: {}, profile: {}, topic: {} } },
  ]);
  const links = at(schemas['links.yaml'], 'properties', 'links', 'anyOf', 0, 'items', 'anyOf');
  expect(links).toMatchObject([
    { properties: { kind: { const: 'serial' } }, required: ['id', 'kind', 'port'] },
    { properties: { kind: { const: 'tcp' } } },
    { properties: { kind: { const: 'broker' } } },
  ]);
  const profiles = at(schemas['profiles/*.yaml'], 'anyOf');
  expect(profiles).toMatchObject([
    { properties: { protocol: { const: 'bus' }, points: { items: { properties: { register: {}, quantity: {} } } } } },
    { properties: { protocol: { const: 'air' } } },
  ]);
});

test('a rule without kind is one of limits', () => {
  const rules = at(schemas['rules/*.yaml'], 'properties', 'rules', 'anyOf', 0, 'items', 'oneOf') as {
    properties: { kind: { const: string } };
    required: string[];
  }[];
  expect(rules.map((each) => [each.properties.kind.const, each.required.includes('kind')])).toEqual([
    ['limit', false],
    ['state', true],
    ['quality', true],
    ['silent', true],
    ['stuck', true],
    ['together', true],
  ]);
});

test('what may be left out is not required', () => {
  expect(schemas['site.yaml'].required).toEqual(['gateway', 'timeZone']);
});
