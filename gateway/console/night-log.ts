import { useEffect, useMemo, useState } from 'react';
import { api, type LogEntry } from './api.ts';
import { useKnown } from './store.ts';
import { timeOfDay } from './time.ts';

const PAGE = 500;
/** A storm must not fill the browser: so many entries back at most. */
const MOST = 4000;
const NOON_S = 12 * 3600;

/** The last noon at the site before `now`, UTC ms: a night belongs to one day of work. */
export function lastNoon(now: number, zone: string): number {
  const [h = 0, min = 0, s = 0] = timeOfDay(now, zone).split(':').map(Number);
  const since = h * 3600 + min * 60 + s - NOON_S;
  return now - (since < 0 ? since + 86_400 : since) * 1000;
}

async function fetchBack(head: number): Promise<readonly LogEntry[] | null> {
  const all: LogEntry[] = [];
  let after = Math.max(0, head - MOST);
  while (after < head) {
    const answer = await api.eventsAfter(after, PAGE);
    if (!answer.ok) return null;
    all.push(...answer.value.events);
    const last = answer.value.events.at(-1);
    if (last === undefined) break;
    after = Number(last.sequence);
  }
  return all;
}

/** The entries since the last noon, oldest first, those of the stream among them; undefined until they are there. */
export function useNightLog(): { readonly entries: readonly LogEntry[]; readonly isWhole: boolean } | undefined {
  const [old, setOld] = useState<readonly LogEntry[]>();
  const fresh = useKnown((known) => known.entries);
  const connection = useKnown((known) => known.connection);
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const now = useKnown((known) => known.site?.now ?? null);
  const head = Number(fresh[0]?.sequence ?? 0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what comes later comes by the stream
  useEffect(() => {
    let here = true;
    void fetchBack(head).then((entries) => {
      if (here && entries !== null) setOld(entries);
    });
    return () => {
      here = false;
    };
  }, [connection, head > 0]);
  // Noon is another once a day: the entries need not be looked through each second.
  const noon = now === null ? null : Math.floor(lastNoon(now, zone) / 60_000) * 60_000;
  return useMemo(() => {
    if (old === undefined || noon === null) return undefined;
    const bySequence = new Map([...old, ...fresh].map((entry) => [Number(entry.sequence), entry]));
    const all = [...bySequence].sort(([a], [b]) => a - b).map(([, entry]) => entry);
    const first = all[0];
    const isWhole = first === undefined || Number(first.sequence) === 1 || Date.parse(first.time) < noon;
    return { entries: all.filter(({ time }) => Date.parse(time) >= noon), isWhole };
  }, [old, fresh, noon]);
}
