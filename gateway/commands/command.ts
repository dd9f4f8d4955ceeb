/** Exit status of every command: done, the answer is no, wrong usage, the world failed. */
export const EXIT = { done: 0, no: 1, usage: 2, world: 3 } as const;

export interface Command {
  /** What stands behind `gengfu NAME`. */
  readonly usage: string;
  readonly summary: string;
  run(args: readonly string[]): Promise<number>;
}
