import type { Log } from '#kit/log.ts';

const isPowerOfTen = (count: number): boolean => /^10*$/.test(String(count));

/**
 * What the broker refused, counted by device and reason. It is logged at the first time and at each tenfold,
 * with the count, so that a device in a loop fills no log.
 */
export class Refusals {
  readonly #log: Log;
  /** By device, or null, and reason. */
  readonly #counts = new Map<string | null, Map<string, number>>();

  constructor(log: Log) {
    this.#log = log;
  }

  /**
   * `device` is one of the site's, or null for whoever gave no known user name: the table stays bounded.
   * `nouns` are said with it, of the latest.
   */
  add(device: string | null, reason: string, remedy: string, nouns: object = {}): void {
    const mine = this.#counts.get(device) ?? new Map<string, number>();
    this.#counts.set(device, mine);
    const count = (mine.get(reason) ?? 0) + 1;
    mine.set(reason, count);
    if (isPowerOfTen(count)) this.#log.warn({ device, reason, count, ...nouns }, `mqtt: ${remedy}`);
  }

  /** The device is none of the site's any more. */
  forget(device: string): void {
    this.#counts.delete(device);
  }
}
