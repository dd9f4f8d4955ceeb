import type { Action } from '../../../gateway/alarms/action.ts';
import { type Alarm, stateOf } from '../../../gateway/alarms/alarm.ts';
import { AlarmBook } from '../../../gateway/alarms/alarm-book.ts';
import { ALARM_TYPE, type EntryDraft } from '../../../gateway/alarms/alarm-event.ts';
import type { ResponsePlan } from '../../../gateway/alarms/response-plan.ts';
import { ALARM_SETTINGS, type AlarmSettings } from '../../../gateway/alarms/settings.ts';
import { entriesOf, type Step } from '../../../gateway/alarms/step.ts';
import type { Finding, Watch } from '../../../gateway/rules/finding.ts';

/** 2026-07-15 22:00 in Shanghai. */
export const START = Date.parse('2026-07-15T22:00:00+08:00');
export const MIN = 60_000;

export const aWatch = (key: string, more: Partial<Watch> = {}): Watch => {
  const [rule = '', on = ''] = key.split('@');
  const [device = '', point = ''] = on.split('/');
  return {
    ...{ key, rule, device, deviceName: device, point, quantity: 'water.depth', unit: 'cm', scene: null },
    place: { grid: 'JS-03', at: null },
    title: { zh: '规则', en: 'Rule' },
    ...{ basis: null, legalLimit: null, permitKind: null, measure: 'value' },
    ...more,
  };
};

/** Seen within five minutes, red within two; then told to the next of three tiers every five. */
export const PLAN: ResponsePlan = {
  id: 'standard',
  title: { zh: '一般', en: 'Standard' },
  steps: { acknowledge: { blue: 5 * MIN, yellow: 5 * MIN, orange: 5 * MIN, red: 2 * MIN } },
  escalate: { everyMs: 5 * MIN, tiers: 3 },
  followsWithinMs: 60 * MIN,
  pauseAtMostMs: 24 * 60 * MIN,
};

/** A box whose disk holds what a ledger would: alarms, states by key, and entries, each as JSON. */
export class Box {
  readonly entries: EntryDraft[] = [];
  readonly #watches: ReadonlyMap<string, Watch>;
  readonly #settings: AlarmSettings;
  readonly #alarms = new Map<string, string>();
  readonly #closed = new Map<string, string>();
  readonly #states = new Map<string, string>();
  readonly #plans: readonly ResponsePlan[];
  #ids = 0;
  book: AlarmBook;
  now = START;

  constructor(watches: readonly Watch[], settings: Partial<AlarmSettings> = {}, plans: readonly ResponsePlan[] = []) {
    this.#plans = plans;
    this.#watches = new Map(watches.map((watch) => [watch.key, watch]));
    this.#settings = { ...ALARM_SETTINGS, ...settings };
    this.book = this.#open();
  }

  #open(): AlarmBook {
    const context = {
      newId: () => `a${++this.#ids}`,
      encodeTime: (at: number) => new Date(at).toISOString(),
      trust: () => 'synchronised' as const,
      tickOf: (at: number) => at - START,
      atOf: (tick: number) => tick + START,
      plan: (name: string) => this.#plans.find(({ id }) => id === name) ?? null,
      watchOf: (key: string) => this.#watches.get(key) ?? null,
      isKnown: (on: string) =>
        [...this.#watches.values()].some((watch) => `${watch.device}/${watch.point}`.startsWith(on)),
    };
    return new AlarmBook(context, this.#settings);
  }

  get states(): ReadonlyMap<string, string> {
    return this.#states;
  }

  /** Time passes: what is due by then is done at its own time. */
  to(at: number): Step {
    this.now = at;
    return this.#kept(this.book.advance(at - START));
  }

  say(key: string, answer: Finding['answer'], more: Partial<Finding> = {}): Step {
    const watch = this.#watches.get(key);
    if (watch === undefined) throw new Error(`no rule ${key}`);
    const value = answer === 'normal' ? 0 : 9;
    const rest = { code: null, reason: null, value, limit: 5, coverage: null, window: null, permit: null };
    return this.#kept(this.book.take({ watch, at: this.now, answer, ...rest, ...more }));
  }

  act(action: Action): ReturnType<AlarmBook['act']> {
    const acted = this.book.act(action, this.now);
    this.#kept(acted.step);
    return acted;
  }

  /** Killed, and started again with what is on disk. */
  kill(): void {
    this.book = this.#open();
    const states = [...this.#states].map(([key, json]) => [key, JSON.parse(json)] as const);
    const alarms = [...this.#alarms.values()].map((json) => JSON.parse(json) as Alarm);
    const closed = [...this.#closed.values()].map((json) => JSON.parse(json) as Alarm).toReversed();
    this.book.restore(alarms, closed, 0, new Map(states));
  }

  #kept(step: Step): Step {
    this.entries.push(...entriesOf(step).map((entry) => JSON.parse(JSON.stringify(entry)) as EntryDraft));
    for (const alarm of step.alarms) {
      if (alarm.closedAt === null) this.#alarms.set(alarm.id, JSON.stringify(alarm));
      else {
        this.#alarms.delete(alarm.id);
        this.#closed.set(alarm.id, JSON.stringify(alarm));
      }
    }
    for (const { key, state } of this.book.save()) {
      if (state === null) this.#states.delete(key);
      else this.#states.set(key, JSON.stringify(state));
    }
    return step;
  }
}

/** `d/p/r raised orange`, `d/p/r suppressed orange by r@link:l/s parent-active`. */
export function said({ type, subject, data }: EntryDraft): string {
  // Alarm events, and the entries beside them, have these where they apply.
  const { level, reason, by, suppressedBy, outOfService, shelvedUntil } = data as Record<string, string | null>;
  const name = type.startsWith(ALARM_TYPE) ? type.slice(ALARM_TYPE.length) : type.replace('city.gengfu.', '');
  const covers = [shelvedUntil && 'shelved', suppressedBy && `suppressed:${suppressedBy}`, outOfService && 'out'];
  return [subject, name, level, ...covers, by && `by ${by}`, reason].filter(Boolean).join(' ');
}

export const saidBy = (step: Step): string[] => entriesOf(step).map(said);

/** `ACKED shelved`. */
export function standOf(book: AlarmBook, key: string): string {
  const alarm = book.find(key);
  if (alarm === null) return 'none';
  const { shelved, suppressedBy, outOfService } = alarm.announced ?? {};
  const parts = [stateOf(alarm), shelved && 'shelved', suppressedBy && 'suppressed', outOfService && 'out'];
  return parts.filter(Boolean).join(' ');
}
