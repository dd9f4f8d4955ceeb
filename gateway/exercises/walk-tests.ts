import type { Clock } from '#kit/clock.ts';
import { Fault, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import type { SitePoint } from '../../config/site.ts';
import { NOTHING } from '../alarms/step.ts';
import type { Board } from '../board.ts';
import { JobDesk, type JobTools, type JobView, type News } from '../commissioning/job.ts';
import { type Raised, type Receiver, WALK_TESTED, type Way, walkTest } from '../commissioning/walk-test.ts';
import type { LiveJudge } from '../judge/live-judge.ts';
import type { GatewaySite } from '../kinds.ts';
import type { Accounts } from '../ledger/accounts.ts';
import type { Entry, LedgerReader } from '../ledger/ledger.ts';
import type { Finding } from '../rules/finding.ts';
import type { Rule } from '../rules/rule.ts';
import type { OpenUpstream } from '../upstream/upstream.ts';
import type { Exercises, RunningExercise } from './exercises.ts';
import { isLevel, rehearse } from './rehearse.ts';

export interface WalkTestsOptions {
  readonly site: () => GatewaySite;
  readonly board: Board;
  readonly live: LiveJudge;
  readonly ledger: LedgerReader;
  readonly accounts: Pick<Accounts, 'audit'>;
  readonly sinks: ReadonlyMap<string, OpenUpstream>;
  readonly exercises: Exercises;
  readonly clock: Clock;
  readonly wire: Clock;
  readonly log: Log;
  /** The calls to people that an entry asks for, each with its receipt. */
  readonly callsFor?: (entry: Entry) => readonly Receiver[];
}

export interface WalkTestWish {
  readonly device: string;
  readonly point?: string | undefined;
  readonly rule?: string | undefined;
  /** The installer makes it happen: at most so long is waited for it, ms; left out: it is simulated. */
  readonly withinMs?: number | undefined;
}

/** So long an upstream or a channel has for its receipt. */
const PATIENCE_MS = 30_000;
export const LONGEST_LIVE_MS = 1_800_000;
/** Beside what is waited for. */
const LIMIT_MS = 120_000;
/** A device whose last good reading is older than so many of its periods is not alive. */
const PERIODS = 3;

/** Walk tests (联调测试) of a gateway at work, one at a time for a device. */
export class WalkTests implements AsyncDisposable {
  readonly #options: WalkTestsOptions;
  readonly #desk: JobDesk;

  constructor(options: WalkTestsOptions) {
    this.#options = options;
    this.#desk = new JobDesk(options.clock, options.wire);
  }

  /** Throws a Fault why not: `no-such-device`, `no-such-point`, `no-rule`, `alarm-stands`, `link-busy`, `too-many-jobs`. */
  start(wish: WalkTestWish, by: string): JobView {
    const { point, rule } = this.#choose(wish);
    const { withinMs } = wish;
    if (withinMs !== undefined) this.#mayBeLive(rule, point, withinMs);
    const { log } = this.#options;
    const view = this.#desk.start({
      kind: 'walk-test',
      link: `device ${point.device}`,
      by,
      limitMs: LIMIT_MS + (withinMs ?? 0),
      run: (tools) => this.#run(rule, point, withinMs, by, tools),
    });
    log.info({ job: view.id, point: point.key, rule: rule.id, by, withinMs }, 'a walk test begins');
    this.#audit(by, { job: view.id, point: point.key, rule: rule.id, live: withinMs !== undefined });
    return view;
  }

  list(): readonly JobView[] {
    return this.#desk.list();
  }

  find(id: string): JobView | undefined {
    return this.#desk.find(id);
  }

  news(id: string, after: number): readonly News[] {
    return this.#desk.news(id, after);
  }

  ended(id: string): Promise<JobView | undefined> {
    return this.#desk.ended(id);
  }

  stop(id: string): Promise<JobView | undefined> {
    return this.#desk.stop(id);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#desk[Symbol.asyncDispose]();
  }

  async #run(rule: Rule, point: SitePoint, withinMs: number | undefined, by: string, tools: JobTools) {
    const { live, clock, wire, exercises } = this.#options;
    const exercise = exercises.begin('test');
    const way =
      withinMs === undefined ? this.#simulated(rule, point, exercise) : this.#live(rule, point, exercise, withinMs);
    const encodeTime = (at: number) => live.judge.zone.encode(at);
    const mode = withinMs === undefined ? ('simulate' as const) : ('live' as const);
    const about = { device: point.device, point: point.id, rule: rule.id, mode, by };
    const tested = await walkTest({ ...about, way, clock, wire, encodeTime, patienceMs: PATIENCE_MS }, tools);
    await live.keep(NOTHING, [{ type: WALK_TESTED, subject: point.key, time: encodeTime(clock.now()), data: tested }]);
    return tested;
  }

  #simulated(rule: Rule, point: SitePoint, exercise: RunningExercise): Way {
    const { site, live, clock, wire } = this.#options;
    return {
      reading: () => this.#reading(point),
      finding: async (signal) => {
        const learned = live.judge.rules.learnedStates();
        const [now, tick] = [clock.now(), clock.tick()];
        const found = await rehearse({ site: site(), rule, point, learned, now, tick, wire, signal });
        const { finding, says, why, readings, tookMs } = found;
        if (finding === null) return { ok: false, detail: `${says}: ${why}`, raise: null };
        const detail = `${says}: ${finding.answer}, after ${readings} readings of ${Math.round(tookMs / 1000)} s`;
        return { ok: true, detail, raise: async () => this.#raised(exercise, await exercise.take(finding)) };
      },
      close: () => exercise.end(),
    };
  }

  #live(rule: Rule, point: SitePoint, exercise: RunningExercise, withinMs: number): Way {
    const { exercises, wire } = this.#options;
    const reached = Promise.withResolvers<{ finding: Finding; kept: Promise<readonly Entry[] | null> }>();
    const back = exercises.announce(point.key, (finding) => {
      const kept = exercise.take(finding);
      if (finding.watch.rule === rule.id && isLevel(finding)) reached.resolve({ finding, kept });
    });
    return {
      reading: () => this.#reading(point),
      finding: async (signal) => {
        const patience = wire.sleep(withinMs, signal).then(
          () => null,
          () => null,
        );
        const found = await Promise.race([reached.promise, patience]);
        if (found === null) {
          const what = signal.aborted ? 'the test was stopped' : `not reached within ${withinMs / 1000} s`;
          return { ok: false, detail: `${rule.id}: ${what}`, raise: null };
        }
        const { finding, kept } = found;
        const detail = `${point.id} = ${finding.value ?? 'nothing'}: ${finding.answer}`;
        return { ok: true, detail, raise: async () => this.#raised(exercise, await kept) };
      },
      close: async () => {
        await exercise.end();
        back();
      },
    };
  }

  #raised(exercise: RunningExercise, kept: readonly Entry[] | null): Raised | null {
    const entry = kept?.at(-1);
    const [alarm] = exercise.alarms;
    if (entry === undefined || alarm === undefined) return null;
    const { sequence } = entry;
    const { ledger, sinks, callsFor } = this.#options;
    const upstreams = [...sinks]
      // One that sends readings alone has no place in the ledger.
      .filter(([id]) => ledger.status().cursors[id] !== undefined)
      .map(
        ([id, sink]): Receiver => ({
          step: `upstream:${id}`,
          arrived: () =>
            (ledger.status().cursors[id] ?? 0) >= sequence
              ? { ok: true, detail: `it has confirmed entry ${sequence}` }
              : undefined,
          why: () => {
            const { state, error } = sink.status();
            return `it has not confirmed entry ${sequence}: ${state}${error === undefined ? '' : `, ${error}`}`;
          },
        }),
      );
    return { alarm: alarm.id, sequence, receivers: [...upstreams, ...(callsFor?.(entry) ?? [])] };
  }

  #reading({ key, id, everyMs }: SitePoint) {
    const last = this.#options.board.points().find((each) => each.key === key)?.last ?? null;
    if (last === null) return { ok: false, detail: `${id} has not been read since the start` };
    if (last.quality !== 'good') return { ok: false, detail: `${id}: ${last.quality}, ${last.code ?? 'no code'}` };
    const agoMs = this.#options.clock.tick() - last.tick;
    const ago = `${Math.round(agoMs / 1000)} s ago`;
    return { ok: agoMs <= PERIODS * everyMs + 1000, detail: `${id} = ${last.value}, ${ago}` };
  }

  /** The point and the rule that are walked: those that are named, else the first of the device that has a rule. */
  #choose({ device, point: pointId, rule: ruleId }: WalkTestWish): { point: SitePoint; rule: Rule } {
    const { points, rules, links } = this.#options.site();
    if (!links.some(({ devices }) => devices.some(({ id }) => id === device))) {
      throw new Fault('no-such-device', `the site has no device ${device}`);
    }
    const own = points.filter((each) => each.device === device);
    if (pointId !== undefined && !own.some(({ id }) => id === pointId)) {
      const known = own.map(({ id }) => id).join(', ');
      throw new Fault('no-such-point', `${device} has no point ${pointId}`, { hint: `it has ${known}` });
    }
    const pairs = [...this.#options.live.judge.rules.answers()]
      .flatMap((answer) => {
        const point = own.find(({ key }) => key === answer.point);
        const rule = rules.find(({ id }) => id === answer.rule);
        return point === undefined || rule === undefined ? [] : [{ point, rule }];
      })
      .filter(({ point, rule }) => (pointId ?? point.id) === point.id && (ruleId ?? rule.id) === rule.id);
    // What tells of the thing itself goes before what tells of its device, and a model's first point before its battery.
    const [found] = pairs.toSorted(
      (a, b) => weight(a.rule) - weight(b.rule) || own.indexOf(a.point) - own.indexOf(b.point),
    );
    if (found !== undefined) return found;
    const what = [device, pointId].filter((part) => part !== undefined).join('/');
    const which = ruleId === undefined ? 'no rule is' : `rule ${ruleId} is not`;
    throw new Fault('no-rule', `${which} on ${what}: there is nothing that could raise an alarm`);
  }

  #mayBeLive(rule: Rule, point: SitePoint, withinMs: number): void {
    if (withinMs < 1000 || withinMs > LONGEST_LIVE_MS) {
      throw new Fault('invalid', `a live test waits from 1 s to ${LONGEST_LIVE_MS / 60_000} min`);
    }
    const standing = this.#options.live.judge.alarms.open.find(
      ({ watch }) => watch.device === point.device && watch.point === point.id && watch.rule === rule.id,
    );
    if (standing === undefined) return;
    throw new Fault(
      'alarm-stands',
      `an alarm of ${rule.id} is open on ${point.key}: a live test would hide what it does`,
      {
        hint: 'deal with it first, or simulate',
      },
    );
  }

  #audit(who: string, detail: object): void {
    const { accounts, clock, log } = this.#options;
    accounts.audit({ at: clock.now(), who, what: 'walk-test', detail }).catch((error: unknown) => {
      log.error({ what: 'walk-test', error: textOf(error) }, 'audit line not stored');
    });
  }
}

/** Rules on the device's own health are walked last, and that on its papers after all. */
function weight(rule: Rule): number {
  if (rule.kind === 'limit' && rule.measure.kind === 'certificate') return 5;
  return { limit: 0, state: 0, together: 1, quality: 2, silent: 3, stuck: 4 }[rule.kind];
}
