import { Session } from 'node:inspector/promises';
import { seeded } from './noise.ts';

export interface FuzzOptions {
  /** Bytes to send in all. */
  readonly bytes: number;
  readonly seeds: readonly Uint8Array[];
  /** Inputs are no longer than that. */
  readonly longest?: number;
  readonly seed?: number;
  /** Part of the URL of the files whose blocks count as coverage, such as `drivers/modbus/`; left out: no guidance. */
  readonly covers?: string;
}

export interface FuzzResult {
  readonly inputs: number;
  readonly bytes: number;
  /** How often inputs reached code that none had reached before. */
  readonly reached: number;
}

/** Inputs between two looks at the coverage. */
const BATCH = 256;
const MOST_KEPT = 512;
/** Where it cannot be told which input it was. */
const MOST_SUSPECTS = 4;

/**
 * Sends mutations of the seeds to `target`, guided by the blocks of code they reach: an input whose batch reached a
 * new one is a seed itself from then on. What `target` throws comes out with the input that did it, in hex.
 */
export async function fuzz(target: (input: Buffer) => void, options: FuzzOptions): Promise<FuzzResult> {
  const { seeds, longest = 600, covers } = options;
  const random = seeded(options.seed ?? 1);
  const corpus: Buffer[] = seeds.map((seed) => Buffer.from(seed));
  await using coverage = covers === undefined ? undefined : await openCoverage(covers);
  const run = (input: Buffer) => {
    try {
      target(input);
    } catch (cause) {
      throw new Error(`input ${input.toString('hex')}`, { cause });
    }
  };
  let inputs = 0;
  let bytes = 0;
  let reached = 0;
  for (const seed of corpus) run(seed);
  await coverage?.take();
  while (bytes < options.bytes) {
    const batch: Buffer[] = [];
    while (batch.length < BATCH) {
      const input = mutate(corpus, longest, random);
      batch.push(input);
      run(input);
      bytes += input.length;
    }
    inputs += batch.length;
    if (coverage === undefined || (await coverage.take()) === 0) continue;
    reached++;
    const found = await narrow(batch, run, coverage);
    corpus.push(...found);
    if (corpus.length > MOST_KEPT) corpus.splice(seeds.length, found.length);
  }
  return { inputs, bytes, reached };
}

/** Which of the batch it was that reached something, by halves: each is run as if nothing of the batch had been. */
async function narrow(batch: readonly Buffer[], run: (input: Buffer) => void, coverage: Coverage) {
  const { before, left } = coverage;
  const reaches = async (inputs: readonly Buffer[]) => {
    coverage.left = before;
    for (const input of inputs) run(input);
    return (await coverage.take()) > 0;
  };
  let suspects = batch;
  while (suspects.length > 1) {
    const middle = suspects.length >> 1;
    if (await reaches(suspects.slice(0, middle))) suspects = suspects.slice(0, middle);
    else if (await reaches(suspects.slice(middle))) suspects = suspects.slice(middle);
    else break;
  }
  coverage.left = left;
  return suspects.slice(0, MOST_SUSPECTS);
}

const INTERESTING = [0, 1, 2, 3, 4, 5, 6, 0x10, 0x7f, 0x80, 0x81, 0x83, 0xfa, 0xfb, 0xfe, 0xff];

/** One of the corpus with a few changes: bits, bytes, runs cut out, doubled, put in, and two inputs spliced. */
export function mutate(corpus: readonly Buffer[], longest: number, random: () => number): Buffer {
  const below = (bound: number) => Math.floor(random() * bound);
  const any = () => corpus[below(corpus.length)] ?? Buffer.alloc(0);
  let input = Buffer.from(any());
  for (let changes = 1 + below(4); changes > 0; changes--) {
    const at = below(input.length + 1);
    const run = 1 + below(8);
    const head = input.subarray(0, at);
    switch (below(7)) {
      case 0:
        if (at < input.length) input[at] = (input[at] ?? 0) ^ (1 << below(8));
        break;
      case 1:
        if (at < input.length) input[at] = below(256);
        break;
      case 2:
        if (at < input.length) input[at] = INTERESTING[below(INTERESTING.length)] ?? 0;
        break;
      case 3:
        input = Buffer.concat([head, input.subarray(at + run)]);
        break;
      case 4:
        input = Buffer.concat([head, input.subarray(Math.max(at - run, 0), at), input.subarray(at)]);
        break;
      case 5:
        input = Buffer.concat([head, Buffer.from(Array.from({ length: run }, () => below(256))), input.subarray(at)]);
        break;
      default: {
        const other = any();
        input = Buffer.concat([head, other.subarray(below(other.length + 1))]);
      }
    }
  }
  return input.subarray(0, longest);
}

type Range = readonly [start: number, end: number];

/** What of two lists of ranges, each in order, is in both. */
function common(a: readonly Range[], b: readonly Range[]): Range[] {
  return a.flatMap(([start, end]) =>
    b
      .filter(([from, to]) => from < end && to > start)
      .map(([from, to]): Range => [Math.max(start, from), Math.min(end, to)]),
  );
}

interface Coverage extends AsyncDisposable {
  /** Of each function the blocks that were never run, and what they were before the last look. */
  left: ReadonlyMap<string, readonly Range[]>;
  before: ReadonlyMap<string, readonly Range[]>;
  /** How many functions ran a block for the first time since the last look. */
  take(): Promise<number>;
}

/**
 * What of the wanted files was never run. The inspector tells a block that was not run, and nothing of one that ran as
 * often as what it is in, so it is the blocks that are left that are kept.
 */
async function openCoverage(covers: string): Promise<Coverage> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const coverage: Coverage = {
    left: new Map(),
    before: new Map(),
    async take() {
      let fresh = 0;
      coverage.before = coverage.left;
      const left = new Map(coverage.left);
      coverage.left = left;
      const { result } = await session.post('Profiler.takePreciseCoverage');
      for (const { scriptId, url, functions } of result) {
        if (!url.includes(covers)) continue;
        for (const { ranges } of functions) {
          const [whole] = ranges;
          if (whole === undefined || whole.count === 0) continue;
          const key = `${scriptId}:${whole.startOffset}`;
          const idle = ranges.filter(({ count }) => count === 0).map((r): Range => [r.startOffset, r.endOffset]);
          const known = left.get(key);
          const after = known === undefined ? idle : common(known, idle);
          left.set(key, after);
          if (known === undefined || lengthOf(after) < lengthOf(known)) fresh++;
        }
      }
      return fresh;
    },
    async [Symbol.asyncDispose]() {
      await session.post('Profiler.stopPreciseCoverage');
      session.disconnect();
    },
  };
  return coverage;
}

const lengthOf = (ranges: readonly Range[]): number => ranges.reduce((sum, [start, end]) => sum + end - start, 0);
