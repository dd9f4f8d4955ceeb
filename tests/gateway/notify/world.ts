import type { EntryDraft } from '../../../gateway/alarms/alarm-event.ts';
import type { Entry } from '../../../gateway/ledger/ledger.ts';
import type { Call, WantedCall } from '../../../gateway/notify/call.ts';
import type { StoredState } from '../../../gateway/notify/call-list.ts';
import { Caller } from '../../../gateway/notify/caller.ts';
import type { CallerContext } from '../../../gateway/notify/caller-context.ts';
import type {
  ChannelStatus,
  Message,
  OpenChannel,
  Receipt,
  Recipient,
  Sent,
} from '../../../gateway/notify/channels/channel.ts';
import type { ToldEvent } from '../../../gateway/notify/told-events.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { FakeLedger } from '../../tools/fake-ledger.ts';

/** Of one run: over once it was killed. */
interface Life {
  isOver: boolean;
}

const NEVER = new Promise<never>(() => {});

/** A log in memory that keeps what it is given, states beside entries, in one step. */
export class Disk extends FakeLedger {
  readonly states = new Map<string, object>();
  /** What is asked of it is never answered, as by a disk that is gone. */
  isGone = false;
  #waiting: (() => void)[] = [];

  write(drafts: readonly EntryDraft[], states: readonly StoredState[] = []): void {
    const added: Entry[] = drafts.map((draft, i) => {
      const sequence = this.entries.length + i + 1;
      return { sequence, json: JSON.stringify({ ...draft, sequence: String(sequence) }) };
    });
    this.entries.push(...added);
    for (const { key, state } of states) {
      if (state === null) this.states.delete(key);
      else this.states.set(key, structuredClone(state));
    }
    this.tell(added);
  }

  async keep(drafts: readonly EntryDraft[], states: readonly StoredState[], life: Life): Promise<boolean> {
    if (this.isGone) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    if (life.isOver) return NEVER;
    this.write(drafts, states);
    return true;
  }

