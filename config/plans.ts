import { z } from 'zod';
import type { SiteAlarms } from './alarm-settings.ts';
import type { Declared } from './declared.ts';
import { type Entry, valueAt } from './document.ts';
import { duration, id, type LEVELS, title } from './fields.ts';
import { check } from './issues.ts';
import type { SitePeople } from './people.ts';
import { readShipped } from './profiles.ts';
import type { Place, Report } from './report.ts';

/** Said of a rule whose alarms nobody has to answer. */
const NONE = 'none';
const STEPS = ['acknowledge', 'dispatch', 'accept', 'arrive', 'resolve', 'verify'] as const;
type Times = Partial<Record<(typeof LEVELS)[number], number>>;

const DAY_MS = 86_400_000;
const within = duration.refine((ms) => ms >= 1000 && ms <= 366 * DAY_MS, 'must be from 1s to 366d');

/** One time for every level, or one for each; a level that is left out is waited for without a time (`{}`: none has one). */
const times = z.union([
  within.transform((ms): Times => ({ blue: ms, yellow: ms, orange: ms, red: ms })),
  z
    .strictObject({
      blue: within.optional(),
      yellow: within.optional(),
      orange: within.optional(),
      red: within.optional(),
    })
    .transform((given): Times => Object.fromEntries(Object.entries(given).filter(([, ms]) => ms !== undefined))),
]);

/** How long people have for each step of what they do about an alarm (处置时限); counted from the step before it. */
export const plan = z
  .strictObject({
    id,
    title,
    /** Seen by somebody (响应). */
    acknowledge: times.optional(),
    /** Somebody was sent (派单). */
    dispatch: times.optional(),
    /** They have taken it on (接单), or refused (退单). */
    accept: times.optional(),
    arrive: times.optional(),
    resolve: times.optional(),
    /** Somebody else has looked (复核). */
    verify: times.optional(),
    /** A step that is late goes to the next tier, and again after `every`, up to the last of so many `tiers`. */
    escalate: z.strictObject({ every: within.prefault('5min'), tiers: z.int().min(1).max(9).default(3) }).prefault({}),
    /** An alarm that comes so soon after the one before was closed begins a tier higher. */
    follows: duration.prefault('1h'),
    /** The longest that the clock may be made to stand still at once. */
    pause: within.prefault('24h'),
  })
  .refine((given) => STEPS.some((step) => given[step] !== undefined), `name at least one step: ${STEPS.join(', ')}`)
  .transform(({ escalate, follows, pause, id, title, ...given }) => ({
    id,
    title,
    steps: Object.fromEntries(STEPS.flatMap((step) => (given[step] === undefined ? [] : [[step, given[step]]]))) as {
      readonly [Step in (typeof STEPS)[number]]?: Times;
    },
    escalate: { everyMs: escalate.every, tiers: escalate.tiers },
    followsWithinMs: follows,
    pauseAtMostMs: pause,
  }));
export type SitePlan = z.output<typeof plan>;

const shippedFile = z.strictObject({ plans: z.array(z.unknown()).min(1) });

/** The plans of a site's files, and those that ship where the site has none of that name. */
export async function checkPlans(
  entries: readonly Entry[],
  declared: Declared,
  shippedDir: string,
  report: Report,
): Promise<SitePlan[]> {
  const good: SitePlan[] = [];
  for (const entry of entries) {
    if (!declared.add(entry)) continue;
    const found = check(plan, entry, report);
    if (found !== undefined) good.push(found);
  }
  const at: Place = { file: 'site.yaml', line: 1, column: 1 };
  const file = await readShipped(shippedDir, 'plans', 'list', at, report);
  const shipped = file == null ? undefined : check(shippedFile, file, report);
  for (const value of shipped?.plans ?? []) {
    const entry: Entry = { value, prefix: `plan ${String(valueAt(value, ['id']))}: `, at: () => at };
    if (declared.has(String(valueAt(value, ['id'])))) continue;
    declared.add(entry);
    const found = check(plan, entry, report);
    if (found !== undefined) good.push(found);
  }
  return good;
}

/** The plan by which an incident is to be acknowledged is there. */
export function checkFloodPlan({ flood }: Pick<SiteAlarms, 'flood'>, head: Entry, plans: Declared): void {
  plans.refer(flood.respond, head, ['alarms', 'flood', 'respond']);
}

/** What is red is worth to be told again, where there is anybody. */
export function warnOfUnanswered(
  rules: readonly { readonly entry: Entry }[],
  people: Pick<SitePeople, 'contacts'> | null,
  report: Report,
): void {
  if (people === null || people.contacts.length === 0) return;
  for (const { entry } of rules) {
    const isRed = valueAt(entry.value, ['levels', 'red']) !== undefined || valueAt(entry.value, ['level']) === 'red';
    if (!isRed || valueAt(entry.value, ['respond']) !== undefined) continue;
    const id = String(valueAt(entry.value, ['id']));
    const message = `rule ${id} can be red and names no response plan, so nobody else is called when it is not acknowledged: give it "respond", such as standard or fire (or none)`;
    report.warn(entry.at(['id']), `${entry.prefix}respond: ${message}`);
  }
}

/** The plans that rules name are there. */
export function checkResponds(rules: readonly { readonly entry: Entry }[], plans: Declared): void {
  for (const { entry } of rules) {
    const named = valueAt(entry.value, ['respond']);
    if (typeof named === 'string') plans.refer(named, entry, ['respond'], [NONE]);
  }
}
