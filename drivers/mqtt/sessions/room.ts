/** Bytes and rows that all parts of the store share. */
export class Room {
  readonly #mostBytes: number;
  readonly #mostRows: number;
  bytes = 0;
  rows = 0;

  constructor(mostBytes: number, mostRows: number) {
    this.#mostBytes = mostBytes;
    this.#mostRows = mostRows;
  }

  /** Whether so much more has a place. */
  has(bytes: number, rows: number): boolean {
    return this.bytes + bytes <= this.#mostBytes && this.rows + rows <= this.#mostRows;
  }

  take(bytes: number, rows: number): void {
    this.bytes += bytes;
    this.rows += rows;
  }
}
