import type { Level, Text } from '../rules/finding.ts';

/** Steps of a response that a plan gives times for, in their order; acknowledging goes beside the others. */
export const RESPONSE_STEPS = ['acknowledge', 'dispatch', 'accept', 'arrive', 'resolve', 'verify'] as const;
export type ResponseStep = (typeof RESPONSE_STEPS)[number];

/** Milliseconds from the step before it, by level; of a level that is left out the step is waited for without a time. */
export type StepTimes = Readonly<Partial<Record<Level, number>>>;

/** How long people have for each step of what they do about an alarm (处置时限). Only its steps are waited for. */
export interface ResponsePlan {
  readonly id: string;
  readonly title: Text;
  readonly steps: Readonly<Partial<Record<ResponseStep, StepTimes>>>;
  /** A step that is late is told to the next tier, and again after `everyMs`, up to the tier `tiers`. */
  readonly escalate: { readonly everyMs: number; readonly tiers: number };
  /** An alarm that comes so soon after the end of the one that it follows begins a tier higher. */
  readonly followsWithinMs: number;
  /** The longest that its clock may be made to stand still at once. */
  readonly pauseAtMostMs: number;
}

/** What runs where a rule names no plan: nothing is waited for but what was begun. */
export const NO_PLAN: ResponsePlan = {
  id: 'none',
  title: { zh: '无时限', en: 'No times' },
  steps: {},
  escalate: { everyMs: 300_000, tiers: 1 },
  followsWithinMs: 0,
  pauseAtMostMs: 366 * 86_400_000,
};

/** The same plan with times that are so much of its own: a site in emergency response is faster. */
export const paced = (plan: ResponsePlan, share: number): ResponsePlan => ({
  ...plan,
  steps: Object.fromEntries(
    Object.entries(plan.steps).map(([step, times]) => [
      step,
      Object.fromEntries(Object.entries(times).map(([level, ms]) => [level, Math.round(ms * share)])),
    ]),
  ),
  escalate: { ...plan.escalate, everyMs: Math.round(plan.escalate.everyMs * share) },
});
