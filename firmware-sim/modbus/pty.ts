import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** Two ttys joined back to back: what is written to one is read from the other. */
export interface PtyPair extends AsyncDisposable {
  /** Where the master opens the line. */
  readonly master: string;
  /** Where the simulated devices do. */
  readonly devices: string;
}

export const hasSocat = (): boolean => spawnSync('socat', ['-V']).error === undefined;

/** The shell ends socat when its own input ends, so that nothing is left however we die. */
const SHELL = 'socat "$@" & child=$!; trap "kill $child" TERM; read -r line; kill $child';

/** Made by socat; `path` becomes the master's end. Throws when the ttys do not appear within 5 s. */
export async function openPtyPair(path: string): Promise<PtyPair> {
  const devices = `${path}.devices`;
  const end = (link: string) => `pty,raw,echo=0,link=${link}`;
  const shell = spawn('sh', ['-c', SHELL, 'sh', end(path), end(devices)], { stdio: ['pipe', 'ignore', 'inherit'] });
  await once(shell, 'spawn');
  for (let tries = 0; !(existsSync(path) && existsSync(devices)); tries++) {
    if (tries === 500 || shell.exitCode !== null) {
      shell.stdin.end();
      throw new Error(`socat made no tty at ${path}`);
    }
    await wait(10);
  }
  return {
    master: path,
    devices,
    async [Symbol.asyncDispose]() {
      if (shell.exitCode !== null) return;
      const ended = once(shell, 'exit');
      shell.stdin.end();
      await ended;
    },
  };
}
