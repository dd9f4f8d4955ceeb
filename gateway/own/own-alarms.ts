import type { Finding, Watch } from '../rules/finding.ts';

export const LEDGER_RULE = 'gengfu.ledger';
export const CHANNEL_RULE = 'gengfu.channel';
const OWN_RULES: ReadonlySet<string> = new Set([LEDGER_RULE, CHANNEL_RULE]);

/** Alarms that the gateway raises of itself, by no rule of the site: who raised one ends it, whatever becomes of the rules. */
export const isOwnAlarm = (key: string): boolean => OWN_RULES.has(key.slice(0, key.indexOf('@')));

type Named = Pick<Watch, 'rule' | 'device' | 'deviceName' | 'point' | 'quantity' | 'title' | 'respond'>;

/** What such an alarm is of: a state, without a limit or a place of its own. */
export const ownWatch = (named: Named): Watch => ({
  key: `${named.rule}@${named.device}/${named.point}`,
  unit: null,
  scene: null,
  place: { grid: null, at: null },
  basis: null,
  legalLimit: null,
  permitKind: null,
  measure: 'state',
  ...named,
});

/** What is said of it at an instant, UTC ms. */
export const ownFinding = (watch: Watch, at: number, said: Pick<Finding, 'answer' | 'reason' | 'value'>): Finding => ({
  ...{ watch, at, code: null, limit: null, coverage: null, window: null, permit: null },
  ...said,
});
