import type { Clock } from '#kit/clock.ts';
import type { Log } from '#kit/log.ts';
import type { OpenLink } from '../drivers/driver.ts';
import { NOTHING } from './alarms/step.ts';
import type { LiveJudge } from './judge/live-judge.ts';
import type { GatewaySite } from './kinds.ts';
import type { LedgerReader } from './ledger/ledger.ts';
import { openBootLine } from './time/boot-line.ts';
import type { KeptClock } from './time/kept-clock.ts';
import { STRETCH, TimeKeeper } from './time/time-keeper.ts';

export interface TimeParts {
  readonly present: { readonly site: GatewaySite };
  readonly live: LiveJudge;
  readonly ledger: LedgerReader;
  readonly links: ReadonlyMap<string, OpenLink>;
  readonly saved: ReadonlyMap<string, object>;
  readonly wire: Clock;
  readonly log: Log;
}

/** How a gateway knows the time: from its links, told in its ledger. Null where the clock can be told none. */
export function openTime(clock: KeptClock | undefined, parts: TimeParts): TimeKeeper | null {
  if (clock === undefined) return null;
  const { present, live, ledger, links, saved, wire, log } = parts;
  return new TimeKeeper({
    ...{ clock, boot: openBootLine(), wire, log },
    links: () => links,
    instruments: () => present.site.clockInstruments ?? [],
    saved: saved.get(STRETCH),
    next: () => ledger.status().next,
    keep: (told, states) => live.keep(NOTHING, told, states),
    encodeTime: (at) => live.judge.zone.encode(at),
    changed: () => live.lookAtTrust(),
  });
}
