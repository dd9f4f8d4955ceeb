import { type Clock, every } from '#kit/clock.ts';
import type { Action, Receipt } from '../alarms/action.ts';
import type { Alarm } from '../alarms/alarm.ts';
import type { EntryDraft } from '../alarms/alarm-event.ts';
import { NOTHING, type Step } from '../alarms/step.ts';
import type { Instant, JudgedSite } from '../judge/judge.ts';
import type { LiveJudge } from '../judge/live-judge.ts';
import type { Entry } from '../ledger/ledger.ts';
import type { Finding } from '../rules/finding.ts';
import { Exercise, type ExerciseKind } from './exercise.ts';
import { isLevel } from './rehearse.ts';

export interface ExercisesOptions {
  /** As it is now. */
  readonly site: () => JudgedSite;
  readonly live: LiveJudge;
  readonly clock: Clock;
  readonly wire: Clock;
}

/** Why an exercise's alarms are closed. */
export const OVER = 'exercise-over';
/** What is due by itself is looked at so often. */
const LOOK_MS = 1000;

/** One exercise at work, and the way to drive it. */
export interface RunningExercise {
  readonly kind: ExerciseKind;
  readonly alarms: readonly Alarm[];
  /** Takes what a rule found as if it were now; settles with the entries that tell of it, null where they are not stored. */
  take(finding: Finding): Promise<readonly Entry[] | null>;
  /** Told of each of its alarms' steps: the alarm after it, and the entry's type and data. */
  onStep(listener: (entry: EntryDraft) => void): void;
  /** Closes all of its alarms. */
  end(): Promise<readonly Entry[] | null>;
}

/**
 * The drills and walk tests at work. Their events are told in the same ledger, marked; people act on their alarms as on any
 * other.
 */
export class Exercises implements AsyncDisposable {
  readonly #options: ExercisesOptions;
  readonly #running = new Map<Exercise, ((entry: EntryDraft) => void)[]>();
  /** Points that were announced as under test, and where what their rules say goes. */
  readonly #diverted = new Map<
    string,
    { readonly take: (finding: Finding) => void; readonly last: Map<string, Finding> }
  >();
  readonly #cancelLook: () => void;

  constructor(options: ExercisesOptions) {
    this.#options = options;
    options.live.judge.divert((finding) => this.#take(finding));
    this.#cancelLook = every(options.wire, LOOK_MS, () => {
      const instant = this.#instant();
      for (const [exercise] of this.#running) {
        if (exercise.nextDue() <= instant.tick) void this.#keep(exercise, exercise.advance(instant));
      }
    });
  }

  begin(kind: ExerciseKind): RunningExercise {
    const { live, site } = this.#options;
    const exercise = new Exercise(site(), kind, this.#instant(), live.judge.trust);
    this.#running.set(exercise, []);
    return {
      kind,
      get alarms() {
        return exercise.alarms;
      },
      take: (finding) => this.#keep(exercise, exercise.take(finding, this.#instant())),
      onStep: (listener) => void this.#running.get(exercise)?.push(listener),
      end: () => {
        const kept = this.#keep(exercise, exercise.end(OVER, this.#instant()));
        this.#running.delete(exercise);
        return kept;
      },
    };
  }

  /**
   * What the rules say of a point goes to `take` from now on, and to no real alarm; gives the way back. Then what a rule
   * still says of it is a real alarm.
   */
  announce(point: string, take: (finding: Finding) => void): () => void {
    const last = new Map<string, Finding>();
    this.#diverted.set(point, { take, last });
    return () => {
      this.#diverted.delete(point);
      const at = this.#options.clock.now();
      for (const finding of last.values()) if (isLevel(finding)) this.#options.live.takeFinding({ ...finding, at });
    };
  }

  isAnnounced(point: string): boolean {
    return this.#diverted.has(point);
  }

  find(idOrKey: string): Alarm | null {
    for (const exercise of this.#running.keys()) {
      const found = exercise.find(idOrKey);
      if (found !== null) return found;
    }
    return null;
  }

  get alarms(): readonly Alarm[] {
    return [...this.#running.keys()].flatMap((exercise) => exercise.alarms);
  }

  isUnseen(incident: string): boolean {
    return [...this.#running.keys()].some((exercise) => exercise.isUnseen(incident));
  }

  /** The receipt, where the action is on an alarm or an incident of an exercise; null where it is on none. */
  act(action: Action): Promise<Receipt> | null {
    if (!('alarm' in action)) return null;
    for (const [exercise] of this.#running) {
      if (!exercise.has(action.alarm)) continue;
      const acted = exercise.act(action, this.#instant());
      this.#tell(exercise, acted.step);
      return this.#options.live.answer(acted);
    }
    return null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancelLook();
    this.#options.live.judge.divert(() => false);
    for (const exercise of this.#running.keys()) void this.#keep(exercise, exercise.end(OVER, this.#instant()));
    this.#running.clear();
  }

  #take(finding: Finding): boolean {
    const { device, point, key } = finding.watch;
    const diverted = this.#diverted.get(`${device}/${point}`);
    if (diverted === undefined) return false;
    // What stood before the test goes on as it is.
    if (this.#options.live.judge.alarms.find(key) !== null) return false;
    diverted.last.set(key, finding);
    diverted.take(finding);
    return true;
  }

  #keep(exercise: Exercise, step: Step): Promise<readonly Entry[] | null> {
    this.#tell(exercise, step);
    return step === NOTHING ? Promise.resolve([]) : this.#options.live.keep(step, []);
  }

  #tell(exercise: Exercise, { events }: Step): void {
    for (const listener of this.#running.get(exercise) ?? []) for (const event of events) listener(event);
  }

  #instant(): Instant {
    const { clock } = this.#options;
    return { at: clock.now(), tick: clock.tick() };
  }
}
