import type { Clock } from '#kit/clock.ts';
import { openZone, type Zone } from '#kit/zone.ts';
import type { Reading } from '../../drivers/reading.ts';
import { type JudgedSite, openRules } from '../judge/judge.ts';
import type { RuleEngine } from '../rules/engine.ts';
import type { Finding } from '../rules/finding.ts';
import { type Permit, permit as permitShape } from '../rules/permit.ts';
import type { RulePoint } from '../rules/point.ts';
import type { Rule } from '../rules/rule.ts';
import { type ExerciseReadings, exerciseReadings } from './exercise-readings.ts';

/** What came of readings that were shown to one rule on one point, on a time of their own. */
export interface Rehearsed {
  /** What the rule found at its lowest level or above; null: nothing. */
  readonly finding: Finding | null;
  /** What was shown, for a person. */
  readonly says: string;
  readonly readings: number;
  /** How much of that other time passed, ms. */
  readonly tookMs: number;
  /** Why it found nothing. */
  readonly why: string | null;
}

export interface RehearseOptions {
  readonly site: JudgedSite;
  readonly rule: Rule;
  readonly point: RulePoint;
  /** What devices have learned, by its key (`background:…`). */
  readonly learned: ReadonlyMap<string, object>;
  /** UTC ms, and the tick of the same instant: what is learned is of this line. */
  readonly now: number;
  readonly tick: number;
  readonly wire: Pick<Clock, 'sleep'>;
  readonly signal: AbortSignal;
}

/** Readings between two looks at what else the loop has to do. */
const SLICE = 500;
const MOST_READINGS = 400_000;
const HALF_HOUR_MS = 1_800_000;
const SEARCHED_MS = 8 * 86_400_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/**
 * Keys of what is learned of points' noise (`background:DEVICE/POINT`). How a device stood when it was put in is not taken:
 * what is played begins upright and leans from there, and the rehearsal learns that by itself.
 */
const LEARNED = /^background:[^/]+\//;

/** Plays readings through a rule of its own until it finds its level: a window of 20 minutes is over at once. */
export async function rehearse(given: RehearseOptions): Promise<Rehearsed> {
  const { rule, point, site, signal } = given;
  const options = { ...given, zone: openZone(site.timeZone) };
  const plan = exerciseReadings(rule, point, site.points);
  const key = `${rule.id}@${point.key}`;
  const nothing = (why: string, readings = 0, tookMs = 0): Rehearsed => ({
    ...{ finding: null, says: plan.says, readings, tookMs, why },
  });
  const from = plan.at ?? inForceFrom(options, plan);
  if (from === null) return nothing('the rule is not in force at any time of the next eight days');
  const count = Math.ceil(plan.lastsMs / plan.everyMs);
  if (count * plan.shown.size > MOST_READINGS) return nothing(`it would take more than ${MOST_READINGS} readings`);
  const engine = open(options, plan, from);
  engine.restore(new Map([...options.learned].filter(([name]) => LEARNED.test(name))), 0, from);
  for (let i = 0; i <= count; i++) {
    if (i % SLICE === SLICE - 1) await options.wire.sleep(0, signal);
    const ms = i * plan.everyMs;
    const at = from + ms;
    const batch = batchAt(plan, ms, at);
    const findings = batch.length === 0 ? engine.advance(at, at) : engine.step(batch);
    const finding = findings.find((each) => each.watch.key === key && isLevel(each));
    if (finding !== undefined) return { finding, says: plan.says, readings: i + 1, tookMs: ms, why: null };
  }
  const answer = [...engine.answers()].find((each) => each.rule === rule.id && each.point === point.key);
  const why = `the rule answers ${answer?.answer ?? 'nothing'}${answer?.code == null ? '' : ` (${answer.code})`}`;
  return nothing(why, count, plan.lastsMs);
}

export const isLevel = ({ answer }: Pick<Finding, 'answer'>): boolean =>
  answer !== 'normal' && answer !== 'not-evaluable' && answer !== 'not-in-force';

function batchAt({ shown }: ExerciseReadings, ms: number, at: number): Reading[] {
  const batch: Reading[] = [];
  for (const [point, show] of shown) {
    const value = show(ms);
    if (value === undefined) continue;
    const reading = { point, at, tick: at };
    if (typeof value === 'object') batch.push({ ...reading, value: null, quality: 'bad', code: value.bad });
    else batch.push({ ...reading, value, quality: 'good' });
  }
  return batch;
}

function open(
  { site, rule, point, zone }: RehearseOptions & { readonly zone: Zone },
  plan: ExerciseReadings,
  from: number,
): RuleEngine {
  const points = site.points.filter((each) => each.device === point.device || plan.shown.has(each.key));
  const own = { ...rule, on: { device: point.device, point: point.id } };
  const permits = permitsFor(rule, point, from);
  return openRules({ ...site, points, rules: [own], permits }, zone, { at: from, tick: from }, 'synchronised');
}

/** From when on the rule stays in force for so long, without a permit that forbids it: now, or at the next opening. */
function inForceFrom(options: RehearseOptions & { readonly zone: Zone }, plan: ExerciseReadings): number | null {
  const { rule, point, now } = options;
  const { lastsMs } = plan;
  const isInForce = (engine: RuleEngine) =>
    [...engine.answers()].some(
      ({ rule: id, point: key, answer }) => id === rule.id && key === point.key && answer !== 'not-in-force',
    );
  const begin = rule.effective?.from === undefined ? now : Math.max(now, Date.parse(rule.effective.from));
  if (rule.effective?.to !== undefined && Date.parse(rule.effective.to) + DAY_MS < begin) return null;
  const candidates = [begin];
  for (let at = begin; at < begin + SEARCHED_MS; at += HALF_HOUR_MS)
    candidates.push(at - (at % HALF_HOUR_MS) + HALF_HOUR_MS);
  for (const at of candidates) {
    // A window that closes in the midst of it would end it.
    if (isInForce(open(options, plan, at)) && isInForce(open(options, plan, at + lastsMs))) return at;
  }
  // Shorter than what it takes: as much of it as there is.
  return candidates.find((at) => isInForce(open(options, plan, at))) ?? null;
}

/** A rule of work beyond the end of its permit needs one that has ended. */
function permitsFor({ permit }: Rule, { device }: RulePoint, at: number): Permit[] {
  if (permit === undefined || !('when' in permit) || permit.when !== 'ended') return [];
  const [from, to] = [at - HOUR_MS, at].map((each) => new Date(each).toISOString());
  const filed = permitShape.safeParse({
    ...{ id: 'exercise', kind: permit.kind, on: { device }, from, to, status: 'granted' },
  });
  return filed.success ? [filed.data] : [];
}
