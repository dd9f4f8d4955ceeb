import { fork } from 'node:child_process';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import { ROOT } from '#kit/root.ts';
import { type Command, EXIT } from './command.ts';

/** The simulator's entry: a program of its own that shares no code with the gateway. */
export const SIMULATOR = join(ROOT, 'firmware-sim', `main${extname(import.meta.filename)}`);

export const sim: Command = {
  usage: 'SCENARIO …',
  summary: 'simulated devices only',
  async run(args) {
    const shipped = join(ROOT, 'config', 'profiles');
    const child = fork(SIMULATOR, [...args, '--profiles', shipped], { stdio: 'inherit' });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => child.kill('SIGTERM'));
    const [code] = await once(child, 'exit');
    return typeof code === 'number' ? code : EXIT.world;
  },
};
