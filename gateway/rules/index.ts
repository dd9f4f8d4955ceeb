import { openAngle } from './angle.ts';
import type { Background } from './background.ts';
import { limitKind } from './limit.ts';
import type { RulePoint } from './point.ts';
import type { Probe } from './probe.ts';
import type { Rule } from './rule.ts';
import { silentKind } from './silent.ts';
import { stateKind } from './state.ts';
import { stuckKind } from './stuck.ts';
import { togetherKind } from './together.ts';

/** Every kind of rule, by the name that a rule gives as its `kind`. */
const KINDS = {
  limit: limitKind,
  state: stateKind,
  silent: silentKind,
  stuck: stuckKind,
  together: togetherKind,
} as const;

/** What a rule measures, as events carry it. */
export function describeRule(rule: Rule): string {
  switch (rule.kind) {
    case 'limit':
      return KINDS.limit.describe(rule);
    case 'state':
      return KINDS.state.describe(rule);
    case 'silent':
      return KINDS.silent.describe(rule);
    case 'stuck':
      return KINDS.stuck.describe(rule);
    case 'together':
      return KINDS.together.describe(rule);
    default:
      return rule satisfies never;
  }
}

/** `siblings`: the points of the same device; `background`: how a device stood when it was put in, if it has three axes. */
export function openProbe(
  rule: Rule,
  point: RulePoint,
  siblings: readonly RulePoint[],
  background: (device: string) => Background | undefined,
): Probe {
  switch (rule.kind) {
    case 'limit':
      return rule.measure.kind === 'angle'
        ? openAngle(rule, point, background(point.device))
        : KINDS.limit.open(rule, point, siblings);
    case 'state':
      return KINDS.state.open(rule, point, siblings);
    case 'silent':
      return KINDS.silent.open(rule, point, siblings);
    case 'stuck':
      return KINDS.stuck.open(rule, point, siblings);
    case 'together':
      return KINDS.together.open(rule, point, siblings);
    default:
      return rule satisfies never;
  }
}
