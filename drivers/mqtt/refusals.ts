import type { Log } from '#kit/log.ts';

const isPowerOfTen = (count: number): boolean => /^10*$/.test(String(count));

/**
 * What the broker refused, counted by device and reason. It is logged at the first time and at each tenfold,
 * with the count, so that a device in a loop fills no log.
 */
export class Refusals {
  readonly #log: Log;
  readonly #counts = new Map<string, number>();

  constructor(log: Log) {
    this.#log = log;
  }

  /**
   * `device` is one of the site's, or null for whoever gave no known user name: the table stays bounded.
   * `nouns` are said with it, of the latest.
   */
  add(device: string | null, reason: string, remedy: string, nouns: object = {}): void {
    const key = `${reason} ${device ?? ''}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    if (isPowerOfTen(count)) this.#log.warn({ device, reason, count, ...nouns }, `mqtt: ${remedy}`);
  }
}
