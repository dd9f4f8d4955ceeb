import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type Running, start, until } from './program.ts';

/** A mosquitto that can be stopped and started again on its port; sessions outlive that. */
export interface Mosquitto extends AsyncDisposable {
  readonly port: number;
  stop(): Promise<void>;
  /** It answers nobody any more, and is only good to be stopped. */
  freeze(): void;
  start(): Promise<void>;
  /** Lets one more user in, where only some may connect. */
  admit(user: string, password: string): void;
  /** `mosquitto_sub` on a topic, once it has subscribed, with a session of its own; each line as `format` says. */
  subscribe(topic: string, format?: string): Promise<Running>;
}

/** With `password`, only the user `gw` with it may connect. */
export async function openMosquitto(options: { password?: string } = {}): Promise<Mosquitto> {
  await using opening = new AsyncDisposableStack();
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'mosquitto-'));
  opening.defer(() => rm(folder, { recursive: true }));
  const lines = [
    'user root',
    `listener ${port} 127.0.0.1`,
    'max_queued_messages 0',
    'persistence true',
    `persistence_location ${folder}/`,
  ];
  const signIn: string[] = [];
  if (options.password === undefined) {
    lines.push('allow_anonymous true');
  } else {
    spawnSync('mosquitto_passwd', ['-b', '-c', join(folder, 'passwords'), 'gw', options.password]);
    lines.push('allow_anonymous false', `password_file ${join(folder, 'passwords')}`);
    signIn.push('-u', 'gw', '-P', options.password);
  }
  const file = join(folder, 'mosquitto.conf');
  await writeFile(file, `${lines.join('\n')}\n`);
  let running: Running | undefined;
  let subscribers = 0;
  const broker = {
    port,
    async start() {
      if (running !== undefined) throw new Error('mosquitto runs already');
      const program = start('mosquitto', ['-c', file]);
      running = program;
      const { process } = program;
      const isUp = () => /^\d+: mosquitto version \S+ running$/m.test(program.output());
      await until(
        () => isUp() || process.exitCode !== null,
        () => `mosquitto to run: ${program.output()}`,
      );
      if (!isUp()) throw new Error(`mosquitto ended: ${program.output()}`);
    },
    async stop() {
      const program = running;
      running = undefined;
      if (program === undefined) return;
      program.process.kill('SIGTERM');
      // One that is frozen hears it only then.
      program.process.kill('SIGCONT');
      await program.ended();
    },
    freeze: () => void running?.process.kill('SIGSTOP'),
    admit(user: string, password: string) {
      spawnSync('mosquitto_passwd', ['-b', join(folder, 'passwords'), user, password]);
      // It reads its files anew.
      running?.process.kill('SIGHUP');
    },
    async subscribe(topic: string, format = '%p') {
      const session = ['-V', '5', '-c', '-x', '3600', '-i', `sub-${++subscribers}`, '-q', '1', '-d'];
      const server = ['-h', '127.0.0.1', '-p', String(port), ...signIn];
      // Line by line also into a pipe.
      await using starting = new AsyncDisposableStack();
      const args = ['-oL', 'mosquitto_sub', ...server, ...session, '-t', topic, '-F', format];
      const program = starting.use(start('stdbuf', args));
      await until(
        () => program.output().includes('SUBACK'),
        () => `mosquitto_sub to subscribe: ${program.output()}`,
      );
      starting.move();
      return program;
    },
  };
  opening.defer(() => broker.stop());
  await broker.start();
  const opened = opening.move();
  return { ...broker, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
