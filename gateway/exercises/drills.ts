import type { Clock } from '#kit/clock.ts';
import { codeOf, Fault, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { openZone } from '#kit/zone.ts';
import type { Reading } from '../../drivers/reading.ts';
import type { EntryDraft } from '../alarms/alarm-event.ts';
import { NOTHING } from '../alarms/step.ts';
import { openRules } from '../judge/judge.ts';
import type { LiveJudge } from '../judge/live-judge.ts';
import type { GatewaySite } from '../kinds.ts';
import type { Accounts } from '../ledger/accounts.ts';
import type { LedgerReader } from '../ledger/ledger.ts';
import type { RuleEngine } from '../rules/engine.ts';
import { type RulePoint, selects } from '../rules/point.ts';
import { type DrillReport, DrillTimes } from './drill-report.ts';
import { type DrillScript, loadDrill, shownAt } from './drill-script.ts';
import type { Exercises, RunningExercise } from './exercises.ts';

export const DRILL_STARTED = 'city.gengfu.drill.started';
export const DRILL_ENDED = 'city.gengfu.drill.ended';

export interface DrillsOptions {
  readonly site: () => GatewaySite;
  readonly live: LiveJudge;
  readonly ledger: Pick<LedgerReader, 'onCommit'>;
  readonly accounts: Pick<Accounts, 'audit'>;
  readonly exercises: Exercises;
  readonly clock: Clock;
  readonly wire: Clock;
  readonly log: Log;
}

export interface DrillWish {
  readonly drill: string;
  readonly place?: string | null | undefined;
  readonly speed?: number | undefined;
}

const STEP_MS = 200;
const MOST_EVERY_MS = 5000;
export const MOST_SPEED = 100;
const CALLS = '"type":"city.gengfu.call.';

interface Running {
  readonly script: DrillScript;
  readonly speed: number;
  readonly place: string | null;
  readonly by: string;
  readonly startedAt: string;
  readonly began: number;
  readonly played: readonly { readonly point: RulePoint; readonly part: DrillScript['points'][number] }[];
  readonly rules: RuleEngine;
  /** Of the rules' time at the beginning. */
  readonly from: number;
  readonly exercise: RunningExercise;
  readonly times: DrillTimes;
  /** Up to where it was played, ms of the script. */
  playedTo: number;
}

/** Drills (演练): a script that is played through rules of its own, one at a time; nothing of it can be taken for real. */
export class Drills implements AsyncDisposable {
  readonly #options: DrillsOptions;
  #running: Running | null = null;
  #last: DrillReport | null = null;
  #cancel: () => void = () => {};
  readonly #stopListening: () => void;

  constructor(options: DrillsOptions) {
    this.#options = options;
    this.#stopListening = options.ledger.onCommit((entries) => {
      const times = this.#running?.times;
      if (times === undefined) return;
      // Calls are told by whoever calls.
      for (const { json } of entries) if (json.includes(CALLS)) times.take(JSON.parse(json) as EntryDraft);
    });
  }

  /** Throws a Fault why not: `no-such-drill`, `drill-runs`, `no-drill-points`, `invalid`. */
  async start({ drill, place = null, speed = 1 }: DrillWish, by: string): Promise<DrillReport> {
    if (!(speed >= 0.1 && speed <= MOST_SPEED)) throw new Fault('invalid', `speed is from 0.1 to ${MOST_SPEED}`);
    const script = await loadDrill(drill);
    if (this.#running !== null) {
      const { script: other, by: who } = this.#running;
      throw new Fault('drill-runs', `drill ${other.drill} of ${who} runs already`, { hint: 'gengfu drill stop' });
    }
    const { site, live, clock, wire, exercises, log } = this.#options;
    const now = site();
    const played = script.points.flatMap((part) => {
      const found = now.points.filter(
        (point) => selects(part.on, point) && (place === null || point.place.grid === place),
      );
      return found.slice(0, part.most).map((point) => ({ point, part }));
    });
    if (played.length === 0) {
      const where = place === null ? 'the site' : `the grid ${place}`;
      throw new Fault('no-drill-points', `${where} has nothing that drill ${drill} could be played on`);
    }
    const from = beginOf(script, clock.now(), now.timeZone);
    const devices = new Set(played.map(({ point }) => point.device));
    const points = now.points.filter(({ device }) => devices.has(device));
    const zone = openZone(now.timeZone);
    const rules = openRules({ ...now, points, permits: [] }, zone, { at: from, tick: from }, 'synchronised');
    const startedAt = live.judge.zone.encode(clock.now());
    const exercise = exercises.begin('drill');
    const times = new DrillTimes();
    exercise.onStep((entry) => times.take(entry));
    const about = { script, speed, place, by, startedAt, began: wire.tick(), played, rules, from };
    this.#running = { ...about, exercise, times, playedTo: -1 };
    log.info({ drill, by, speed, place, points: played.map(({ point }) => point.key) }, 'a drill begins');
    const report = this.#report(this.#running, null);
    this.#tell(DRILL_STARTED, report);
    this.#audit(by, 'drill-started', { drill, speed, place });
    this.#step();
    return report;
  }

  /** Ends it now. Throws the Fault `no-drill`. */
  async stop(by: string): Promise<DrillReport> {
    const running = this.#running;
    if (running === null) throw new Fault('no-drill', 'no drill runs');
    this.#audit(by, 'drill-stopped', { drill: running.script.drill });
    return await this.#end(running, 'stopped');
  }

  /** Of the one that runs, else of the last one since the start; null: there was none. */
  report(): DrillReport | null {
    return this.#running === null ? this.#last : this.#report(this.#running, null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopListening();
    if (this.#running !== null) await this.#end(this.#running, 'gateway-ended');
  }

  #step(): void {
    const running = this.#running;
    if (running === null) return;
    const { wire, log } = this.#options;
    const { lasts } = running.script;
    const to = Math.min(lasts, (wire.tick() - running.began) * running.speed);
    try {
      this.#play(running, to);
    } catch (error) {
      log.error({ drill: running.script.drill, code: codeOf(error) }, `the drill failed: ${textOf(error)}`);
      void this.#end(running, 'failed');
      return;
    }
    if (to >= lasts) void this.#end(running, 'over');
    else this.#cancel = wire.after(STEP_MS, () => this.#step());
  }

  /** All instants at which a point is read up to then, in their order. */
  #play(running: Running, to: number): void {
    const { played, rules, from, exercise } = running;
    const instants = new Set<number>();
    for (const { point } of played) {
      const everyMs = playedEvery(point);
      for (let ms = Math.ceil((running.playedTo + 1) / everyMs) * everyMs; ms <= to; ms += everyMs) instants.add(ms);
    }
    const keys = new Set(played.map(({ point }) => point.key));
    const take = (findings: ReturnType<RuleEngine['step']>) => {
      for (const finding of findings) {
        const { device, point, rule } = finding.watch;
        // What is not played is silent, which is no part of the drill.
        if (keys.has(`${device}/${point}`) && !rule.startsWith('gengfu.')) void exercise.take(finding);
      }
    };
    for (const ms of [...instants].sort((a, b) => a - b)) {
      const at = from + ms;
      const due = played.filter(({ point }) => ms % playedEvery(point) === 0);
      take(rules.step(due.map(({ point, part }) => readingOf(point, shownAt(part, ms), at))));
    }
    if (to > running.playedTo) take(rules.advance(from + to, from + to));
    running.playedTo = to;
  }

  async #end(running: Running, ended: string): Promise<DrillReport> {
    this.#cancel();
    this.#running = null;
    // The drill is over when its alarms are closed; what was open then is late by its plan, or not.
    const report = this.#report(running, ended);
    await running.exercise.end();
    this.#last = report;
    this.#tell(DRILL_ENDED, report);
    this.#options.log.info({ drill: running.script.drill, ended, alarms: report.alarms.length }, 'the drill is over');
    return report;
  }

  #report({ script, by, speed, place, startedAt, played, times }: Running, ended: string | null): DrillReport {
    const { live, clock } = this.#options;
    const now = live.judge.zone.encode(clock.now());
    return {
      ...{ drill: script.drill, title: script.title, by, speed, place, startedAt, ended },
      endedAt: ended === null ? null : now,
      points: played.map(({ point }) => point.key),
      alarms: times.alarms(now),
      exercise: 'drill',
    };
  }

  #tell(type: string, report: DrillReport): void {
    const { live, clock } = this.#options;
    const time = live.judge.zone.encode(clock.now());
    void live.keep(NOTHING, [{ type, subject: `drill:${report.drill}`, time, data: report }]);
  }

  #audit(who: string, what: string, detail: object): void {
    const { accounts, clock, log } = this.#options;
    accounts.audit({ at: clock.now(), who, what, detail }).catch((error: unknown) => {
      log.error({ what, error: textOf(error) }, 'audit line not stored');
    });
  }
}

/** What tells by itself, at a change or twice a day, is played as if it were read. */
const playedEvery = ({ everyMs }: RulePoint): number => Math.min(everyMs, MOST_EVERY_MS);

const readingOf = ({ key }: RulePoint, value: number | string, at: number): Reading => ({
  ...{ point: key, value, at, tick: at, quality: 'good' },
});

/** When the rules believe that it begins: now, or that time of today. */
function beginOf({ at }: DrillScript, now: number, timeZone: string): number {
  if (at === undefined) return now;
  const zone = openZone(timeZone);
  const minute = Number(at.slice(0, 2)) * 60 + Number(at.slice(3));
  return zone.instant(zone.date(now), minute);
}
