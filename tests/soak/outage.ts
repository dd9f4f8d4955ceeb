import { sentBy } from '../e2e/events.ts';
import { openMosquitto } from '../tools/mosquitto.ts';
import { until } from '../tools/program.ts';
import { openSoakedGateway, openStorm } from './soaked-gateway.ts';
import { faultsOf } from './whole.ts';

export interface OutageReport {
  readonly seconds: number;
  /** That occurred while the broker was away. */
  readonly events: number;
  readonly faults: readonly string[];
}

/** The upstream's broker stopped for `seconds` while `events` events occur, and the gateway killed in the midst. */
export async function soakOutage(seconds: number, events: number): Promise<OutageReport> {
  await using mosquitto = await openMosquitto();
  await using received = await mosquitto.subscribe('gengfu/v1/soak-01/events');
  await using gateway = await openSoakedGateway(mosquitto.port);
  await gateway.start();
  using storm = openStorm(gateway.broker, 60);
  const count = () => gateway.head();
  await until(async () => (await count()) > 20, 'first events');
  await mosquitto.stop();
  const [before, since] = [await count(), performance.now()];
  await until(async () => (await count()) - before >= events / 2, 'half of the events', 120_000);
  await gateway.kill();
  await gateway.start();
  await until(
    async () => (await count()) - before >= events && performance.now() - since >= seconds * 1000,
    'the outage',
    240_000,
  );
  await mosquitto.start();
  storm[Symbol.dispose]();
  const lines = () => sentBy(received);
  const sequences = () => new Set(lines().map((line) => (JSON.parse(line) as { sequence: string }).sequence));
  const all = await count();
  await until(() => sequences().size >= all, 'the upstream to have all', 120_000);
  await gateway.kill();
  return { seconds, events: all - before, faults: await faultsOf(gateway.data, lines(), new Set()) };
}
