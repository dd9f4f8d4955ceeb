import { ALARM_TYPE } from '../alarms/alarm-event.ts';
import type { Entry, LedgerReader } from '../ledger/ledger.ts';
import type { Event } from './shapes.ts';

/** How far back in the log an alarm's events are looked for. */
export const EVENTS_SEARCHED = 5000;
const PAGE = 500;

/** An entry as the CloudEvent that it is. */
// The ledger wrote these bytes itself, from an event of this shape.
export const eventOf = (entry: Entry): Event => JSON.parse(entry.json) as Event;

const isFirst = ({ type, data }: Event): boolean => type === `${ALARM_TYPE}raised` && data.again === false;

/** The events of one alarm, oldest first; `complete` when its first is among them. */
export async function alarmEvents(
  ledger: Pick<LedgerReader, 'latest'>,
  alarm: string,
): Promise<{ events: Event[]; complete: boolean }> {
  const events: Event[] = [];
  let before: number | undefined;
  for (let searched = 0; searched < EVENTS_SEARCHED; searched += PAGE) {
    const entries = await ledger.latest(PAGE, before);
    for (const entry of entries) {
      // Only entries that name it are parsed: thousands would hold up the main loop.
      if (!entry.json.includes(alarm)) continue;
      const event = eventOf(entry);
      if (event.data.alarm !== alarm) continue;
      events.push(event);
      if (isFirst(event)) return { events: events.reverse(), complete: true };
    }
    before = entries.at(-1)?.sequence;
    if (before === undefined || before <= 1) break;
  }
  return { events: events.reverse(), complete: false };
}
