import { VITAL_QUANTITIES as VITAL } from './finding.ts';
import type { RulePoint } from './point.ts';
import type { Rule } from './rule.ts';

const names = (states: readonly string[] | undefined): boolean => states?.includes('alarm') === true;

/** Whether it has to be said of a rule on a point that it is, or is not, of such an alarm. */
export const isOfVital = (rule: Rule, { quantity }: Pick<RulePoint, 'quantity'>): boolean =>
  VITAL.has(quantity) || (rule.kind === 'together' && tellsVital(rule));

/** Whether it is the alarm itself that the rule tells: a battery that is low, or silence, is not. */
export function tellsVital(rule: Rule): boolean {
  if (rule.kind === 'state') return Object.values(rule.levels).some((level) => names(level?.is));
  if (rule.kind !== 'together') return false;
  const conditions = 'all' in rule.when ? rule.when.all : rule.when.any;
  return conditions.some(({ quantity, is }) => VITAL.has(quantity) && names(is));
}
