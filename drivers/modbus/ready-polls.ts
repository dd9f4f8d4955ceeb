import type { Poll } from './poll.ts';

/** The polls that wait for their turn: in the order in which they fell due, those that have begun before all others. */
export class ReadyPolls {
  #polls: Poll[] = [];

  get isEmpty(): boolean {
    return this.#polls.length === 0;
  }

  add(poll: Poll): void {
    poll.state = 'waiting';
    this.#polls.push(poll);
  }

  /** It goes on as soon as its unit can be asked. */
  addFirst(poll: Poll): void {
    poll.state = 'waiting';
    this.#polls.unshift(poll);
  }

  remove(poll: Poll): void {
    this.#polls = this.#polls.filter((other) => other !== poll);
  }

  /** Those of units that are gone. */
  removeGone(): void {
    this.#polls = this.#polls.filter(({ unit }) => !unit.isGone);
  }

  /** The first one whose unit can be asked. */
  take(): Poll | undefined {
    const polls = this.#polls;
    for (let at = 0; at < polls.length; at++) {
      const poll = polls[at];
      if (poll === undefined || poll.unit.busy) continue;
      if (at === 0) polls.shift();
      else polls.splice(at, 1);
      return poll;
    }
    return undefined;
  }

  takeAll(): Poll[] {
    return this.#polls.splice(0);
  }
}
