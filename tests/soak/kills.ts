import { askGateway } from '../../gateway/door.ts';
import { sentBy } from '../e2e/events.ts';
import { openMosquitto } from '../tools/mosquitto.ts';
import { until } from '../tools/program.ts';
import { openSoakedGateway, openStorm } from './soaked-gateway.ts';
import { entriesOf, faultsOf } from './whole.ts';

export interface KillReport {
  readonly rounds: number;
  readonly events: number;
  readonly acknowledged: number;
  readonly duplicates: number;
  readonly faults: readonly string[];
}

interface OpenAlarm {
  readonly id: string;
  readonly acknowledged: boolean;
}

/** Acknowledges what is open as long as it is answered; what was answered `done` must never be lost. */
async function acknowledgeAll(data: string, done: Set<string>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const open = (await askGateway(data, { ask: 'alarms' })) as OpenAlarm[];
      const alarm = open.find(({ acknowledged }) => !acknowledged);
      if (alarm === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        continue;
      }
      const acknowledge = { kind: 'acknowledge', alarm: alarm.id };
      if ((await askGateway(data, { ask: 'act', action: acknowledge })) === 'done') done.add(alarm.id);
    } catch {
      // Killed in the midst of it: nothing was promised.
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** `kill -9` at random instants under a storm of alarms, an upstream reading along, people acknowledging. */
export async function soakKills(rounds: number, say: (text: string) => void = () => {}): Promise<KillReport> {
  await using mosquitto = await openMosquitto();
  await using received = await mosquitto.subscribe('gengfu/v1/soak-01/events');
  await using gateway = await openSoakedGateway(mosquitto.port);
  const done = new Set<string>();
  const ending = new AbortController();
  using storm = openStorm(gateway.broker, 60);
  const acknowledging = acknowledgeAll(gateway.data, done, ending.signal);
  for (let round = 1; round <= rounds; round++) {
    await gateway.start();
    const before = await gateway.head();
    await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 1500));
    // On a machine that is starved nothing may have happened yet.
    await until(async () => (await gateway.head()) > before + 10 && done.size >= round, 'something to happen');
    await gateway.kill();
    say(
      `round ${round}: ${entriesOf(gateway.data).length} events, ${done.size} acknowledged, ${storm.sent()} messages`,
    );
  }
  storm[Symbol.dispose]();
  ending.abort();
  await acknowledging;
  await gateway.start();
  const lines = () => sentBy(received);
  const sequences = () => new Set(lines().map((line) => (JSON.parse(line) as { sequence: string }).sequence));
  const all = await gateway.head();
  await until(() => sequences().size >= all, 'the upstream to have all');
  await gateway.kill();
  const faults = await faultsOf(gateway.data, lines(), done);
  const events = entriesOf(gateway.data).length;
  return { rounds, events, acknowledged: done.size, duplicates: lines().length - sequences().size, faults };
}
