import type { Channel, ChannelContext, Message, OpenChannel, Recipient, Sent } from '../channel.ts';
import { CHANNEL_FAULTS } from '../faults.ts';
import { hiding } from '../hidden.ts';
import { type Posted, post } from '../http-post.ts';
import { accepted, later, rejected, unknown } from '../sent.ts';
import { Tally } from '../tally.ts';
import { type Digest, planDigest } from './digest.ts';
import type { Robot, Waiting } from './robot.ts';
import type { RobotOptions } from './robot-options.ts';
import { TokenBucket } from './token-bucket.ts';

/** Messages that wait for one robot; beyond them what is not urgent comes later. */
export const MOST_WAITING = 200;

/**
 * A group's robot: messages wait while it may not be asked, and go out together, the urgent first. While it is blocked
 * everything is answered with `later` at once, so that another channel can be taken.
 */
class RobotChannel<Options extends RobotOptions> implements OpenChannel {
  readonly #robot: Robot<Options>;
  readonly #options: Options;
  readonly #context: ChannelContext;
  readonly #bucket: TokenBucket;
  readonly #closing = new AbortController();
  readonly #hide: (text: string) => string;
  readonly #tally = new Tally();
  #waiting: Waiting[] = [];
  #isSending = false;
  #cancelTimer: (() => void) | undefined;
  /** Tick until which it takes nothing. */
  #blockedUntil = Number.NEGATIVE_INFINITY;

  constructor(robot: Robot<Options>, options: Options, context: ChannelContext) {
    this.#robot = robot;
    this.#options = options;
    this.#context = context;
    this.#bucket = new TokenBucket(options.rate, context.wire.tick());
    this.#hide = hiding([options.token, options.secret]);
  }

