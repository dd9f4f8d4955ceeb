import { INCIDENT_TYPES, type IncidentData } from '../alarms/incident.ts';
import type { LedgerReader } from '../ledger/ledger.ts';
import { eventOf } from './alarm-events.ts';

/** How far back in the log incidents are looked for. */
export const INCIDENTS_SEARCHED = 20_000;
const PAGE = 1000;
const MARK = '"type":"city.gengfu.incident.';

export interface IncidentView extends IncidentData {
  /** When it was last told, RFC 3339. */
  readonly time: string;
  readonly isOpen: boolean;
}

/** The last incidents, newest first, each as it was told last. */
export async function lastIncidents(ledger: Pick<LedgerReader, 'latest'>, limit: number): Promise<IncidentView[]> {
  const found = new Map<string, IncidentView>();
  let before: number | undefined;
  for (let searched = 0; searched < INCIDENTS_SEARCHED && found.size < limit; searched += PAGE) {
    const entries = await ledger.latest(PAGE, before);
    for (const entry of entries) {
      // Only entries that are of one are parsed: thousands would hold up the main loop.
      if (!entry.json.includes(MARK)) continue;
      const { type, time, data } = eventOf(entry);
      // The ledger keeps what tellIncident made.
      const told = data as unknown as IncidentData;
      if (found.has(told.incident)) continue;
      found.set(told.incident, { ...told, time, isOpen: type !== INCIDENT_TYPES.closed && told.over !== true });
      if (found.size === limit) break;
    }
    before = entries.at(-1)?.sequence;
    if (before === undefined || before <= 1) break;
  }
  return [...found.values()];
}
