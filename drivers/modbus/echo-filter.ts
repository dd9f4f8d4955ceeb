/**
 * Takes our own request out of what comes after it: two-wire adapters give it back. A write's echo is the same as the
 * answer to it, so of writes it is taken out only on a line on which a read's was heard before.
 */
export class EchoFilter {
  #frame: Uint8Array | undefined;
  #matched = 0;
  #isHeard = false;
  #pass: (bytes: Uint8Array) => void = () => {};

  /** A request goes out. */
  expect(frame: Uint8Array, isRead: boolean): void {
    this.#frame = isRead || this.#isHeard ? frame : undefined;
    this.#matched = 0;
  }

  /** Hands on what is no echo; true when the echo has come as a whole. */
  take(chunk: Uint8Array, pass: (bytes: Uint8Array) => void): boolean {
    const frame = this.#frame;
    if (frame === undefined) {
      pass(chunk);
      return false;
    }
    this.#pass = pass;
    let at = 0;
    while (at < chunk.length && this.#matched < frame.length && chunk[at] === frame[this.#matched]) {
      at++;
      this.#matched++;
    }
    if (this.#matched === frame.length) {
      this.#frame = undefined;
      this.#isHeard = true;
      if (at < chunk.length) pass(chunk.subarray(at));
      return true;
    }
    if (at === chunk.length) return false;
    this.end();
    pass(chunk.subarray(at));
    return false;
  }

  /** No more of it comes: what looked like its beginning was something else. */
  end(): void {
    const frame = this.#frame;
    this.#frame = undefined;
    if (frame !== undefined && this.#matched > 0) this.#pass(frame.subarray(0, this.#matched));
  }
}
