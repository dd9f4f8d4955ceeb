import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EntryDraft } from '../../../gateway/alarms/alarm-event.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { openDataLock } from '../../../gateway/ledger/data-lock.ts';
import type { Entry, LedgerBatch } from '../../../gateway/ledger/ledger.ts';
import { type LedgerOptions, openLedger } from '../../../gateway/ledger/open-ledger.ts';

/** A directory that goes with the scope. */
export async function temporaryDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'gengfu-ledger-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export const draft = (n: number, more: object = {}): EntryDraft => ({
  type: 'city.gengfu.alarm.raised',
  subject: `noise-07/la/rule-${n}`,
  time: '2026-07-15T22:34:50.000+08:00',
  data: {
    alarm: `a-${n}`,
    n,
    title: { zh: '夜间施工噪声超标', en: 'Construction noise over the night limit' },
    ...more,
  },
});

/** `n` as an event, an alarm's state and a rule's. */
export const batch = (n: number, open = true): LedgerBatch => ({
  events: [draft(n)],
  alarms: [{ id: `a-${n}`, key: `rule-${n}@noise-07/la`, open, at: n, state: { n, open } }],
  rules: [{ key: 'rule@noise-07/la', state: { n } }],
});

/** The `n` of each entry's draft. */
export const numbersOf = (entries: readonly Entry[]): number[] => entries.map(({ json }) => JSON.parse(json).data.n);

/** The ledger of a data directory that it holds. */
export async function openTestLedger(dir: string, more: Partial<LedgerOptions> = {}) {
  const lock = openDataLock(dir, silentLog);
  try {
    const { ledger, accounts } = await openLedger({ dir, gateway: 'test-01', log: silentLog, ...more });
    const dispose = async () => {
      await ledger[Symbol.asyncDispose]();
      lock[Symbol.dispose]();
    };
    return { ledger: { ...ledger, [Symbol.asyncDispose]: dispose }, accounts };
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}
