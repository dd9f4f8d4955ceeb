import { z } from 'zod';
import type { PermitStatus } from './finding.ts';
import { DATE, HOURS, isDated } from './permit-dates.ts';
import { selector } from './rule.ts';

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

/** `Date.parse` takes February 30th for March 2nd: a day must be there. */
const isDay = (text: string): boolean =>
  new Date(`${text.slice(0, 10)}T00:00:00Z`).toJSON()?.startsWith(text.slice(0, 10)) === true;
const moment = z
  .string()
  .refine(
    (text) => INSTANT.test(text) || DATE.test(text),
    // What is no time need not be held against another.
    { error: 'a time with its offset, such as 2026-07-15T22:00:00+08:00, or a date, such as 2026-07-15', abort: true },
  )
  .refine((text) => isDay(text) && Number.isFinite(Date.parse(text)), { error: 'no such time', abort: true });
// A control character in a number would break lists and lines of the log that carry it.
const text = (most: number) =>
  z
    .string()
    .regex(/^\P{Cc}*$/u, 'text without control characters')
    .trim()
    .max(most);

export const PERMIT_STATUSES = ['applied', 'granted', 'refused', 'revoked', 'withdrawn', 'expired'] as const;
/** Why work may have to go on at night: Noise Pollution Prevention Law, article 43. Emergency repair needs no certificate. */
export const PERMIT_REASONS = ['continuous-process', 'special-need', 'emergency-repair'] as const;

const common = {
  kind: text(64).min(1).default('night-work'),
  on: selector,
  /** The first instant that it covers, or the first date. */
  from: moment,
  /** The first instant that it does not cover any more, or the last date, which it covers. */
  to: moment,
  /** Only these hours of each day, such as `22:00-02:00`; a night belongs to the date on which it begins. */
  hours: z.string().regex(HOURS, 'such as 22:00-02:00').optional(),
  processes: z.array(text(100).min(1)).max(50).default([]),
  status: z.enum(PERMIT_STATUSES),
  reason: z.enum(PERMIT_REASONS).optional(),
  /** The public notice: since when it hangs at the site, and where it can be read. */
  notice: z.strictObject({ from: moment.optional(), link: text(500).min(1).optional() }).optional(),
  /** Where the certificate can be seen. */
  evidence: text(500).optional(),
  note: text(1000).optional(),
};

/**
 * A filing for night work (夜间施工报备) as files, the API and the platform write it: number, place, window, processes,
 * status. What is said twice, such as the same number on other hours, is another permit.
 */
export const permit = z
  .strictObject({ id: text(64).min(1), ...common })
  .refine((value) => DATE.test(value.from) === DATE.test(value.to), {
    message: 'from and to are both times, or both dates',
    path: ['to'],
  })
  .refine(
    (value) =>
      DATE.test(value.from) !== DATE.test(value.to) ||
      (isDated(value) ? value.from <= value.to : Date.parse(value.from) < Date.parse(value.to)),
    { message: 'ends before it begins', path: ['to'] },
  );
export type Permit = z.output<typeof permit>;

/** What a finding says of permits. */
export interface PermitView {
  readonly id: string;
  readonly status: PermitStatus;
}

/** Where a permit came from. */
export type PermitSource = 'site' | 'api' | 'csv' | 'command' | 'upstream';

/** A permit as people see it in a list. */
export interface PermitEntry {
  readonly permit: Permit;
  /** Counts its changes; 0 of one that stands in the site's files. */
  readonly revision: number;
  readonly source: PermitSource;
  readonly by: string | null;
  /** UTC milliseconds of the last change. */
  readonly at: number | null;
  /** It is granted and covers this instant. */
  readonly covers: boolean;
  /** What the site's files say under the same number, where that is something else: it does not count. */
  readonly differs: Permit | null;
}

export interface PermitChange {
  readonly permit: Permit;
  /** Left out: the one after what is known. */
  readonly revision?: number | undefined;
  /** Refused where the number is taken. */
  readonly isNew?: boolean | undefined;
}

/** Who changes permits, and how the change came. */
export interface PermitAuthor {
  readonly by: string;
  readonly source: Exclude<PermitSource, 'site'>;
  /** The address, where there is one. */
  readonly from?: string | undefined;
  readonly note?: string | undefined;
}

/** Two permits of one kind that are on a point of the same site at the same time. */
export interface Overlap {
  readonly id: string;
  readonly with: string;
}

/** What became of a change. `done` is said only after it is durable. */
export interface PermitReceipt {
  readonly status: 'done' | 'unchanged';
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
  readonly warnings: readonly Overlap[];
}

/** Which permits are wanted, by number. */
export interface PermitQuery {
  readonly status?: Permit['status'] | undefined;
  /** Only those that are granted and cover this instant, or do not. */
  readonly covers?: boolean | undefined;
  /** Only numbers after this one. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** The first of those that are wanted, and how many they are without `after`. */
export interface PermitPage {
  readonly permits: readonly PermitEntry[];
  readonly total: number;
}

/** The permits of a gateway, to look at and to change. */
export interface Permits {
  /** By number. */
  list(): readonly PermitEntry[];
  /** The same in part, in slices: what changes meanwhile may or may not be among them. */
  page(query: PermitQuery): Promise<PermitPage>;
  /** Throws a Fault `no-such-permit`. */
  find(id: string): PermitEntry;
  /**
   * Takes all of them or none, at this instant, and answers when that is durable. Throws a Fault: `permit-site`,
   * `permit-exists`, `permit-revision`, `too-many-permits`, `not-durable`.
   */
  change(changes: readonly PermitChange[], author: PermitAuthor): Promise<PermitReceipt>;
}
