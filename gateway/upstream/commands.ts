import { Fault, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import type { Message } from './mqtt-session.ts';

/** A command as it came: its topic's last part, its bytes, and what the answer is to be known by (MQTT 5, 3.3.2.3.6). */
export interface Incoming {
  readonly topic: string;
  readonly payload: Buffer;
  readonly correlation: Buffer | undefined;
  /** The broker kept it from before the subscription (MQTT 5, 3.3.1.3): it would come with every connection again. */
  readonly isRetained: boolean;
}

/** Bytes of one command; commands that may be at work at once, and their answers that may wait to be sent. */
export const MOST_BYTES = 64 * 1024;
export const MOST_AT_WORK = 16;

const topicOf = (gateway: string, part: 'commands' | 'replies', name: string): string =>
  `gengfu/v1/${gateway}/${part}/${name}`;

export interface CommandsOptions {
  readonly gateway: string;
  readonly commands: Readonly<Record<string, (payload: unknown) => Promise<object>>>;
  readonly log: Log;
  /** There is an answer to send. */
  onReply(): void;
}

/**
 * Commands of an upstream and the answers to them. What is not JSON, too long, retained or one too many is answered with a refusal;
 * what gets no answer, because the connection ended, is to be sent again.
 */
export class Commands {
  readonly #options: CommandsOptions;
  readonly #replies: Message[] = [];
  #atWork = 0;

  constructor(options: CommandsOptions) {
    this.#options = options;
  }

  /** What to subscribe to. */
  get topics(): readonly string[] {
    const { gateway, commands } = this.#options;
    return Object.keys(commands).map((name) => topicOf(gateway, 'commands', name));
  }

  /** The next answer that waits. */
  nextReply(): Message | undefined {
    return this.#replies.shift();
  }

  /** Takes one in; settles when its answer waits to be sent. */
  async take({ topic, payload, correlation, isRetained }: Incoming): Promise<void> {
    const { gateway, commands, log, onReply } = this.#options;
    const name = topic.slice(topic.lastIndexOf('/') + 1);
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (command === undefined || topic !== topicOf(gateway, 'commands', name)) return;
    // A platform that does not wait for answers gets none for what is over the bound.
    if (this.#atWork + this.#replies.length >= MOST_AT_WORK) {
      log.warn({ command: name }, 'upstream: too many commands at once: one was left out');
      return;
    }
    this.#atWork++;
    const answer = isRetained ? RETAINED : await this.#answer(command, payload);
    this.#atWork--;
    this.#replies.push({
      topic: topicOf(gateway, 'replies', name),
      payload: JSON.stringify(answer),
      retain: false,
      properties: { contentType: 'application/json', ...(correlation && { correlationData: correlation }) },
    });
    onReply();
  }

  async #answer(command: (payload: unknown) => Promise<object>, payload: Buffer): Promise<object> {
    if (payload.length > MOST_BYTES) return refusal('too-long', `a command is at most ${MOST_BYTES} bytes long`);
    let value: unknown;
    try {
      value = JSON.parse(payload.toString('utf8'));
    } catch {
      return refusal('not-json', 'a command is JSON');
    }
    try {
      return await command(value);
    } catch (error) {
      const code = error instanceof Fault ? error.code : 'internal';
      this.#options.log.error({ code, error: textOf(error) }, 'upstream: a command failed');
      return refusal(code, textOf(error));
    }
  }
}

const refusal = (code: string, message: string): object => ({ status: 'refused', code, message });

const RETAINED = refusal('retained', 'a command is not to be retained: it would be done again at every connection');
