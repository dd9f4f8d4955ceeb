import type { Clock } from '#kit/clock.ts';
import { codeOf, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import type { Zone } from '#kit/zone.ts';
import type { EntryDraft } from '../alarms/alarm-event.ts';
import type { StoredState } from '../notify/call-list.ts';
import type { Sent } from '../notify/channels/channel.ts';
import { isTestDue, type LastTest, type MonthlyTest } from '../notify/monthly-test.ts';

/** Under which the ledger keeps what came of the last one. */
const TEST = 'channel-test:';
/** Of who is gone from people.yaml the oldest go. */
export const MOST_KEPT = 200;
const LOOK_EVERY_MS = 60_000;

export const CHANNEL_TESTED = 'city.gengfu.channel.tested';

export interface ChannelTestsContext {
  readonly saved: ReadonlyMap<string, object>;
  readonly clock: Clock;
  readonly wire: Clock;
  readonly log: Log;
  /** Those of the site as it is now. */
  tests(): readonly MonthlyTest[];
  zone(): Zone;
  /** Sends a real message that says that it is a test; throws where the channel or the person is gone. */
  send(channel: string, person: string): Promise<Sent>;
  keep(told: readonly EntryDraft[], states: readonly StoredState[]): Promise<boolean>;
}

/** Tries each channel once a month by itself, so that a SIM without money is known before the night it is needed. */
export class ChannelTests implements Disposable {
  readonly #context: ChannelTestsContext;
  readonly #last = new Map<string, LastTest>();
  #cancel: () => void = () => {};
  #isOver = false;

  constructor(context: ChannelTestsContext) {
    this.#context = context;
    for (const [key, state] of context.saved) {
      // Written by `#note` alone.
      if (key.startsWith(TEST)) this.#last.set(key.slice(TEST.length), state as LastTest);
    }
    this.#lookLater();
  }

  /** Whether the last test of a channel failed, by whomever it was asked for; or one of those that are made each month. */
  hasFailed(channel: string): boolean {
    const newest = [...this.#last].findLast(([key]) => key.startsWith(`${channel}:`))?.[1];
    const monthly = this.#context.tests().filter((test) => test.channel === channel);
    return newest?.ok === false || monthly.some((test) => this.#last.get(keyOf(test))?.ok === false);
  }

  /** What is due is made, one after the other. */
  async look(): Promise<void> {
    const { clock } = this.#context;
    // A clock that nobody has set would call people in the night.
    if (clock.trust() === 'unknown') return;
    for (const test of this.#context.tests()) {
      const last = this.#last.get(keyOf(test)) ?? null;
      if (!isTestDue(test, last, this.#context.zone(), clock.now())) continue;
      await this.tell(test.channel, test.to, 'gengfu', await this.#send(test));
    }
  }

  /** What came of a test goes into the log. */
  async tell(channel: string, to: string, by: string, sent: Sent): Promise<void> {
    const { clock, zone, keep } = this.#context;
    const at = clock.now();
    const ok = sent.status === 'accepted' || sent.status === 'delivered';
    const { code, message } = 'code' in sent ? sent : { code: null, message: null };
    const key = keyOf({ channel, to });
    this.#last.delete(key);
    this.#last.set(key, { at, ok });
    const gone = [...this.#last.keys()].slice(0, Math.max(0, this.#last.size - MOST_KEPT));
    for (const each of gone) this.#last.delete(each);
    const data = { channel, to: { kind: 'person', id: to }, by, ok, status: sent.status, code, reason: message };
    await keep(
      [{ type: CHANNEL_TESTED, subject: `channel/${channel}`, time: zone().encode(at), data }],
      [{ key: TEST + key, state: { at, ok } }, ...gone.map((each) => ({ key: TEST + each, state: null }))],
    );
  }

  async #send({ channel, to }: MonthlyTest): Promise<Sent> {
    try {
      return await this.#context.send(channel, to);
    } catch (error) {
      return { status: 'rejected', code: codeOf(error) ?? 'failed', message: textOf(error) };
    }
  }

  #lookLater(): void {
    if (this.#isOver) return;
    const { wire, log } = this.#context;
    this.#cancel = wire.after(LOOK_EVERY_MS, () => {
      this.look()
        .catch((error: unknown) => log.error({ code: codeOf(error) }, `channel tests: ${textOf(error)}`))
        .finally(() => this.#lookLater());
    });
  }

  [Symbol.dispose](): void {
    this.#cancel();
    this.#isOver = true;
  }
}

const keyOf = ({ channel, to }: Pick<MonthlyTest, 'channel' | 'to'>): string => `${channel}:${to}`;
