import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Running, start, until } from './program.ts';

/** Two pseudo-terminals, joined: what is written to the one is read from the other. */
export interface PtyPair extends AsyncDisposable {
  readonly ours: string;
  readonly theirs: string;
  /** Until they are there; a second time after `unplug`, under the same names. */
  plug(): Promise<void>;
  unplug(): Promise<void>;
}

/** Names of two terminals that `plug` makes. */
export function namePtyPair(): PtyPair {
  const folder = mkdtempSync(join(tmpdir(), 'gengfu-pty-'));
  const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')];
  let socat: Running | undefined;
  return {
    ours,
    theirs,
    async plug() {
      socat = start('socat', [`pty,raw,echo=0,link=${ours}`, `pty,raw,echo=0,link=${theirs}`]);
      await until(
        () => existsSync(ours) && existsSync(theirs),
        () => `the pty pair: ${socat?.output()}`,
      );
    },
    async unplug() {
      await socat?.[Symbol.asyncDispose]();
      for (const name of [ours, theirs]) rmSync(name, { force: true });
    },
    async [Symbol.asyncDispose]() {
      await socat?.[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function openPtyPair(): Promise<PtyPair> {
  await using opening = new AsyncDisposableStack();
  const pair = opening.use(namePtyPair());
  await pair.plug();
  opening.move();
  return pair;
}
