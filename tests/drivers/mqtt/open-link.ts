import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { OpenLink } from '../../../drivers/driver.ts';
import { type MqttDevice, mqtt } from '../../../drivers/mqtt/kind.ts';
import type { Point } from '../../../drivers/point.ts';
import type { Reading } from '../../../drivers/reading.ts';
import { type Clock, openClock } from '../../../gateway/kit/clock.ts';
import { type Log, silentLog } from '../../../gateway/kit/log.ts';

export const point = (
  device: string,
  id: string,
  more: Partial<Point> & Pick<MqttDevice['points'][number], 'source'>,
) => ({
  key: `${device}/${id}`,
  device,
  id,
  quantity: 'x.test',
  everyMs: 43_200_000,
  convert: { factor: 1, offset: 0 },
  ...more,
});

/** A device that publishes `{"state":1}` on `sensors/{id}`. */
export const jsonDevice = (id: string, everyMs = 600_000): MqttDevice => ({
  id,
  options: { topic: `sensors/${id}`, password: `${id}-secret` },
  profile: {},
  points: [point(id, 'state', { everyMs, source: { json: '$.state' }, states: { 0: 'normal', 1: 'alarm' } })],
});

/** A manhole cover behind a network server. */
export const tiltDevice = (id: string, devEui: string, more: Partial<MqttDevice['options']> = {}): MqttDevice => ({
  id,
  options: { devEui, ...more },
  profile: { codec: 'milesight-em310-tilt' },
  points: [
    point(id, 'z', { source: { field: 'angle-z' }, range: [-180, 180] }),
    point(id, 'battery', { source: { field: 'battery' } }),
    point(id, 'signal', { source: { field: 'signal' } }),
  ],
});

const optionsOf = (given: object) => z.parse(mqtt.links.mqtt ?? z.never(), given);

export interface OpenLinkOptions {
  readonly log?: Log;
  /** A folder that outlives the link; otherwise it has one of its own. */
  readonly dir?: string;
  /** What the gateway does with a batch. */
  readonly afterBatch?: (link: OpenLink, batch: readonly Reading[]) => void;
}

/** An open link of those options whose readings are gathered as they come. */
export async function openLink(
  given: object,
  devices: readonly MqttDevice[],
  clock?: Clock,
  { log = silentLog, dir: own, afterBatch = () => {} }: OpenLinkOptions = {},
) {
  const wire = openClock();
  const dir = own ?? (await mkdtemp(join(tmpdir(), 'mqtt-')));
  const link = await mqtt.open(
    { id: 'air', kind: 'mqtt', options: optionsOf(given), devices },
    { clock: clock ?? wire, wire, log, dir },
  );
  const stop = new AbortController();
  const readings: Reading[] = [];
  const reading = (async () => {
    for await (const batch of link.readings(stop.signal)) {
      readings.push(...batch);
      afterBatch(link, batch);
    }
  })();
  return {
    link,
    readings,
    /** Its devices are these from now on. */
    change(changed: readonly MqttDevice[]) {
      const exchange = link.change?.(changed);
      if (exchange === undefined) throw new Error('it cannot be changed');
      exchange();
    },
    count: (name: string) => link.status().counters[name] ?? 0,
    values: () => readings.map(({ point, value, code }) => `${point} ${value ?? code}`),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await reading;
      await link[Symbol.asyncDispose]();
      if (own === undefined) await rm(dir, { recursive: true });
    },
  };
}
