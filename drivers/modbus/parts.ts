import type { Clock } from '#kit/clock.ts';
import { BlockReader } from './block-reader.ts';
import { type Block, splitBlock } from './plan.ts';
import type { SharedRows } from './rows.ts';

/** So long a block that its unit does not have is not asked for again, ms. */
const REFUSED_MS = 600_000;

interface Part {
  readonly block: Block;
  readonly reader: BlockReader;
  /** The block of the plan that it is a part of, or is. */
  readonly whole: Block;
  /** Its unit said that it has not got it, with this code; undefined while it is asked for. */
  refused: string | undefined;
  againAt: number;
}

/**
 * The blocks of one poll as the unit lets them be read. One that it refuses since a register in it is not there is
 * split until that register stands alone; the others go on being read, and the search is not made again each time. A
 * unit that has nothing of a block is not believed: it may be starting. Then the block is asked for as planned.
 */
export class Parts {
  readonly #parts: Part[];
  readonly #rows: SharedRows;

  constructor(blocks: readonly Block[], rows: SharedRows) {
    this.#rows = rows;
    this.#parts = blocks.map((block) => this.#make(block, block));
  }

  block(index: number): Block | undefined {
    return this.#parts[index]?.block;
  }

  reader(index: number): BlockReader | undefined {
    return this.#parts[index]?.reader;
  }

  /** Why a part is not to be asked for now; it is looked for anew now and then. */
  refusal(index: number, wire: Clock): string | undefined {
    const part = this.#parts[index];
    // The clock is looked at last: this is done for every request.
    return part?.refused !== undefined && wire.tick() < part.againAt ? part.refused : undefined;
  }

  answered(index: number): void {
    const part = this.#parts[index];
    if (part !== undefined) part.refused = undefined;
  }

  /** The unit has not got all of a part. Gives the index to go on with: the same one when there are parts of it to try. */
  refuse(index: number, code: string, tick: number): number {
    const part = this.#parts[index];
    if (part === undefined) return index + 1;
    const { block, whole } = part;
    // The whole one was tried by its parts in vain before.
    const halves = block === whole && tick < part.againAt ? undefined : splitBlock(block);
    if (halves !== undefined) {
      const made = halves.map((half) => this.#make(half, whole));
      this.#parts.splice(index, 1, ...made);
      return index;
    }
    if (block === whole) return index + 1;
    part.refused = code;
    part.againAt = tick + REFUSED_MS;
    const family = this.#parts.filter((other) => other.whole === whole);
    if (family.at(-1) !== part || family.some(({ refused }) => refused === undefined)) return index + 1;
    const first = index + 1 - family.length;
    this.#parts.splice(first, family.length, { ...this.#make(whole, whole), againAt: tick + REFUSED_MS });
    return first + 1;
  }

  #make(block: Block, whole: Block): Part {
    return { block, reader: new BlockReader(block, this.#rows), whole, refused: undefined, againAt: 0 };
  }
}
