import type { RulePoint } from './point.ts';

/** Project defaults: the level exceeded 90 % of the time (L90, GB 3096) of each 5 minutes, over the last 24 h. */
const BLOCK_MS = 5 * 60_000;
const OVER_MS = 24 * 3_600_000;
const PERCENT = 90;
/** A block of which less was read says nothing. */
const LEAST_SHARE = 0.75;
/** Half an hour: before it there is no background. */
const LEAST_BLOCKS = 6;

/** What outlives a restart: the L90 of each block with the tick of its end, and when the present one began. */
export interface NoiseFloorState {
  readonly blocks: readonly (readonly [tick: number, level: number])[];
  readonly since: number | null;
}

/** The k-th largest, k = ⌈n·p/100⌉ (RULES.md, section 2, percentile); NaN of nothing. */
function exceeded(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => b - a);
  return sorted[Math.max(1, Math.ceil((sorted.length * p) / 100)) - 1] ?? Number.NaN;
}

/**
 * What a point shows when nothing is going on beside it: of the L90 of every 5 minutes of the last day, the one that nine
 * in ten lie at or above. Work that goes on for most of a day does not raise it; it is learned all the time, whether or
 * not a rule that measures from it is in force.
 */
export class NoiseFloor {
  readonly point: RulePoint;
  readonly device: string;
  isUnsaved = false;
  readonly #blocks: [tick: number, level: number][] = [];
  readonly #values: number[] = [];
  #since = Number.NEGATIVE_INFINITY;
  #level = Number.NaN;

  constructor(point: RulePoint) {
    this.point = point;
    this.device = point.device;
  }

  get key(): string {
    return `background:${this.point.key}`;
  }

  /** How far back readings are needed to fill the present block, ms. */
  get memoryMs(): number {
    return BLOCK_MS + this.point.everyMs;
  }

  /** In the point's unit; NaN until half an hour of it is known. */
  get level(): number {
    return this.#level;
  }

  /** A good reading of its point; one that is older than the present block is in it already. */
  take(_input: number, tick: number, value: number | string): void {
    if (typeof value !== 'number' || tick < this.#since) return;
    if (tick >= this.#since + BLOCK_MS) this.#begin(tick);
    this.#values.push(value);
  }

  /** Learns anew, from the next reading on. */
  forget(): void {
    this.#blocks.length = 0;
    this.#values.length = 0;
    this.#since = Number.NEGATIVE_INFINITY;
    this.#level = Number.NaN;
    this.isUnsaved = true;
  }

  save(): NoiseFloorState {
    this.isUnsaved = false;
    return { blocks: [...this.#blocks], since: Number.isFinite(this.#since) ? this.#since : null };
  }

  /** Takes what was saved, `shift` added to its ticks. */
  restore({ blocks, since }: NoiseFloorState, _asOf: number, shift: number): void {
    for (const [tick, level] of blocks) this.#blocks.push([tick + shift, level]);
    this.#since = since === null ? Number.NEGATIVE_INFINITY : since + shift;
    this.#values.length = 0;
    this.#reckon(this.#since);
  }

  #begin(tick: number): void {
    const { everyMs } = this.point;
    if (this.#values.length * everyMs >= BLOCK_MS * LEAST_SHARE) {
      this.#blocks.push([this.#since + BLOCK_MS, exceeded(this.#values, PERCENT)]);
    }
    this.#values.length = 0;
    this.#since = tick;
    this.#reckon(tick);
    this.isUnsaved = true;
  }

  #reckon(tick: number): void {
    const first = this.#blocks.findIndex(([end]) => end > tick - OVER_MS);
    this.#blocks.splice(0, first === -1 ? this.#blocks.length : first);
    const levels = this.#blocks.map(([, level]) => level);
    this.#level = levels.length < LEAST_BLOCKS ? Number.NaN : exceeded(levels, PERCENT);
  }
}
