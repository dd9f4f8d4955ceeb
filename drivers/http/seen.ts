import { hash } from 'node:crypto';
import type { LinkContext } from '../driver.ts';
import { Recent } from './recent.ts';
import { SeenFile, timeLine } from './seen-file.ts';
import { encodeSeen, type SeenRecord } from './seen-record.ts';

/** Pushes that are remembered: so many as one address may send within the widest usual tolerance; and ids of messages. */
const BOUNDS: SeenBounds = { push: 16_384, message: 8192 };
/** Of a hash: enough that nobody finds two alike. */
const KEY_LENGTH = 22;

type Kind = keyof SeenBounds;

export interface SeenBounds {
  readonly push: number;
  readonly message: number;
}

export interface SeenOptions {
  /** How far the time of a signature may be off the box's, ms; undefined where signatures have none. */
  readonly toleranceMs: number | undefined;
  readonly bounds?: SeenBounds;
}

/** How long something that was taken must be known. */
export interface Lasting {
  /** When it was signed, as the sender says. */
  readonly signedAt?: number | undefined;
  /** Nobody could send it again to another run: it is not written. */
  readonly isOfThisRun?: boolean | undefined;
}

/** Something new, that nobody else takes meanwhile. Disposed of before it was kept, it may be sent again. */
export interface Claim extends Disposable {
  /** It was taken. */
  keep(lasting?: Lasting): void;
}

/**
 * What was taken on a link: signed pushes and messages with an id, each of which has an effect once, also over a restart.
 * A push with a time in its signature is known as long as the guard would let it in; others until so many came after it.
 * Where the file cannot be read or written, what comes is taken all the same: an alarm that is lost is worse than one
 * that somebody could repeat.
 */
export class Seen implements AsyncDisposable {
  readonly #clock: LinkContext['clock'];
  readonly #wire: LinkContext['wire'];
  readonly #log: LinkContext['log'];
  readonly #toleranceMs: number | undefined;
  readonly #kinds: Readonly<Record<Kind, Recent>>;
  readonly #claimed = new Set<string>();
  readonly #file: SeenFile;
  #provenAt: number | undefined;

  constructor(path: string, context: LinkContext, { toleranceMs, bounds = BOUNDS }: SeenOptions) {
    this.#clock = context.clock;
    this.#wire = context.wire;
    this.#log = context.log;
    this.#toleranceMs = toleranceMs;
    this.#kinds = { push: new Recent(bounds.push), message: new Recent(bounds.message) };
    const { push, message } = this.#kinds;
    this.#file = new SeenFile(path, context, {
      get size() {
        return push.size + message.size;
      },
      lines: () => this.#lines(),
    });
  }

  /** Why what is taken does not reach the disk; undefined while it does. */
  get fault(): string | undefined {
    return this.#file.fault;
  }

  /**
   * When the last push with a time in its signature was taken while the box knew the time, UTC milliseconds: it is later
   * now, whatever the clock says.
   */
  get provenAt(): number | undefined {
    return this.#provenAt;
  }

  /** Goes on with what an earlier run took; called before anything comes in. */
  async load(): Promise<void> {
    const { records, damaged } = await this.#file.load();
    for (const { record, line } of records) this.#restore(record, line);
    if (damaged === 0) return;
    const hint = 'what is whole of it counts; the others could be sent again';
    this.#log.warn({ damaged, hint }, 'http: a part of what was taken before the restart cannot be read');
    this.#file.replace();
  }

  /** Undertakes to take something, by what stands for it; or why it is not to be taken now. */
  claim(kind: Kind, text: string): Claim | 'taken' | 'being-taken' {
    const key = hash('sha256', text, 'base64url').slice(0, KEY_LENGTH);
    if (this.#kinds[kind].has(key)) return 'taken';
    const claimed = `${kind} ${key}`;
    if (this.#claimed.has(claimed)) return 'being-taken';
    this.#claimed.add(claimed);
    return {
      keep: (lasting = {}) => this.#keep(kind, key, lasting),
      [Symbol.dispose]: () => void this.#claimed.delete(claimed),
    };
  }

  /** Resolves once all that was kept is written, or the disk has refused it. */
  written(): Promise<void> {
    return this.#file.written();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file[Symbol.asyncDispose]();
  }

  #keep(kind: Kind, key: string, { signedAt, isOfThisRun = false }: Lasting): void {
    const since = this.#wire.tick();
    const isTimed = signedAt !== undefined && this.#clock.trust() !== 'unknown';
    const at = isTimed ? this.#wire.now() : undefined;
    this.#prove(at);
    const line = isOfThisRun ? '' : encodeSeen({ kind, key, signedAt, at });
    this.#kinds[kind].add(key, { line, signedAt, since });
    if (line !== '') this.#file.add(line);
    this.#forgetOver(since);
  }

  #restore(record: SeenRecord, line: string): void {
    this.#prove(record.at);
    if (record.kind === 'time') return;
    const { kind, key, signedAt } = record;
    this.#kinds[kind].add(key, { line, signedAt, since: this.#wire.tick() });
  }

  #prove(at: number | undefined): void {
    if (at !== undefined) this.#provenAt = Math.max(this.#provenAt ?? at, at);
  }

  /**
   * A push is over once the guard refuses it by the time that it has certainly been, and once both tolerances have gone by
   * on a line that never steps: a clock that is set ahead by mistake, and back, forgets nothing that could still come.
   */
  #forgetOver(tick: number): void {
    const [toleranceMs, provenAt] = [this.#toleranceMs, this.#provenAt];
    if (toleranceMs === undefined || provenAt === undefined) return;
    this.#kinds.push.forget(
      ({ signedAt, since }) =>
        signedAt !== undefined && signedAt + toleranceMs < provenAt && tick - since > 2 * toleranceMs,
    );
  }

  #lines(): string[] {
    const proven = this.#provenAt === undefined ? [] : [timeLine(this.#provenAt)];
    return [...proven, ...this.#kinds.push.lines(), ...this.#kinds.message.lines()];
  }
}
