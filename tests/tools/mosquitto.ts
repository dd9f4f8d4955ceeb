import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
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

const accepts = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

/** With `password`, only the user `gw` with it may connect. */
export async function openMosquitto(options: { password?: string } = {}): Promise<Mosquitto> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'mosquitto-'));
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
      const program = start('mosquitto', ['-c', file]);
      running = program;
      await until(() => accepts(port), `mosquitto to listen: ${program.output()}`);
    },
    async stop() {
      const program = running?.process;
      running = undefined;
      if (program === undefined || program.exitCode !== null) return;
      const ended = once(program, 'exit');
      program.kill('SIGTERM');
      // One that is frozen hears it only then.
      program.kill('SIGCONT');
      await ended;
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
      const program = start('stdbuf', ['-oL', 'mosquitto_sub', ...server, ...session, '-t', topic, '-F', format]);
      await until(() => program.output().includes('SUBACK'), 'mosquitto_sub to subscribe');
      return program;
    },
    async [Symbol.asyncDispose]() {
      await broker.stop();
      await rm(folder, { recursive: true });
    },
  };
  await broker.start();
  return broker;
}
