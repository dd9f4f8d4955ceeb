import { z } from 'zod';
import type { PermitStatus } from './finding.ts';
import { type RulePoint, selects } from './point.ts';
import { selector } from './rule.ts';

const instant = z
  .string()
  .regex(
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/,
    'a time with its offset, such as 2026-07-15T22:00:00+08:00',
  )
  .transform((text) => Date.parse(text))
  .refine((at) => Number.isFinite(at), 'no such time');

/** A filing for night work as a site's files write it: place, window, processes, status. */
export const permit = z
  .strictObject({
    id: z.string().min(1),
    kind: z.string().default('night-work'),
    on: selector,
    /** The first instant that it covers. */
    from: instant,
    /** The first instant that it does not cover any more. */
    to: instant,
    processes: z.array(z.string()).default([]),
    status: z.enum(['applied', 'granted', 'refused', 'revoked', 'withdrawn', 'expired']),
    evidence: z.string().optional(),
  })
  .refine((value) => value.from < value.to, { message: 'ends before it begins', path: ['to'] });
export type Permit = z.output<typeof permit>;

/** What a finding says of permits. */
export interface PermitView {
  readonly id: string;
  readonly status: PermitStatus;
}

/** Of several, the one that says most: what covers the instant before what is over, granted before all others. */
function rank(permit: Permit, at: number): number {
  const covers = permit.from <= at && at < permit.to;
  return (covers ? 2 : 0) + (permit.status === 'granted' ? 1 : 0);
}

/** The permits of a site: what covers a point at an instant, and when that changes next. */
export class PermitBook {
  readonly #permits = new Map<string, Permit>();

  constructor(permits: readonly Permit[]) {
    for (const permit of permits) this.#permits.set(permit.id, permit);
  }

  set(permit: Permit): void {
    this.#permits.set(permit.id, permit);
  }

  /**
   * The permit to be named for a point at `at`, or null. One whose window is over is named `expired`
   * when it ended at or after `since`; one that has not begun is not named.
   */
  find(kind: string, point: RulePoint, at: number, since: number): PermitView | null {
    let best: Permit | undefined;
    for (const permit of this.#permits.values()) {
      if (permit.kind !== kind || permit.from > at || permit.to < since || !selects(permit.on, point)) continue;
      const better =
        best === undefined ||
        rank(permit, at) > rank(best, at) ||
        (rank(permit, at) === rank(best, at) && permit.to > best.to);
      if (better) best = permit;
    }
    if (best === undefined) return null;
    return { id: best.id, status: best.status === 'granted' && at >= best.to ? 'expired' : best.status };
  }

  /** The next instant after `at` at which some permit begins or ends, or Infinity. */
  nextChange(at: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { from, to } of this.#permits.values()) {
      if (from > at && from < next) next = from;
      if (to > at && to < next) next = to;
    }
    return next;
  }
}
