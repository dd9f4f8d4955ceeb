import type { Trust } from '#kit/clock.ts';
import { uuid7 } from '#kit/uuid.ts';
import type { Action, Receipt } from '../alarms/action.ts';
import type { Alarm } from '../alarms/alarm.ts';
import { joined, NOTHING, type Step } from '../alarms/step.ts';
import { tell } from '../alarms/tell.ts';
import { type Instant, Judge, type JudgedSite } from '../judge/judge.ts';
import type { Finding, Watch } from '../rules/finding.ts';

export type ExerciseKind = 'drill' | 'test';

/** What stands before a title, so that nobody takes it for real. */
const MARK = {
  drill: { zh: '【演练】', en: '[DRILL] ' },
  test: { zh: '【测试】', en: '[TEST] ' },
} as const;

/** How the keys of its alarms end. */
export const exerciseKey = (key: string, kind: ExerciseKind): string => `${key}#${kind}`;

/** The key of the real alarm. */
export const realKey = (key: string): string => key.replace(/#(drill|test)$/, '');

/**
 * The alarms of one drill or walk test: a life of their own by the site's own plans, at the present time, under keys of their
 * own. It touches no real alarm, and no real one touches it.
 */
export class Exercise {
  readonly kind: ExerciseKind;
  readonly #judge: Judge;
  readonly #watches = new Map<string, Watch>();

  constructor(site: JudgedSite, kind: ExerciseKind, instant: Instant, trust: Trust) {
    this.kind = kind;
    this.#judge = new Judge({ ...site, rules: [], permits: [] }, instant, trust);
  }

  /** Those that are not closed. */
  get alarms(): readonly Alarm[] {
    return this.#judge.alarms.open;
  }

  find(idOrKey: string): Alarm | null {
    return this.#judge.alarms.find(idOrKey);
  }

  /** Whether an alarm, or an incident, is of it. */
  has(id: string): boolean {
    return this.find(id) !== null || this.isUnseen(id);
  }

  isUnseen(incident: string): boolean {
    return this.#judge.alarms.isUnseen(incident);
  }

  /** What a rule found, as if it were now. */
  take(finding: Finding, instant: Instant): Step {
    const watch = this.#marked(finding.watch);
    const before = this.#judge.advance(instant);
    return this.#own(joined([before, this.#judge.alarms.take({ ...finding, watch, at: instant.at })]));
  }

  /** When something is due by itself, on the tick line. */
  nextDue(): number {
    return this.#judge.nextDue();
  }

  advance(instant: Instant): Step {
    return this.#own(this.#judge.advance(instant));
  }

  act(action: Action, instant: Instant): { readonly receipt: Receipt; readonly step: Step } {
    const { receipt, step } = this.#judge.act(action, instant);
    return { receipt, step: this.#own(step) };
  }

  /** All of its alarms are closed, whatever people still owe them. */
  end(reason: string, instant: Instant): Step {
    const step = this.advance(instant);
    const { zone, trust } = this.#judge;
    const closed = this.alarms.map((alarm) => closeExercise(alarm, reason, instant, (at) => zone.encode(at), trust));
    return joined([step, ...closed]);
  }

  #marked(watch: Watch): Watch {
    const known = this.#watches.get(watch.key);
    if (known !== undefined) return known;
    const { zh, en } = MARK[this.kind];
    const { title, suppressedBy: _, ...rest } = watch;
    const marked: Watch = {
      ...rest,
      key: exerciseKey(watch.key, this.kind),
      title: { zh: zh + title.zh, en: en + title.en },
      exercise: this.kind,
    };
    this.#watches.set(watch.key, marked);
    return marked;
  }

  /** What is told beside its alarms, such as an incident, is of the exercise too. */
  #own(step: Step): Step {
    if (step.beside === undefined) return step;
    const { kind } = this;
    const beside = step.beside.map(({ after, entry }) => ({
      after,
      entry: { ...entry, data: { ...entry.data, exercise: kind } },
    }));
    return { ...step, beside };
  }
}

/** An alarm of an exercise that is over. */
export function closeExercise(
  alarm: Alarm,
  reason: string,
  { at }: Pick<Instant, 'at'>,
  encodeTime: (at: number) => string,
  trust: Trust,
): Step {
  if (alarm.closedAt !== null) return NOTHING;
  const { response: _, ...rest } = alarm;
  const over: Alarm = { ...rest, condition: 'normal', level: null, returnedAt: alarm.returnedAt ?? at, closedAt: at };
  const context = {
    ...{ newId: uuid7, encodeTime, trust: () => trust },
    ...{ tickOf: (each: number) => each, atOf: (each: number) => each },
    ...{ lastClosed: () => null, lastClosedAt: () => null, plan: () => null },
  };
  return tell('closed', over, at, context, { reason });
}
