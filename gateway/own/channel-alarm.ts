import { type Clock, every } from '#kit/clock.ts';
import type { LiveJudge } from '../judge/live-judge.ts';
import type { ChannelStatus } from '../notify/channels/channel.ts';
import { CHANNEL_FAULTS } from '../notify/channels/faults.ts';
import type { Text, Watch } from '../rules/finding.ts';
import { CHANNEL_RULE, ownFinding, ownWatch } from './own-alarms.ts';

const LOOK_EVERY_MS = 1000;
/** A modem that is looked for, or a network that is searched, may be there soon. */
const PATIENCE_MS = 5 * 60_000;

/** The last test of it failed. */
export const TEST_FAILED = 'test-failed';

interface Cause {
  readonly code: string;
  readonly said: Text;
  /** How long it has to last. */
  readonly patienceMs: number;
  /** How long it has to be gone, so that what comes and goes is one alarm: people are called for each. */
  readonly goneMs: number;
}

/** What keeps a channel from people, the worst first, and how it is called. */
const CAUSES: readonly Cause[] = [
  {
    code: CHANNEL_FAULTS.simCannotSend,
    said: { zh: '的 SIM 卡无法发送', en: 'has a SIM that cannot send' },
    ...{ patienceMs: 0, goneMs: PATIENCE_MS },
  },
  // A test that was passed is proof enough.
  { code: TEST_FAILED, said: { zh: '测试未通过', en: 'did not pass its test' }, patienceMs: 0, goneMs: 0 },
  {
    code: CHANNEL_FAULTS.noModem,
    said: { zh: '的调制解调器无应答', en: 'has no modem' },
    ...{ patienceMs: PATIENCE_MS, goneMs: PATIENCE_MS },
  },
  {
    code: CHANNEL_FAULTS.notRegistered,
    said: { zh: '未注册到网络', en: 'is in no network' },
    ...{ patienceMs: PATIENCE_MS, goneMs: PATIENCE_MS },
  },
];

export interface ChannelAlarmOptions {
  readonly live: Pick<LiveJudge, 'judge' | 'takeFinding'>;
  /** Those of the site as they are. */
  readonly status: () => Readonly<Record<string, Pick<ChannelStatus, 'state' | 'warnings'>>>;
  readonly clock: Clock;
  readonly wire: Clock;
}

/** The channel that an alarm of ours says does not work; undefined for other alarms. */
export const channelIn = ({
  rule,
  device,
}: {
  readonly rule?: unknown;
  readonly device?: unknown;
}): string | undefined =>
  rule === CHANNEL_RULE && typeof device === 'string' ? device.replace(/^channel:/, '') : undefined;

/**
 * `gengfu.channel`: the orange alarm of a channel that brings nothing to people, which they are told of by the others: its last
 * test failed, its SIM cannot send, its modem or its network is gone. It returns when the channel works, and goes on working.
 */
export class ChannelAlarm implements Disposable {
  readonly #options: ChannelAlarmOptions;
  /** Since when each cause has been there, on the tick line of the wire, by channel and code. */
  readonly #since = new Map<string, number>();
  /** When it was there last. */
  readonly #seen = new Map<string, number>();
  /** What was said last, by channel. */
  readonly #said = new Map<string, string>();
  readonly #cancel: () => void;

  constructor(options: ChannelAlarmOptions) {
    this.#options = options;
    for (const { watch, condition, value } of options.live.judge.alarms.open) {
      const id = channelIn(watch);
      if (id !== undefined && condition === 'active') this.#said.set(id, String(value));
    }
    this.#cancel = every(options.wire, LOOK_EVERY_MS, () => this.#look());
  }

  #look(): void {
    const all = this.#options.status();
    for (const [id, { state, warnings }] of Object.entries(all)) {
      const cause = this.#causeOf(id, warnings);
      // While it starts nobody can say that it works.
      if (cause !== undefined || state !== 'starting') this.#say(id, cause);
    }
    for (const id of [...this.#said.keys()]) if (all[id] === undefined) this.#say(id, undefined, 'channel-removed');
    for (const times of [this.#since, this.#seen])
      for (const key of times.keys()) if (all[key.slice(0, key.lastIndexOf('/'))] === undefined) times.delete(key);
  }

  #causeOf(id: string, warnings: readonly string[]): Cause | undefined {
    const now = this.#options.wire.tick();
    let found: Cause | undefined;
    for (const cause of CAUSES) {
      const key = `${id}/${cause.code}`;
      const wasSaid = this.#said.get(id) === cause.code;
      if (!warnings.includes(cause.code)) {
        this.#since.delete(key);
        const seen = this.#seen.get(key) ?? now;
        this.#seen.set(key, seen);
        if (wasSaid && now - seen < cause.goneMs) found ??= cause;
        continue;
      }
      const since = this.#since.get(key) ?? now;
      this.#since.set(key, since);
      this.#seen.set(key, now);
      // What was said stands until it is gone.
      if (wasSaid || now - since >= cause.patienceMs) found ??= cause;
    }
    return found;
  }

  #say(id: string, cause: Cause | undefined, reason: string | null = null): void {
    const { live, clock } = this.#options;
    if (this.#said.get(id) === cause?.code) return;
    if (cause === undefined) this.#said.delete(id);
    else this.#said.set(id, cause.code);
    live.takeFinding(
      ownFinding(watchOf(id, cause?.said ?? { zh: '不可用', en: 'does not work' }), clock.now(), {
        answer: cause === undefined ? 'normal' : 'orange',
        reason: cause?.code ?? reason,
        value: cause?.code ?? 'working',
      }),
    );
  }

  [Symbol.dispose](): void {
    this.#cancel();
  }
}

const watchOf = (id: string, said: Text): Watch =>
  ownWatch({
    rule: CHANNEL_RULE,
    device: `channel:${id}`,
    deviceName: id,
    point: 'state',
    quantity: 'channel.state',
    title: { zh: `通知渠道 ${id} ${said.zh}`, en: `The channel ${id} ${said.en}` },
    respond: 'maintenance',
  });
