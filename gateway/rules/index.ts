import { limitKind } from './limit.ts';
import type { RulePoint } from './point.ts';
import type { Probe } from './probe.ts';
import type { Rule } from './rule.ts';
import { silentKind } from './silent.ts';
import { stateKind } from './state.ts';
import { togetherKind } from './together.ts';

/** Every kind of rule, by the name that a rule gives as its `kind`. */
const KINDS = { limit: limitKind, state: stateKind, silent: silentKind, together: togetherKind } as const;

/** What a rule measures, as events carry it. */
export function describeRule(rule: Rule): string {
  switch (rule.kind) {
    case 'limit':
      return KINDS.limit.describe(rule);
    case 'state':
      return KINDS.state.describe(rule);
    case 'silent':
      return KINDS.silent.describe(rule);
    case 'together':
      return KINDS.together.describe(rule);
    default:
      return rule satisfies never;
  }
}

export function openProbe(rule: Rule, point: RulePoint, siblings: readonly RulePoint[]): Probe {
  switch (rule.kind) {
    case 'limit':
      return KINDS.limit.open(rule, point, siblings);
    case 'state':
      return KINDS.state.open(rule, point, siblings);
    case 'silent':
      return KINDS.silent.open(rule, point, siblings);
    case 'together':
      return KINDS.together.open(rule, point, siblings);
    default:
      return rule satisfies never;
  }
}