  comeBack(): void {
    this.isGone = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

export interface Request {
  readonly channel: string;
  readonly id: string;
  readonly to: string;
  readonly text: string;
  /** It may have come to its receiver. */
  readonly mayBeOut: boolean;
}

/** A channel that does what it is told to. */
export class FakeChannel implements OpenChannel {
  readonly id: string;
  readonly #requests: Request[];
  /** How it answers the next ones, in order; after them as `accepted`. */
  readonly answers: (Sent | 'hang' | Promise<Sent>)[] = [];
  listener: ((receipt: Receipt) => void) | null = null;

  constructor(id: string, requests: Request[]) {
    this.id = id;
    this.#requests = requests;
  }

  async send(message: Message, recipients: readonly Recipient[], signal: AbortSignal): Promise<Sent> {
    const to = recipients.map(({ person }) => person).join();
    const answer = this.answers.shift() ?? { status: 'accepted', receipt: null };
    const mayBeOut = answer === 'hang' || !('status' in answer) || answer.status !== 'later';
    this.#requests.push({ channel: this.id, id: message.id, to, text: message.text, mayBeOut });
    if (answer !== 'hang') return answer;
    return new Promise((resolve) => {
      signal.addEventListener('abort', () =>
        resolve({ status: 'later', code: 'cancelled', message: '', retryMs: null }),
      );
    });
  }

  /** As one run has it. */
  of(life: Life): OpenChannel {
    return {
      send: (...args) => (life.isOver ? NEVER : this.send(...args)),
      status: this.status,
      async [Symbol.asyncDispose]() {},
    };
  }

  status = (): ChannelStatus => ({ state: 'ready', sent: 0, failed: 0, waiting: 0, warnings: [] });
  async [Symbol.asyncDispose](): Promise<void> {}
}

/** An alarm event as people are told of it. */
export const raised = (alarm: string, more: object = {}): EntryDraft => ({
  type: 'city.gengfu.alarm.raised',
  subject: 'water-02/depth/waterlogging',
  time: '2026-07-16T00:06:20.000+08:00',
  data: { alarm, level: 'red', exercise: null, ...more },
});

/** A caller on a disk that outlives it. */
export class World implements AsyncDisposable {
  readonly disk = new Disk();
  readonly clock = new FakeClock();
  readonly requests: Request[] = [];
  readonly channels = new Map<string, FakeChannel>();
  readonly answered: { readonly alarm: string; readonly kind: string }[] = [];
  /** Alarms that nobody need be called for any more. */
  readonly done = new Set<string>();
  to: readonly string[] = ['li'];
  /** Who stands above them, a tier each. */
  above: readonly string[] = [];
  wants: Partial<WantedCall> = {};
  #caller: Caller | null = null;
  #life = { isOver: false };

  constructor(...channels: string[]) {
    for (const id of channels) this.channels.set(id, new FakeChannel(id, this.requests));
  }

  get caller(): Caller {
    if (this.#caller === null) throw new Error('not started');
    return this.#caller;
  }

  channel(id: string): FakeChannel {
    const channel = this.channels.get(id);
    if (channel === undefined) throw new Error(`no channel ${id}`);
    return channel;
  }

  async start(more: Partial<CallerContext> = {}): Promise<void> {
    const life = { isOver: false };
    this.#life = life;
    const { disk } = this;
    this.#caller = await Caller.open({
      ledger: {
        read: (sequence, limit) => disk.read(sequence, limit),
        latest: (limit) => disk.latest(limit),
        closedAlarms: () => disk.closedAlarms(),
        openCursor: (name, from) => disk.openCursor(name, from),
        moveCursor: async (name, sequence) => void (life.isOver || (await disk.moveCursor(name, sequence))),
        onCommit: (listener) => disk.onCommit((entries) => void (life.isOver || listener(entries))),
        status: () => disk.status(),
      },
      keep: (told, states) => disk.keep(told, states, life),
      saved: new Map(structuredClone([...disk.states])),
      channels: new Map([...this.channels].map(([id, channel]) => [id, channel.of(life)])),
      clock: this.clock,
      wire: this.clock,
      log: { info() {}, warn() {}, error() {}, debug() {} } as unknown as CallerContext['log'],
      encodeTime: (at) => new Date(at).toISOString(),
      route: (event) => this.#route(event),
      above: ({ tier }) =>
        this.above
          .slice(tier - 1, tier)
          .map((id) => ({ ...this.#call(id), step: `unreached:${tier + 1}`, tier: tier + 1 })),
      speak: (call, event) => speak(call, event),
      isNeeded: ({ alarm }) => !this.done.has(alarm),
      answered: ({ alarm }, kind) => this.answered.push({ alarm, kind }),
      cameIn: () => {},
      ...more,
    });
  }

  /** What it has begun comes to nothing: nothing more is stored, sent or heard. */
  kill(): void {
    this.#life.isOver = true;
    this.#caller = null;
  }

  #route({ type }: ToldEvent): readonly WantedCall[] {
    if (type !== 'city.gengfu.alarm.raised') return [];
    return this.to.map((id) => this.#call(id));
  }

  #call(id: string): WantedCall {
    return {
      ...{ to: { kind: 'person', id }, channels: [...this.channels.keys()], step: 'raised' },
      ...{ tier: 1, urgent: false, notBefore: null, ...this.wants },
    };
  }

  /** Time passes, and what it woke has run. */
  async pass(ms = 0): Promise<void> {
    for (let i = 0; i < 20; i++) await this.clock.advance(i === 19 ? ms : 0);
    await this.clock.advance(0);
  }

  /** What the log says became of calls. */
  get told(): string[] {
    return this.disk.entries.flatMap(({ json }) => {
      const { type, data } = JSON.parse(json) as { type: string; data: { channel: string; repeated: boolean } };
      if (!type.startsWith('city.gengfu.call.')) return [];
      return [`${type.slice('city.gengfu.call.'.length)} ${data.channel}${data.repeated ? ' repeated' : ''}`];
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#caller?.[Symbol.asyncDispose]();
  }
}

function speak(call: Call, event: ToldEvent) {
  const message: Message = {
    id: `${call.sequence}:${call.to.id}`,
    title: 'title',
    text: `${event.subject}${call.repeated ? ' repeated' : ''}`,
    speech: 'speech',
    level: 'red',
    isExercise: false,
    urgent: call.urgent,
    data: event.data,
    link: null,
  };
  const recipients = [{ person: call.to.id, name: call.to.id, phone: null, email: null, user: null }];
  return { message, recipients };
}
