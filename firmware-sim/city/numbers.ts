/** Which numbers of one gateway have come: how many are missing in between, how many came twice. */
export class Numbers {
  #first: number | null = null;
  #next = 0;
  readonly #gaps = new Set<number>();
  #received = 0;
  #twice = 0;
  #outOfOrder = 0;

  /** Takes note of one number; true when it is new. */
  take(number: number): boolean {
    if (this.#first === null) {
      this.#first = number;
      this.#next = number;
    }
    if (number >= this.#next) {
      for (let gap = this.#next; gap < number; gap++) this.#gaps.add(gap);
      this.#next = number + 1;
    } else if (this.#gaps.delete(number) || number < this.#first) {
      this.#outOfOrder++;
    } else {
      this.#twice++;
      return false;
    }
    this.#received++;
    return true;
  }

  get counts() {
    return {
      first: this.#first,
      last: this.#first === null ? null : this.#next - 1,
      received: this.#received,
      missing: this.#gaps.size,
      twice: this.#twice,
      outOfOrder: this.#outOfOrder,
    };
  }
}
