import type { Action, Receipt } from '../alarms/action.ts';
import type { Alarm } from '../alarms/alarm.ts';
import { Drills } from './drills.ts';
import { Exercises } from './exercises.ts';
import { WalkTests, type WalkTestsOptions } from './walk-tests.ts';

export type ExerciseDeskOptions = Omit<WalkTestsOptions, 'exercises'>;

/** Walk tests and drills, and what people do about their alarms. */
export class ExerciseDesk implements AsyncDisposable {
  readonly walkTests: WalkTests;
  readonly drills: Drills;
  readonly #exercises: Exercises;

  constructor(options: ExerciseDeskOptions) {
    this.#exercises = new Exercises(options);
    this.walkTests = new WalkTests({ ...options, exercises: this.#exercises });
    this.drills = new Drills({ ...options, exercises: this.#exercises });
  }

  /** Null where the action is on no alarm of an exercise. */
  act(action: Action): Promise<Receipt> | null {
    return this.#exercises.act(action);
  }

  /** An alarm of an exercise, by id or key. */
  find(alarm: string): Alarm | null {
    return this.#exercises.find(alarm);
  }

  /** Those that are not closed. */
  get alarms(): readonly Alarm[] {
    return this.#exercises.alarms;
  }

  /** Whether alarms of an exercise's incident wait to be seen. */
  isUnseen(incident: string): boolean {
    return this.#exercises.isUnseen(incident);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.walkTests[Symbol.asyncDispose]();
    await this.drills[Symbol.asyncDispose]();
    await this.#exercises[Symbol.asyncDispose]();
  }
}
