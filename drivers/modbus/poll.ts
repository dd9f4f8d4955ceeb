import type { Value } from './block-reader.ts';
import { Parts } from './parts.ts';
import type { Reply } from './pdu.ts';
import type { Block, ModbusPoint, PollPlan } from './plan.ts';
import type { Unit } from './unit.ts';
import { badValue, exceptionCode, isBusy, isRefused } from './values.ts';

/** A unit that is busy is asked for the same block again so often within one poll. */
const BUSY_TRIES = 3;

/** What is read of a unit at one period, and how far that has come. Without a line or a timer. */
export class Poll {
  readonly unit: Unit;
  readonly plan: PollPlan;
  /** Those of its blocks, in order. */
  readonly points: readonly ModbusPoint[];
  state: 'resting' | 'waiting' | 'running' = 'resting';
  /** Given as bad since its unit was away: to be read as soon as it is back. */
  owed = false;
  /** Its last request was not answered, and is to be repeated at once. */
  isRetry = false;
  readonly #parts: Parts;
  #next = 0;
  #values: Value[] = [];
  #retries = 0;
  #busy = 0;

  constructor(unit: Unit, plan: PollPlan) {
    this.unit = unit;
    this.plan = plan;
    this.points = plan.blocks.flatMap((block) => block.points);
    this.#parts = new Parts(plan.blocks);
  }

  /** The block to ask for next; those that the unit has not got are passed over. Undefined when there is no more. */
  nextBlock(tick: number): Block | undefined {
    for (;;) {
      const block = this.#parts.block(this.#next);
      const refusal = block === undefined ? undefined : this.#parts.refusal(this.#next, tick);
      if (block === undefined || refusal === undefined) return block;
      for (const _ of block.points) this.#values.push(badValue(refusal));
      this.#next++;
    }
  }

  /** What its unit said of that block: `busy` and `illegal` are to be asked anew, in a while and at once. */
  take(block: Block, reply: Reply, tick: number): 'read' | 'busy' | 'illegal' {
    let next = this.#next + 1;
    let said: 'read' | 'illegal' = 'read';
    if (reply.kind === 'data') {
      this.#parts.answered(this.#next);
    } else if (isBusy(reply.code)) {
      this.#busy++;
      if (this.#busy <= BUSY_TRIES) return 'busy';
    } else if (isRefused(reply.code)) {
      said = 'illegal';
      next = this.#parts.refuse(this.#next, exceptionCode(reply.code), tick);
      if (next === this.#next) return said;
    }
    if (reply.kind === 'data') this.#parts.reader(this.#next)?.read(reply.data, this.#values, this.unit.own?.scale);
    else for (const _ of block.points) this.#values.push(badValue(exceptionCode(reply.code)));
    this.#next = next;
    this.#busy = 0;
    return said;
  }

  /** Whether a request that was not answered is to be repeated; counts it. */
  mayRetry(): boolean {
    if (this.#retries >= this.unit.retries) return false;
    this.#retries++;
    this.isRetry = true;
    return true;
  }

  /** It is over: gives its values, and what was not read of it by that code. */
  end(code: string): readonly Value[] | string {
    const values = this.#values;
    this.state = 'resting';
    this.isRetry = false;
    this.#next = 0;
    this.#values = [];
    this.#retries = 0;
    this.#busy = 0;
    if (values.length === 0) return code;
    while (values.length < this.points.length) values.push(badValue(code));
    return values;
  }
}
