import { z } from 'zod';
import type { Channel, ChannelContext, Message, OpenChannel, Recipient, Sent } from './channel.ts';
import { CHANNEL_FAULTS } from './faults.ts';
import { duration } from './fields.ts';
import { Lane } from './lane.ts';
import { askBoard } from './modbus-ask.ts';
import { delivered, later, rejected } from './sent.ts';
import { Tally } from './tally.ts';

const template = () => z.int().min(0).max(65_535);

const ledBoardOptions = z.object({
  host: z.string().min(1).max(253),
  port: z.int().min(1).max(65_535).default(502),
  unit: z.int().min(0).max(255).default(1),
  /** Holding register, counted from 0, in which the number of the template that is shown stands. */
  register: z.int().min(0).max(65_535),
  /** Numbers of the templates that are stored in the board, by level; nothing else is ever shown. */
  templates: z.strictObject({
    blue: template().optional(),
    yellow: template().optional(),
    orange: template().optional(),
    red: template().optional(),
    /** Of a message without a level: nothing is to be warned of any more. */
    clear: template(),
    /** Left out: an exercise is not shown. */
    exercise: template().optional(),
  }),
  timeout: duration('5s'),
});

type LedBoardOptions = z.output<typeof ledBoardOptions>;

const MOST_BOARDS_WAITING = 50;

/**
 * A board by the road (诱导屏) that shows one of the texts stored in it: its number is written over Modbus TCP and read back.
 * Writing the same number twice does no harm, so what failed is always to be tried again.
 */
class LedBoardChannel implements OpenChannel {
  readonly #options: LedBoardOptions;
  readonly #context: ChannelContext;
  readonly #lane = new Lane(1, MOST_BOARDS_WAITING);
  readonly #tally = new Tally();

  constructor(options: LedBoardOptions, context: ChannelContext) {
    this.#options = options;
    this.#context = context;
  }

  async send(message: Message, _recipients: readonly Recipient[], signal: AbortSignal): Promise<Sent> {
    const { templates } = this.#options;
    const number = message.isExercise ? templates.exercise : templates[message.level ?? 'clear'];
    if (number === undefined) {
      const what = message.isExercise ? 'exercises' : `level ${message.level}`;
      return this.#tally.count(rejected(CHANNEL_FAULTS.noTemplate, `the board has no template for ${what}`));
    }
    return this.#tally.count(await this.#lane.run(message.urgent, signal, (stop) => this.#show(number, stop)));
  }

  async test(message: Message, recipient: Recipient, signal: AbortSignal): Promise<Sent> {
    return this.#tally.tested(await this.send(message, [recipient], signal), this.#context.clock.now());
  }

  status() {
    return this.#tally.status(this.#lane.waiting);
  }

  [Symbol.asyncDispose]() {
    return this.#lane.close();
  }

  async #show(number: number, signal: AbortSignal): Promise<Sent> {
    const { host, port, unit, register, timeout: timeoutMs } = this.#options;
    const where = { host, port, unit, register, timeoutMs, wire: this.#context.wire, signal };
    const answer = await askBoard(where, number);
    if (answer.kind === 'failed') return later(answer.code, answer.text);
    if (answer.value === number) return delivered(null);
    return later(CHANNEL_FAULTS.readBack, `the board shows template ${answer.value}, not ${number}`);
  }
}

export const ledBoard: Channel<typeof ledBoardOptions> = {
  kind: 'led-board',
  options: ledBoardOptions,
  reach: 'group',
  shows: 'state',
  open: async (_id, options, context) => new LedBoardChannel(options, context),
};
