import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { verifyLedger } from '../../gateway/ledger/verify.ts';

interface Event {
  readonly id: string;
  readonly type: string;
  readonly sequence: string;
  readonly time: string;
  readonly data: { readonly alarm: string; readonly rule: string; readonly device: string; readonly again: boolean };
}

const STEP = /[a-z-]+$/;

/** Every entry of a ledger, in order. */
export function entriesOf(data: string): Event[] {
  using db = new DatabaseSync(join(data, 'ledger.db'), { readOnly: true, timeout: 10_000 });
  return db
    .prepare('SELECT json FROM entries ORDER BY sequence')
    .all()
    .map(
      ({ json }) => JSON.parse(typeof json === 'string' ? json : Buffer.from(json as Uint8Array).toString()) as Event,
    );
}

/** What is wrong with a ledger and with what an upstream saw of it; empty when every promise was kept. */
export async function faultsOf(
  data: string,
  received: readonly string[],
  acknowledged: ReadonlySet<string>,
): Promise<string[]> {
  const faults: string[] = [];
  const { ok, problems } = await verifyLedger(join(data, 'ledger.db'));
  if (!ok) faults.push(...problems.map(({ sequence, message }) => `ledger ${sequence}: ${message}`));
  const entries = entriesOf(data);

  const active = new Map<string, string>();
  const acked = new Set<string>();
  for (const { type, sequence, data: each } of entries) {
    const key = `${each.rule}@${each.device}`;
    const step = STEP.exec(type)?.[0];
    if (step === 'raised') {
      if (active.has(key)) faults.push(`${sequence}: ${key} raised while it was active`);
      active.set(key, each.alarm);
    } else if (step === 'returned') {
      if (active.get(key) !== each.alarm) faults.push(`${sequence}: ${key} returned and was not active`);
      active.delete(key);
    } else if (step === 'acknowledged') {
      acked.add(each.alarm);
    }
  }
  for (const alarm of acknowledged) if (!acked.has(alarm)) faults.push(`the acknowledgement of ${alarm} is lost`);

  const seen = new Set<number>();
  let last = 0;
  for (const json of received) {
    const event = JSON.parse(json) as Event;
    const sequence = Number(event.sequence);
    if (seen.has(sequence)) continue;
    if (sequence !== last + 1) faults.push(`upstream: ${sequence} came after ${last}`);
    last = sequence;
    seen.add(sequence);
    if (JSON.stringify(entries[sequence - 1]) !== JSON.stringify(event))
      faults.push(`upstream: ${sequence} is not what the ledger holds`);
  }
  if (last !== entries.length) faults.push(`upstream: has ${last} of ${entries.length}`);
  return faults;
}
