import { randomBytes } from 'node:crypto';
import { Backoff } from '#kit/backoff.ts';
import type { Clock } from '#kit/clock.ts';
import { type Fault, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { READING_CODES } from '../reading.ts';
import { runSession, type Session, type SessionOptions } from './external-session.ts';
import { WRITE_CODES } from './writer.ts';

export interface ExternalOptions extends Omit<SessionOptions, 'clientId'> {
  /** The link's. */
  readonly id: string;
}

export interface ExternalEvents {
  message(topic: string, payload: Buffer): void;
  /** Its subscriptions stand. Called in turn with `down`, first. */
  up(): void;
  down(): void;
}

/** Another broker in the embedded one's place. It connects again for ever; disposing it ends the connection. */
export interface External extends AsyncDisposable {
  readonly state: 'up' | 'down' | 'connecting';
  /** Why it was down last; undefined while it is up, and before the first attempt has failed. */
  readonly fault: Fault | undefined;
  counters(): Readonly<Record<string, number>>;
  /** From now on these are the filters: what is new is subscribed to, what is not among them given back. */
  follow(filters: readonly string[]): void;
  /** QoS 1, not retained, and kept for nobody: a code where the broker has not confirmed it. */
  tell(topic: string, payload: Buffer): Promise<string | undefined>;
}

const BACKOFF = { firstMs: 1000, mostMs: 30_000, jitter: 0.3 };
/** A connection that lasts so long was a good one: the next failure is the first again. */
const GOOD_MS = 10_000;
const MOST_NAMED = 5;

export function openExternal(
  options: ExternalOptions,
  context: { readonly wire: Clock; readonly log: Log },
  events: ExternalEvents,
): External {
  const { wire, log } = context;
  const nouns = { link: options.id, broker: options.url };
  const backoff = new Backoff(BACKOFF);
  const closing = new AbortController();
  const counts = { connects: 0, disconnects: 0, retained: 0, refusedSubscribes: 0 };
  let state: External['state'] = 'connecting';
  let fault: Fault | undefined;
  let session: Session | undefined;
  let { filters } = options;

  /** One connection, to its end. */
  const attempt = async (): Promise<void> => {
    let readyAt: number | undefined;
    // A new name each time: a broker that has not noticed the end of the last connection throws neither out.
    const clientId = `gengfu-${options.id}-${randomBytes(6).toString('hex')}`;
    const ended = await runSession(
      { ...options, clientId, filters },
      { wire, signal: closing.signal },
      {
        ready: (ready) => {
          readyAt = wire.tick();
          session = ready;
          counts.connects++;
          // They may have become others while it was on the way.
          ready.follow(filters);
          log.info({ ...nouns, failures: backoff.failures }, 'mqtt: connected to the broker');
          state = 'up';
          fault = undefined;
          events.up();
        },
        refused: (refused) => {
          counts.refusedSubscribes += refused.length;
          log.warn(
            { ...nouns, filters: refused.slice(0, MOST_NAMED), count: refused.length },
            'mqtt: the broker refuses some subscriptions',
          );
        },
        message: events.message,
        retained: () => {
          counts.retained++;
        },
      },
    );
    session = undefined;
    if (closing.signal.aborted) return;
    fault = ended;
    state = 'down';
    if (readyAt !== undefined) {
      counts.disconnects++;
      if (wire.tick() - readyAt >= GOOD_MS) backoff.reset();
      events.down();
    }
    if (backoff.failures === 0) {
      log.warn({ ...nouns, code: ended.code, hint: ended.hint }, `mqtt: the broker is away: ${ended.message}`);
    }
  };

  const run = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await attempt();
      // It rejects only where the link was closed meanwhile.
      await wire.sleep(backoff.next(), closing.signal).catch(() => {});
    }
  };
  const ran = run();

  return {
    get state() {
      return state;
    },
    get fault() {
      return fault;
    },
    counters: () => counts,
    follow(changed) {
      filters = changed;
      session?.follow(changed);
    },
    async tell(topic, payload) {
      const sent = session;
      if (sent === undefined) return READING_CODES.linkDown;
      try {
        await sent.publish(topic, payload);
        return undefined;
      } catch (error) {
        log.debug({ ...nouns, topic, error: textOf(error) }, 'mqtt: the broker did not take a command');
        return session === sent ? WRITE_CODES.refused : READING_CODES.linkDown;
      }
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await ran;
    },
  };
}
