import type { EntryDraft } from '../alarms/alarm-event.ts';
import type { Told } from './call-list.ts';
import type { ToldEvent } from './told-events.ts';

/** What became of a call, as an entry of the log; `event`: what it is about, where that is at hand. Ids alone, no numbers of people. */
export function entryOf(
  { step, channel, code, reason, call }: Told,
  event: ToldEvent | undefined,
  time: string,
): EntryDraft {
  const { alarm, to, tier, urgent, repeated, tries: attempt, sequence: entry } = call;
  const exercise = event?.data.exercise ?? null;
  return {
    type: `city.gengfu.call.${step}`,
    subject: event?.subject ?? alarm,
    time,
    data: {
      ...{ alarm, entry, step: call.step, to, channel: channel === '' ? null : channel, tier, urgent, repeated },
      ...{ attempt, code, reason, exercise },
    },
  };
}
