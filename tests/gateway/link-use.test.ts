import { expect, test } from 'vitest';
import type { LinkStatus, OpenLink } from '../../drivers/driver.ts';
import { type Measured, openMetrics } from '../../gateway/metrics.ts';

const link = (use?: LinkStatus['use']): OpenLink => ({
  async *readings() {},
  status: () => ({ state: 'up', counters: {}, devices: {}, ...(use === undefined ? {} : { use }) }),
  async [Symbol.asyncDispose]() {},
});

test('the use of links that know it is on /metrics', async () => {
  const links = new Map([
    ['bus-1', link({ planned: 1.34, measured: 0.97 })],
    ['air', link()],
  ]);
  // Nothing else is looked at for these two.
  using metrics = openMetrics({ links } as unknown as Measured);
  const texts = ['planned', 'measured'].map((name) =>
    metrics.registry.getSingleMetricAsString(`gengfu_link_use_${name}`),
  );
  const lines = (await Promise.all(texts)).flatMap((text) => text.split('\n').filter((line) => !line.startsWith('#')));
  expect(lines.filter((line) => line !== '')).toEqual([
    'gengfu_link_use_planned{link="bus-1"} 1.34',
    'gengfu_link_use_measured{link="bus-1"} 0.97',
  ]);
});
