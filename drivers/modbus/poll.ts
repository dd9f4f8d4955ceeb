import type { Clock } from '#kit/clock.ts';
import { badDraft, type Draft } from './draft.ts';
import { Parts } from './parts.ts';
import type { Reply } from './pdu.ts';
import type { Block, ModbusPoint, PollPlan } from './plan.ts';
import type { SharedRows } from './rows.ts';
import type { Unit } from './unit.ts';
import { exceptionCode, isBusy, isRefused } from './values.ts';

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
  /** It fell due again before it had ended. */
  isDueAgain = false;
  /** Its last request was not answered, and is to be repeated at once. */
  isRetry = false;
  readonly #parts: Parts;
  #next = 0;
  #drafts: Draft[] = [];
  #retries = 0;
  #busy = 0;

  constructor(unit: Unit, plan: PollPlan, rows: SharedRows) {
    this.unit = unit;
    this.plan = plan;
    this.points = plan.blocks.flatMap((block) => block.points);
    this.#parts = new Parts(plan.blocks, rows);
  }

  /** The block to ask for next; those that the unit has not got are passed over. Undefined when there is no more. */
  nextBlock(wire: Clock): Block | undefined {
    for (;;) {
      const block = this.#parts.block(this.#next);
      const refusal = block === undefined ? undefined : this.#parts.refusal(this.#next, wire);
      if (block === undefined || refusal === undefined) return block;
      this.#giveUp(block, refusal);
      this.#next++;
    }
  }

  /** What its unit said of that block: `busy` and `illegal` are to be asked anew, in a while and at once. */
  take(block: Block, reply: Reply, wire: Clock): 'read' | 'busy' | 'illegal' {
    let next = this.#next + 1;
    let said: 'read' | 'illegal' = 'read';
    if (reply.kind === 'data') {
      this.#parts.answered(this.#next);
    } else if (isBusy(reply.code)) {
      this.#busy++;
      if (this.#busy <= BUSY_TRIES) return 'busy';
    } else if (isRefused(reply.code)) {
      said = 'illegal';
      next = this.#parts.refuse(this.#next, exceptionCode(reply.code), wire.tick());
      if (next === this.#next) return said;
    }
    if (reply.kind === 'data') this.#parts.reader(this.#next)?.read(reply.data, this.#drafts, this.unit.own?.scale);
    else this.#giveUp(block, exceptionCode(reply.code));
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

  #giveUp(block: Block, code: string): void {
    for (const { key } of block.points) this.#drafts.push(badDraft(key, code));
  }

  /** It is over: gives a reading for each of its points, of what was not read by that code. */
  end(code: string): Draft[] {
    const drafts = this.#drafts;
    this.state = 'resting';
    this.isRetry = false;
    this.isDueAgain = false;
    this.#next = 0;
    this.#drafts = [];
    this.#retries = 0;
    this.#busy = 0;
    for (let i = drafts.length; i < this.points.length; i++) drafts.push(badDraft(this.points[i]?.key ?? '', code));
    return drafts;
  }
}