  send(message: Message, recipients: readonly Recipient[], signal: AbortSignal): Promise<Sent> {
    if (signal.aborted || this.#closing.signal.aborted) return Promise.resolve(this.#takenBack());
    const blockedMs = this.#blockedMs();
    if (blockedMs > 0) return Promise.resolve(this.#tally.count(this.#limited(blockedMs)));
    const { promise, resolve } = Promise.withResolvers<Sent>();
    const waiting: Waiting = {
      message,
      recipients,
      done: (sent) => {
        signal.removeEventListener('abort', abort);
        resolve(sent);
      },
    };
    const abort = () => {
      const isHere = this.#waiting.includes(waiting);
      this.#waiting = this.#waiting.filter((each) => each !== waiting);
      waiting.done(isHere ? this.#takenBack() : unknown(CHANNEL_FAULTS.cancelled, 'given up on the way'));
    };
    signal.addEventListener('abort', abort, { once: true });
    this.#waiting.push(waiting);
    this.#keepBound();
    this.#look();
    return promise;
  }

  async test(message: Message, recipient: Recipient, signal: AbortSignal): Promise<Sent> {
    return this.#tally.tested(await this.send(message, [recipient], signal), this.#context.clock.now());
  }

  status() {
    const tokens = Math.floor(this.#bucket.at(this.#context.wire.tick()));
    const warnings = this.#blockedMs() > 0 ? [CHANNEL_FAULTS.rateLimited] : [];
    return { ...this.#tally.status(this.#waiting.length, warnings), tokens };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancelTimer?.();
    this.#closing.abort();
    for (const { done } of this.#waiting.splice(0)) done(this.#takenBack());
  }

  #takenBack = (): Sent => this.#tally.count(later(CHANNEL_FAULTS.cancelled, 'taken back'));

  #blockedMs = (): number => Math.max(0, this.#blockedUntil - this.#context.wire.tick());

  #limited = (blockedMs: number): Sent =>
    later(CHANNEL_FAULTS.rateLimited, `the robot takes nothing for ${Math.ceil(blockedMs / 1000)} s`, blockedMs);

  /** The last that is not urgent goes; where all are, the last that came, which its sender still has. */
  #keepBound(): void {
    if (this.#waiting.length <= MOST_WAITING) return;
    const plain = this.#waiting.findLastIndex(({ message }) => !message.urgent);
    const [out] = this.#waiting.splice(plain === -1 ? MOST_WAITING : plain, 1);
    const waitMs = this.#bucket.waitMs(this.#context.wire.tick(), false);
    out?.done(this.#tally.count(later(CHANNEL_FAULTS.queueFull, `${MOST_WAITING} messages wait`, waitMs)));
  }

  /** Sends what has gathered, or comes back when it may. */
  #look(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#isSending || this.#waiting.length === 0 || this.#closing.signal.aborted) return;
    const tick = this.#context.wire.tick();
    const isUrgent = this.#waiting.some(({ message }) => message.urgent);
    if (!this.#bucket.take(tick, isUrgent)) {
      this.#cancelTimer = this.#context.wire.after(this.#bucket.waitMs(tick, isUrgent), () => this.#look());
      return;
    }
    const digest = planDigest(this.#waiting, this.#robot.mostBytes, this.#options.language);
    if (digest === undefined) return;
    this.#waiting = this.#waiting.filter((each) => !digest.taken.includes(each));
    this.#isSending = true;
    void this.#send(digest).finally(() => {
      this.#isSending = false;
      this.#look();
    });
  }

  async #send({ taken, text, recipients }: Digest): Promise<void> {
    const at = this.#context.clock.now();
    const { url, body } = this.#robot.encode(this.#options, { text, recipients, at });
    const posted = await post({
      url,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(body),
      timeoutMs: this.#options.timeout,
      wire: this.#context.wire,
      closing: this.#closing.signal,
    });
    const who = hiding(
      recipients.flatMap(({ phone, email, user }) => [phone ?? undefined, email ?? undefined, user ?? undefined]),
    );
    const sent = this.#answerOf(posted, (text) => who(this.#hide(text)));
    for (const { done } of taken) done(this.#tally.count(sent));
    const blockedMs = this.#blockedMs();
    if (blockedMs > 0)
      for (const { done } of this.#waiting.splice(0)) done(this.#tally.count(this.#limited(blockedMs)));
  }

  /** `hide`: a robot that refuses a mention names whom it was of. */
  #answerOf(posted: Posted, hide: (text: string) => string): Sent {
    const { kind, blockedMs, limitCodes, laterCodes } = this.#robot;
    if (posted.kind === 'unreachable') return later(posted.code, posted.text);
    if (posted.kind === 'unknown') return unknown(posted.code, posted.text);
    const { status, retryMs } = posted;
    if (status === 429) return this.#block(retryMs ?? blockedMs);
    const said = hide(`${status} ${posted.text}`);
    const answer = objectIn(posted.text);
    const result = answer && this.#robot.codeOf(answer);
    if (result !== undefined && limitCodes.has(result.code)) return this.#block(blockedMs);
    if (status === 408 || status >= 500) return later(`http-${status}`, said, retryMs);
    if (status !== 200) return rejected(`http-${status}`, said);
    // A proxy, or a page that wants somebody to sign in: nobody knows whether the robot was asked.
    if (result === undefined) return unknown(CHANNEL_FAULTS.nonsense, `not an answer of a robot: ${said}`);
    if (result.code === 0) return accepted();
    const text = hide(result.text);
    return laterCodes.has(result.code)
      ? later(`${kind}-${result.code}`, text)
      : rejected(`${kind}-${result.code}`, text);
  }

  #block(blockedMs: number): Sent {
    this.#blockedUntil = this.#context.wire.tick() + blockedMs;
    return this.#limited(blockedMs);
  }
}

function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** The channel of one company's robots. */
export const openRobot =
  <Options extends RobotOptions>(robot: Robot<Options>): Channel['open'] =>
  async (_id, options, context) =>
    // The loader has checked the options with the schema of this kind.
    new RobotChannel(robot, options as Options, context);
