import type { Written } from '../driver.ts';
import { READING_CODES } from '../reading.ts';
import type { Asker } from './asker.ts';
import type { Counters } from './counters.ts';
import { type Draft, draftOf } from './draft.ts';
import type { Unit } from './unit.ts';
import { planWrite, stepWrite, WRITE_CODES } from './write.ts';
import { WriteQueue } from './write-queue.ts';

export interface WriterContext {
  readonly counters: Counters;
  /** What was read back. */
  emit(drafts: Draft[]): void;
}

/** Writes values to the units of one link and reads them back. */
export class Writer {
  readonly #units: readonly Unit[];
  readonly #asker: Asker;
  readonly #context: WriterContext;
  readonly #queue = new WriteQueue();

  constructor(units: readonly Unit[], asker: Asker, context: WriterContext) {
    this.#units = units;
    this.#asker = asker;
    this.#context = context;
  }

  get isIdle(): boolean {
    return this.#queue.isEmpty;
  }

  /** While the line is down it is refused at once. `queued` is called when it waits for its turn. */
  async write(
    key: string,
    value: number | string,
    queued: () => void,
    signal: AbortSignal | undefined,
  ): Promise<Written> {
    const { counters } = this.#context;
    const unit = this.#units.find(({ device }) => device.points.some((point) => point.key === key));
    const point = unit?.device.points.find((each) => each.key === key);
    if (unit === undefined || point === undefined) return { done: false, code: WRITE_CODES.notWritable };
    const plan = planWrite(unit.device.options.address, point, value, unit.own?.scale);
    if (typeof plan === 'string') return { done: false, code: plan };
    if (this.#asker.line === undefined) return { done: false, code: READING_CODES.linkDown };
    const written = this.#queue.add(unit, plan, signal);
    queued();
    counters.writes++;
    const end = await written;
    if (!end.done) counters.writesFailed++;
    return end;
  }

  /** Takes the next step of the first write that can go on; false when there is none. */
  next(): boolean {
    const job = this.#queue.take();
    if (job === undefined) return false;
    const { unit, plan, state } = job;
    this.#asker.ask(unit, state.ask === 'order' ? plan.order : plan.look, (answer) => {
      const next = stepWrite(plan, state, answer, unit.own?.scale);
      if ('end' in next) {
        if (next.read !== undefined && !unit.isGone) this.#context.emit([draftOf(plan.point.key, next.read)]);
        job.end(next.end);
        return unit.turnaroundMs;
      }
      if (unit.isGone) {
        job.end({ done: false, code: READING_CODES.linkDown });
        return unit.turnaroundMs;
      }
      job.state = next;
      this.#queue.putBack(job);
      return Math.max(unit.turnaroundMs, next.waitMs);
    });
    return true;
  }

  /** Some units are gone. */
  endGone(code: string): void {
    this.#queue.endGone(code);
  }

  /** The line is down. */
  endAll(code: string): void {
    this.#queue.endAll(code);
  }
}
