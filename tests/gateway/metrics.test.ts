import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastify from 'fastify';
import { expect, test } from 'vitest';
import { measureRequests } from '../../gateway/api/metrics.ts';
import { type Measured, openMetrics } from '../../gateway/metrics.ts';

/** A status that nobody asks for here: only names are looked at. */
const unasked = (): never => {
  throw new Error('asked');
};

test('the page lists every metric with its labels, and no other', async () => {
  using metrics = openMetrics({} as unknown as Measured);
  metrics.watchTime(unasked);
  metrics.watchOutputs(unasked);
  metrics.watchCalls(unasked);
  metrics.watchSite(unasked);
  await using app = fastify();
  measureRequests(app, metrics.registry, () => 0);

  const page = await readFile(join(import.meta.dirname, '../../docs/operation.md'), 'utf8');
  const listed = page.matchAll(/`(gengfu_[a-z_]+)(?:\{([a-z,]+)\})?`/g);
  const told = new Map([...listed].map(([, name, labels]) => [name, labels?.split(',') ?? []]));
  const names = metrics.registry.getMetricsAsArray().map(({ name }) => name);
  expect([...told.keys()].toSorted()).toEqual(names.toSorted());
  for (const name of names) {
    const metric = metrics.registry.getSingleMetric(name) as unknown as { readonly labelNames: readonly string[] };
    expect([name, told.get(name)]).toEqual([name, [...metric.labelNames]]);
  }
});
