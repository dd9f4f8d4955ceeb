import type { Trust } from '#kit/clock.ts';
import type { Reading } from '../../drivers/reading.ts';

/** How many periods old a device's own time may be (RULES.md, section 4). */
const LATE_PERIODS = 3;

interface Own {
  readonly everyMs: number;
  /** The newest of the device's own times that was taken, UTC ms. */
  newest: number;
  /** What an earlier run took last: it may come again, since who sent it never heard that it had arrived. */
  recalled: Pick<Reading, 'deviceAt' | 'value'> | undefined;
}

/**
 * Decides, between drivers and rules, which readings came too late for the rules: their `deviceAt` is older than three
 * periods, or than the last one taken of their point; or it is the last one that an earlier run took, come again. What is
 * late keeps its mark for ever, in history and recordings.
 *
 * A device may send several values at once, each with its own time. Those that are not late all go to the rules, in the
 * order of their own times, whatever the order in which they were written. They enter a window at one instant, that of
 * their handing on: the window is of `at`, each counts once and stands for one period, so the coverage of a device that
 * gathers is as right as that of one that does not, and a mean or an Leq is that of all its values (RULES.md, section 2).
 * Holds and clears gain no time by it, since none passes between them. Taking only the newest would leave such a point
 * without coverage for ever; spreading them over the past would let time go back inside the rules.
 *
 * Two things keep a wrong clock from silencing a device. While the gateway's own clock is not trusted, it is no measure
 * of age, and only the order of a device's own times counts: safety rules go on. A device's time that is ahead by more
 * than three periods is no time, and is not remembered, else one wrong date would make late all that comes after.
 */
export class Lateness {
  #points: ReadonlyMap<string, Own> = new Map();
  #count = 0;

  constructor(points: readonly { readonly key: string; readonly everyMs: number }[]) {
    this.change(points);
  }

  /** The points are these from now on; of those that were there before it knows what it knew. */
  change(points: readonly { readonly key: string; readonly everyMs: number }[]): void {
    const known = (key: string) => this.#points.get(key) ?? { newest: Number.NEGATIVE_INFINITY, recalled: undefined };
    this.#points = new Map(points.map(({ key, everyMs }) => [key, { ...known(key), everyMs }] as const));
  }

  /** Readings that were late since the start. */
  get count(): number {
    return this.#count;
  }

  /** The batch with what is late marked; the same one where nothing has a time of its own. `trust`: in the wall clock. */
  mark(batch: readonly Reading[], trust: Trust): readonly Reading[] {
    if (!batch.some(hasOwnTime)) return batch;
    return batch.toSorted((a, b) => timeOf(a) - timeOf(b)).map((reading) => this.#marked(reading, trust));
  }

  /** Takes readings that were decided on before, as history has them: so that nothing older is taken after them. */
  recall(batch: readonly Reading[]): void {
    for (const reading of batch) {
      if (reading.late !== undefined) continue;
      this.#remember(reading);
      const own = this.#points.get(reading.point);
      if (own !== undefined && own.newest === reading.deviceAt) own.recalled = reading;
    }
  }

  #marked(reading: Reading, trust: Trust): Reading {
    const { point, at, deviceAt } = reading;
    const own = this.#points.get(point);
    if (reading.late === undefined && deviceAt !== undefined && own !== undefined) {
      const isOld = trust !== 'unknown' && at - deviceAt > LATE_PERIODS * own.everyMs;
      const isAgain = deviceAt === own.recalled?.deviceAt && reading.value === own.recalled.value;
      // Once: a clock that stands tells the same time for ever.
      own.recalled = undefined;
      if (isOld || isAgain || deviceAt < own.newest) return this.#late({ ...reading, late: true });
      this.#remember(reading);
    }
    return reading.late === undefined ? reading : this.#late(reading);
  }

  #late(reading: Reading): Reading {
    this.#count++;
    return reading;
  }

  #remember({ point, at, deviceAt }: Reading): void {
    const own = this.#points.get(point);
    if (own === undefined || deviceAt === undefined || deviceAt - at > LATE_PERIODS * own.everyMs) return;
    own.newest = Math.max(own.newest, deviceAt);
  }
}

const hasOwnTime = ({ deviceAt, late }: Reading): boolean => deviceAt !== undefined || late !== undefined;

const timeOf = ({ at, deviceAt }: Reading): number => deviceAt ?? at;

/** What of a marked batch is for the rules. */
export const inTime = (batch: readonly Reading[]): readonly Reading[] =>
  batch.some(({ late }) => late) ? batch.filter(({ late }) => late === undefined) : batch;
