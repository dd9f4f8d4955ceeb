import type { Clock } from '#kit/clock.ts';
import type { Point } from '../point.ts';
import { Silence } from '../silence.ts';
import type { MqttDevice } from './kind.ts';

/** After how many heartbeats a device of LoRaWAN is offline; others after three of their periods. */
const SILENT_HEARTBEATS = 2.5;
const SILENT_PERIODS = 3;

/** Which points of a link say nothing and owe a bad reading for it, by one timer for the earliest of all deadlines, once it is started. */
export class SilenceWatch {
  readonly #clock: Clock;
  readonly #owe: (points: readonly Point[]) => void;
  readonly #points: readonly Point[];
  readonly #silence: Silence;
  /** While another broker is away: the points that owe a reading of that, and since when, ticks. */
  #outage: { readonly silence: Silence; readonly since: number } | undefined;
  #isOver = false;
  #cancel = () => {};

  /** `owe` is told which points owe a reading, each once a period. */
  constructor(devices: readonly MqttDevice[], clock: Clock, owe: (points: readonly Point[]) => void) {
    this.#clock = clock;
    this.#owe = owe;
    this.#points = devices.flatMap(({ points }) => points);
    const radio = new Set(devices.filter(({ options }) => options.devEui !== undefined).map(({ id }) => id));
    const periodsOf = ({ device }: Point) => (radio.has(device) ? SILENT_HEARTBEATS : SILENT_PERIODS);
    this.#silence = new Silence(this.#points, clock.tick(), periodsOf);
  }

  start(): void {
    this.#wait();
  }

  /** Nobody can be heard. */
  get isOut(): boolean {
    return this.#outage !== undefined;
  }

  heard(key: string, tick: number): void {
    this.#silence.heard(key, tick);
  }

  stateOf(key: string): ReturnType<Silence['stateOf']> {
    return this.#silence.stateOf(key);
  }

  /** From here on each point owes a reading a period that says so, the first after one period. */
  goDown(): void {
    const since = this.#clock.tick();
    this.#outage = { silence: new Silence(this.#points, since, () => 1), since };
    this.#wait();
  }

  /** The time that nobody could be heard is nobody's silence. */
  comeUp(): void {
    if (this.#outage === undefined) return;
    this.#silence.excuse(this.#clock.tick() - this.#outage.since);
    this.#outage = undefined;
    this.#wait();
  }

  close(): void {
    this.#isOver = true;
    this.#cancel();
  }

  /** A point that is heard meanwhile is simply not due yet. */
  #wait(): void {
    this.#cancel();
    const next = (this.#outage?.silence ?? this.#silence).nextAt();
    if (next === undefined || this.#isOver) return;
    this.#cancel = this.#clock.after(Math.max(next - this.#clock.tick(), 1), () => {
      this.#owe((this.#outage?.silence ?? this.#silence).takeDue(this.#clock.tick()));
      this.#wait();
    });
  }
}
