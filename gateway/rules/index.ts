import { openAngle } from './angle.ts';
import type { Background } from './background.ts';
import { openCertificate } from './certificate.ts';
import { describeLimit, openLimit } from './limit.ts';
import type { NoiseFloor } from './noise-floor.ts';
import type { RulePoint } from './point.ts';
import type { Probe } from './probe.ts';
import { qualityKind } from './quality.ts';
import type { Rule } from './rule.ts';
import { silentKind } from './silent.ts';
import { stateKind } from './state.ts';
import { stuckKind } from './stuck.ts';
import { togetherKind } from './together.ts';

/** Every kind of rule but `limit`, by the name that a rule gives as its `kind`. */
const KINDS = {
  state: stateKind,
  quality: qualityKind,
  silent: silentKind,
  stuck: stuckKind,
  together: togetherKind,
} as const;

/** What a rule measures, as events carry it. */
export function describeRule(rule: Rule): string {
  switch (rule.kind) {
    case 'limit':
      return describeLimit(rule);
    case 'state':
      return KINDS.state.describe(rule);
    case 'quality':
      return KINDS.quality.describe(rule);
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

/** What a point or its device has been learned to show when all is well. */
export interface Learned {
  /** How a device stood when it was put in, if it has three axes. */
  backgroundOf(device: string): Background | undefined;
  floorOf(point: RulePoint): NoiseFloor;
  /** How long the certificate of the point's device holds from a tick on, ms; Infinity when it has no date. */
  certificateOf(point: RulePoint): (tick: number) => number;
}

/** `siblings`: the points of the same device. */
export function openProbe(rule: Rule, point: RulePoint, siblings: readonly RulePoint[], learned: Learned): Probe {
  switch (rule.kind) {
    case 'limit':
      if (rule.measure.kind === 'certificate') return openCertificate(rule, point, learned.certificateOf(point));
      return rule.measure.kind === 'angle'
        ? openAngle(rule, point, learned.backgroundOf(point.device))
        : openLimit(rule, point, 'from' in rule.measure ? learned.floorOf(point) : null);
    case 'state':
      return KINDS.state.open(rule, point, siblings);
    case 'quality':
      return KINDS.quality.open(rule, point, siblings);
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
