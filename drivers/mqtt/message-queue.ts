import type { Clock } from '#kit/clock.ts';
import { Durable } from '../durable.ts';
import { breath, FairQueue } from '../fair-queue.ts';
import type { Reading, UntimedReading } from '../reading.ts';
import { type Message, roundsOf, type Sets } from './message.ts';

/** Messages of one device that wait for the rules; its oldest go first. */
const WAITING_A_DEVICE = 256;

/** Rounds of a list that are handed to the rules one after the other. */
const ROUNDS_A_TURN = 32;

/** The messages of a link's devices on their way to the rules. */
export class MessageQueue {
  readonly #clock: Clock;
  readonly #queue: FairQueue<Message>;
  readonly #judged: (readings: readonly UntimedReading[]) => void;
  /** That the rules do not have all of. */
  readonly #open = new Set<Message>();
  readonly #durable: Durable;

  /** `judged` is told of what the rules have had. */
  constructor(
    devices: readonly string[],
    { clock, wire }: { readonly clock: Clock; readonly wire: Clock },
    judged: (readings: readonly UntimedReading[]) => void,
  ) {
    this.#clock = clock;
    this.#durable = new Durable(wire);
    this.#queue = new FairQueue(devices, WAITING_A_DEVICE, ({ sets }) => sets.length);
    this.#judged = judged;
  }

  /** Messages that went because more of their device waited than may. */
  get dropped(): number {
    return this.#queue.dropped;
  }

  /** `read` and `taken` as a message has them. One without readings is taken at once. */
  push(device: string, read: () => Sets, taken: () => void): void {
    const message = { device, sets: read(), read, taken };
    if (message.sets.length === 0) {
      taken();
      return;
    }
    this.#open.add(message);
    const gone = this.#queue.push(device, message);
    if (gone !== undefined) this.#end([gone]);
  }

  /** From now on these are the devices; messages of those that are not `equal` are read anew, or not at all. */
  change(devices: readonly string[], equal: ReadonlySet<string>): void {
    for (const message of this.#open) if (!equal.has(message.device)) message.sets = message.read();
    // Whose sender is here still is told so all the same.
    this.#end(this.#queue.change(devices));
  }

  async *readings(signal: AbortSignal): AsyncGenerator<readonly Reading[]> {
    for await (const messages of this.#queue.batches(signal)) {
      let count = 0;
      for (const round of roundsOf(messages)) {
        const at = this.#clock.now();
        const tick = this.#clock.tick();
        yield round.map((reading) => ({ ...reading, at, tick }));
        this.#judged(round);
        // A long list is judged in many rounds, between which everything else goes on.
        if (++count % ROUNDS_A_TURN === 0) await breath();
      }
      void this.#acknowledge(messages, this.#durable.settled());
    }
  }

  /** What the batch that was taken last has caused is on its way to the disk. */
  kept(durable: Promise<unknown>): void {
    this.#durable.add(durable);
  }

  /** Tells the senders that their messages have arrived, once what these caused is on disk. */
  async #acknowledge(messages: readonly Message[], settled: Promise<void> | undefined): Promise<void> {
    if (settled !== undefined) await settled;
    this.#end(messages);
  }

  #end(messages: readonly Message[]): void {
    for (const message of messages) {
      this.#open.delete(message);
      message.taken();
    }
  }
}
