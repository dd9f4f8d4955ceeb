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
  #points: readonly Point[];
  readonly #silence: Silence;
  /** While another broker is away: the points that owe a reading of that, and since when, ticks. */
  #outage: { readonly silence: Silence; since: number } | undefined;
  #isOver = false;
  #cancel = () => {};

  /** `owe` is told which points owe a reading, each once a period. */
  constructor(devices: readonly MqttDevice[], clock: Clock, owe: (points: readonly Point[]) => void) {
    this.#clock = clock;
    this.#owe = owe;
    this.#points = pointsOf(devices);
    this.#silence = new Silence(this.#points, clock.tick(), periodsOf(devices));
  }

  /** From now on these are the devices. Of points that are equal all stays known; the others count from now. */
  change(devices: readonly MqttDevice[]): void {
    const tick = this.#clock.tick();
    this.#points = pointsOf(devices);
    if (this.#outage !== undefined) {
      // Those that are new have not been away yet.
      this.#silence.excuse(tick - this.#outage.since);
      this.#outage.since = tick;
      this.#outage.silence.change(this.#points, tick, onePeriod);
    }
    this.#silence.change(this.#points, tick, periodsOf(devices));
    this.#wait();
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

  /** The last that is known of it is that it owed a reading. */
  isOwed(key: string): boolean {
    return (this.#outage?.silence ?? this.#silence).stateOf(key) === 'silent';
  }

  stateOf(key: string): ReturnType<Silence['stateOf']> {
    return this.#silence.stateOf(key);
  }

  /** From here on each point owes a reading a period that says so, the first after one period. */
  goDown(): void {
    const since = this.#clock.tick();
    this.#outage = { silence: new Silence(this.#points, since, onePeriod), since };
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

const pointsOf = (devices: readonly MqttDevice[]): Point[] => devices.flatMap(({ points }) => points);

/** After how many of its periods a point is silent. */
function periodsOf(devices: readonly MqttDevice[]): (point: Point) => number {
  const radio = new Set(devices.filter(({ options }) => options.devEui !== undefined).map(({ id }) => id));
  return ({ device }) => (radio.has(device) ? SILENT_HEARTBEATS : SILENT_PERIODS);
}

const onePeriod = () => 1;
