import { READING_CODES } from '../reading.ts';
import { badDraft, type Draft, draftOf } from './draft.ts';
import type { OwnScale } from './own-scale.ts';
import type { Block } from './plan.ts';
import { OTHER, type Rows, type SharedRows, SIGNED } from './rows.ts';
import { readValue } from './values.ts';

/**
 * Reads the values of one block. This is done for every value, so what is to be known of plain registers stands in
 * rows side by side and nothing is looked up; all other points are read by `readValue`, which says the same of these.
 */
export class BlockReader {
  readonly #block: Block;
  readonly #rows: Rows;
  readonly #keys: readonly string[];

  constructor(block: Block, rows: SharedRows) {
    this.#block = block;
    this.#rows = rows.of(block);
    this.#keys = block.points.map(({ key }) => key);
  }

  /** Appends what the data of a right reply says of each point, in order. */
  read(data: Uint8Array, drafts: Draft[], own?: OwnScale): void {
    const { kinds, highBytes, lowBytes, divisors, least, most, invalid } = this.#rows;
    const keys = this.#keys;
    let end = drafts.length;
    for (let i = 0; i < keys.length; i++) {
      const point = keys[i] ?? '';
      if (kinds[i] === OTHER) {
        drafts[end++] = this.#readOther(i, point, data, own);
        continue;
      }
      const word = ((data[at(highBytes, i)] ?? 0) << 8) | (data[at(lowBytes, i)] ?? 0);
      const raw = kinds[i] === SIGNED ? (word << 16) >> 16 : word;
      const value = raw / at(divisors, i);
      if (raw === invalid[i]) drafts[end++] = badDraft(point, READING_CODES.noValue);
      else if (value < at(least, i) || value > at(most, i)) drafts[end++] = outOfRange(point, value);
      else drafts[end++] = { point, value, at: undefined, tick: undefined, quality: 'good' };
    }
  }

  #readOther(index: number, key: string, data: Uint8Array, own: OwnScale | undefined): Draft {
    const { points, request } = this.#block;
    const point = points[index];
    if (point === undefined) throw new RangeError('the rows are as long as the block has points');
    return draftOf(key, readValue(point, data, point.source.register.address - request.address, own));
  }
}

const at = (row: Float64Array | Uint16Array, index: number): number => row[index] ?? 0;

const outOfRange = (point: string, value: number): Draft =>
  draftOf(point, { value, quality: 'bad', code: READING_CODES.outOfRange });
