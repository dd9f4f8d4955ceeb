import { expect, test } from 'vitest';
import { z } from 'zod';
import * as shapes from '../../../gateway/api/shapes.ts';
import { apiUnderTest } from './api-under-test.ts';

const METHODS = new Set(['get', 'post', 'put', 'patch', 'delete']);

interface Operation {
  readonly summary?: string;
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly required?: boolean }[];
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: object }>>;
  readonly security?: readonly object[];
}

await using api = await apiUnderTest();
const [first, second] = await Promise.all([
  api.ask({ url: '/api/openapi.json' }),
  api.ask({ url: '/api/openapi.json' }),
]);
const document = first.json();
const operations = Object.entries<Record<string, Operation>>(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

test('the document is for anyone, and the same for two who ask at once', () => {
  expect(first.statusCode).toBe(200);
  expect(first.headers['content-type']).toMatch(/^application\/json/);
  expect(second.body).toBe(first.body);
});

test('the document is OpenAPI 3.1, and every reference in it leads somewhere', () => {
  expect(document.openapi).toMatch(/^3\.1\.\d+$/);
  expect(document.info).toMatchObject({ title: 'Gengfu', version: '0.0.0' });
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path);
  expect(references.length).toBeGreaterThan(20);
  for (const reference of references) {
    const found = reference.split('/').reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], document);
    expect(found, reference).toBeTypeOf('object');
  }
});

test('every operation says what it does, what it answers, its path’s parameters, and what a problem looks like', async () => {
  expect(operations.length).toBeGreaterThan(20);
  for (const { path, method, operation } of operations) {
    const where = `${method} ${path}`;
    expect(METHODS.has(method), where).toBe(true);
    expect(operation.summary, where).toBeTypeOf('string');
    const placed = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const declared = (operation.parameters ?? []).filter((each) => each.in === 'path');
    expect(declared.map(({ name }) => name).toSorted(), where).toEqual(placed.toSorted());
    expect(
      declared.every(({ required }) => required === true),
      where,
    ).toBe(true);
    expect(
      Object.keys(operation.responses).some((status) => status.startsWith('2')),
      where,
    ).toBe(true);
    for (const response of Object.values(operation.responses)) expect(response.description, where).toBeTypeOf('string');
    expect(operation.responses.default?.content, where).toHaveProperty('application/problem+json');
  }
});

test('what needs a session says so', async () => {
  const free = operations.filter(({ operation }) => operation.security === undefined).map(({ path }) => path);
  const forAll = ['/healthz', '/readyz', '/metrics', '/api/v1/sign-in', '/api/v1/invitation'];
  // The token in the path stands for one.
  const byToken = ['/api/v1/response/{token}', '/api/v1/response/{token}/photos'];
  expect(new Set(free)).toEqual(new Set([...forAll, ...byToken]));
});

/** What the gateway answers, against the shapes that the document promises. */
const ANSWERS: readonly [url: string, shape: z.ZodType][] = [
  ['/api/v1/session', shapes.personShape],
  ['/api/v1/alarms', z.object({ alarms: z.array(shapes.alarmShape.strict()).min(1) })],
  ['/api/v1/points', z.object({ points: z.array(shapes.pointShape.strict()).min(1) })],
  ['/api/v1/points/noise-07/la/series', shapes.seriesShape.strict()],
  ['/api/v1/answers', z.object({ answers: z.array(shapes.answerShape.strict()).min(1) })],
  ['/api/v1/links', z.record(z.string(), shapes.linkShape.strict())],
  ['/api/v1/upstreams', z.record(z.string(), shapes.upstreamShape.strict())],
  ['/api/v1/events', z.object({ events: z.array(shapes.eventShape.strict()).min(1), head: z.number() })],
  ['/readyz', shapes.healthShape],
];

test.each(ANSWERS)('%s answers in the shape that is promised', async (url, shape) => {
  await using api = await apiUnderTest();
  api.context.ledger.commit([{ alarm: 'x' }]);
  const answer = await api.ask({ url, as: 'viewer' });
  expect(answer.statusCode).toBe(200);
  shape.parse(answer.json());
});
