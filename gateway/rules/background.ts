import type { RulePoint } from './point.ts';

export type Vector = readonly [x: number, y: number, z: number];

/** Good readings that a background is the mean of (RULES.md, section 2). */
const READINGS = 10;
const AXES = ['tilt.x', 'tilt.y', 'tilt.z'];

/** A device's points of tilt.x, tilt.y and, if it has one, tilt.z; undefined when it has not both of the first. */
export function axesOf(device: readonly RulePoint[]): readonly RulePoint[] | undefined {
  const [x, y, z] = AXES.map((axis) => device.find(({ quantity }) => quantity === axis));
  if (x === undefined || y === undefined) return undefined;
  return z === undefined ? [x, y] : [x, y, z];
}

/**
 * The gravity vector of two or three inclinations, each of an axis against the horizontal in degrees: its part along an
 * axis is the sine of that axis's inclination. Of two axes, the part along the third follows from gravity's being of
 * length 1; it points down unless one of the two has turned beyond 90 degrees, as a roll does and an inclination cannot.
 */
export const gravityOf = (tilt: readonly number[]): Vector => {
  const radians = tilt.map((degrees) => (degrees * Math.PI) / 180);
  const [x = Number.NaN, y = Number.NaN, z] = radians.map(Math.sin);
  const down = radians.reduce((sign, angle) => (Math.cos(angle) < 0 ? -sign : sign), 1);
  return [x, y, z ?? down * Math.sqrt(Math.max(0, 1 - x * x - y * y))];
};

/** The angle between two vectors in degrees, 0 to 180; NaN when one is of no length. */
export function angleBetween(a: Vector, b: Vector): number {
  const dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  const cosine = dot / (Math.hypot(...a) * Math.hypot(...b));
  return (Math.acos(Math.min(1, Math.max(-1, cosine))) * 180) / Math.PI;
}

/** What outlives a restart: how many readings it has, and their sum. */
export interface BackgroundState {
  readonly count: number;
  readonly sum: Vector;
}

/** How a device stood when it was put in: learned once, and anew only when a person asks for it. */
export class Background {
  readonly device: string;
  readonly inputs: readonly RulePoint[];
  /** It is in what was saved, whole. */
  readonly memoryMs = 0;
  isUnsaved = false;
  #count = 0;
  #sum: Vector = [0, 0, 0];
  readonly #tilt: number[];
  #asOf = Number.NEGATIVE_INFINITY;

  constructor(device: string, inputs: readonly RulePoint[]) {
    this.device = device;
    this.inputs = inputs;
    this.#tilt = inputs.map(() => Number.NaN);
  }

  get key(): string {
    return `background:${this.device}`;
  }

  /** The learned gravity vector, of any length; null until it is learned. */
  get vector(): Vector | null {
    return this.#count < READINGS ? null : this.#sum;
  }

  /** A good reading of `inputs[input]`; it counts when all axes are there. */
  take(input: number, tick: number, value: number | string): void {
    if (this.#count >= READINGS || tick <= this.#asOf || typeof value !== 'number') return;
    this.#tilt[input] = value;
    const now = gravityOf(this.#tilt);
    if (now.some(Number.isNaN)) return;
    this.#tilt.fill(Number.NaN);
    this.#sum = [this.#sum[0] + now[0], this.#sum[1] + now[1], this.#sum[2] + now[2]];
    this.#count++;
    this.isUnsaved = true;
  }

  /** Learns anew, from the next reading on. */
  forget(): void {
    this.#count = 0;
    this.#sum = [0, 0, 0];
    this.#tilt.fill(Number.NaN);
    this.isUnsaved = true;
  }

  save(): BackgroundState {
    this.isUnsaved = false;
    return { count: this.#count, sum: this.#sum };
  }

  /** Takes what was saved; readings up to `asOf` are in it. */
  restore({ count, sum }: BackgroundState, asOf: number): void {
    this.#count = count;
    this.#sum = sum;
    this.#asOf = asOf;
  }
}
