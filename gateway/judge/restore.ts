import type { Clock, Trust } from '#kit/clock.ts';
import { codeOf, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { Slices } from '#kit/slices.ts';
import type { Reading } from '../../drivers/reading.ts';
import type { Alarm } from '../alarms/alarm.ts';
import { MOST_CLOSED } from '../alarms/closed-alarms.ts';
import { joined, NOTHING, type Step } from '../alarms/step.ts';
import { closeExercise, realKey } from '../exercises/exercise.ts';
import type { History } from '../history/history.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { isOwnAlarm } from '../own/own-alarms.ts';
import type { RuleEngine } from '../rules/engine.ts';
import type { Finding } from '../rules/finding.ts';
import { type Instant, Judge, type JudgedSite } from './judge.ts';
import { inTime, Lateness } from './late.ts';
import { openRunShifts } from './run-shifts.ts';

/** Under which the ledger keeps where the newest run began, beside the states of rules. */
export const RUN = 'gengfu.run';

export interface Restored {
  readonly judge: Judge;
  /** Knows the devices' own times that were taken. */
  readonly lateness: Lateness;
  /** Its alarms as the ledger has them. */
  readonly stored: readonly Alarm[];
  /**
   * When this run begins, after being off for how long, whether its clock is trusted then, and what is added to the last
   * run's ticks to lie on its line.
   */
  readonly start: Instant & { readonly offMs: number; readonly trust: Trust; readonly shift: number };
  /** What the last run had read and no longer judged: to be made durable before anything else. */
  readonly step: Step;
  /** What the ledger keeps beside the rules, under the same keys. */
  readonly saved: ReadonlyMap<string, object>;
}

/** The least tick that a new run may begin at: after all that the last run had come to, also if the wall clock is behind. */
export async function firstTick(ledger: Ledger): Promise<number> {
  const { rules } = await ledger.restore();
  const global = rules.get('') as { readonly tick: number; readonly at: number } | undefined;
  return global === undefined ? 0 : global.at + 1;
}

/**
 * A judge that goes on where the last run ended: alarms and rules from the ledger, windows filled from history, and
 * readings that were on disk but not yet judged judged now (RULES.md, section 4).
 */
export async function restoreJudge(
  site: JudgedSite,
  ledger: Ledger,
  history: History,
  clock: Clock,
  log: Log,
): Promise<Restored> {
  const now = { at: clock.now(), tick: clock.tick() };
  const trust = clock.trust();
  const lateness = new Lateness(site.points);
  const saved = await ledger.restore();
  const global = saved.rules.get('') as { readonly tick: number; readonly at: number } | undefined;
  if (global === undefined) {
    const start = { ...now, offMs: 0, trust, shift: 0 };
    return { judge: new Judge(site, now, trust), lateness, stored: [], start, step: NOTHING, saved: saved.rules };
  }

  // Stored ticks are those of the last run's line; moved by its last offset they lie on the wall clock's, as ours do.
  const shift = global.at - global.tick;
  const memoryMs = new Judge(site, now, trust).rules.memoryMs;
  const from = Math.min(global.at, now.tick) - memoryMs;
  const judge = new Judge(site, { at: from, tick: from }, trust);
  const stored = saved.alarms as readonly Alarm[];
  const exercised = stored.filter(({ exercise }) => exercise !== undefined);
  const closed = await ledger.closedAlarms(MOST_CLOSED);
  const real = stored.filter(({ exercise }) => exercise === undefined);
  judge.alarms.restore(real, closed as readonly Alarm[], shift, saved.rules);
  const taken = judge.rules.restore(saved.rules, shift, now.tick);

  // The next run is told only how far the line has moved since this one: alarms that were moved are stored as they are now.
  const steps: Step[] = shift === 0 ? [] : [{ ...NOTHING, alarms: judge.alarms.open }];
  const unruled = judge.alarms.open
    .filter((alarm) => alarm.condition === 'active' && !taken.has(alarm.watch.key) && !isOwnAlarm(alarm.watch.key))
    .map((alarm) => judge.alarms.take(ceased(alarm, now.at, reasonOf(alarm.watch.key, judge.rules, site))));
  steps.push(...unruled);
  let last = global.at;
  const ofLine = openLine(site, from);
  // Where the clock was set after the last reading, what was saved is of the time after that.
  let isAsSaved = false;
  const comeToSaved = () => {
    if (!isAsSaved) steps.push(judge.advance({ at: global.at, tick: global.at }));
    isAsSaved = true;
  };
  try {
    const moved = await openRunShifts(history, from, shift);
    const slices = new Slices();
    for await (const batch of history.since(from)) {
      lateness.recall(batch);
      for (const instant of instants(inTime(moved(batch)))) {
        if ((instant[0]?.tick ?? 0) > global.at) comeToSaved();
        const step = judge.step(instant, ofLine(instant));
        if (step !== NOTHING) steps.push(step);
        last = Math.max(last, instant[0]?.tick ?? last);
        if (slices.isOver) await slices.next();
      }
    }
  } catch (error) {
    log.warn({ code: codeOf(error) }, `windows start empty, for history cannot be read: ${textOf(error)}`);
  }
  comeToSaved();
  const offMs = Math.max(0, now.tick - last);
  steps.push(judge.resume(offMs, now));
  // The site may be another one than that of the last run.
  steps.push(judge.changeAlarms(site, now.at), ...exercised.map((alarm) => endExercised(alarm, judge, now)));
  return {
    judge,
    lateness,
    stored,
    start: { ...now, offMs, trust, shift },
    saved: saved.rules,
    step: joined(steps),
  };
}

/**
 * When readings from history were: what is derived has the end of its period as its time, which beyond a step of the clock is
 * not that of its tick.
 */
function openLine({ points }: Pick<JudgedSite, 'points'>, from: number) {
  const derived = new Set(points.filter((point) => point.derived !== undefined).map(({ key }) => key));
  let offset = 0;
  return (readings: readonly Reading[]): Instant => {
    const [{ at, tick, point } = { at: from, tick: from, point: '' }] = readings;
    if (!derived.has(point)) offset = at - tick;
    return { at: tick + offset, tick };
  };
}

/** No drill or walk test outlives a restart. What a point under test still shows is a real alarm from then on. */
function endExercised(alarm: Alarm, judge: Judge, now: Instant): Step {
  const closed = closeExercise(alarm, 'restart', now, (at) => judge.zone.encode(at), judge.trust);
  const key = realKey(alarm.watch.key);
  const watch = judge.rules.watchOf(key);
  const [rule] = key.split('@');
  const point = `${alarm.watch.device}/${alarm.watch.point}`;
  const answer = [...judge.rules.answers()].find((each) => each.rule === rule && each.point === point);
  if (watch === null || answer === undefined || judge.alarms.find(key) !== null) return closed;
  const { code, value } = answer;
  const shown = { watch, at: now.at, answer: answer.answer, code, reason: 'restart', value, limit: alarm.limit };
  return joined([
    closed,
    judge.alarms.take({ ...shown, coverage: alarm.coverage, window: alarm.window, permit: null }),
  ]);
}

/** The rule of an alarm is gone, or means something else now: what it said is not in force any more. */
export const ceased = (alarm: Alarm, at: number, reason: string): Finding => ({
  watch: alarm.watch,
  at,
  answer: 'not-in-force',
  code: null,
  reason,
  value: alarm.value,
  limit: null,
  coverage: alarm.coverage,
  window: alarm.window,
  permit: alarm.permit,
});

/** Why what a rule on a point said is not in force any more, by its key `rule@device/point`. */
export function reasonOf(key: string, rules: RuleEngine, { points }: Pick<JudgedSite, 'points'>): string {
  if (!points.some((point) => key.endsWith(`@${point.key}`))) return 'point-removed';
  return rules.has(key) ? 'rule-changed' : 'rule-removed';
}

/** Readings in order, parted where their instant changes. */
export function* instants(batch: readonly Reading[]): Generator<readonly Reading[]> {
  let start = 0;
  for (let i = 1; i <= batch.length; i++) {
    if (i < batch.length && batch[i]?.tick === batch[start]?.tick) continue;
    yield batch.slice(start, i);
    start = i;
  }
}
