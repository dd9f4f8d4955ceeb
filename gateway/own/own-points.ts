import { statfs } from 'node:fs/promises';
import { type Clock, every } from '#kit/clock.ts';
import { codeOf } from '#kit/fault.ts';
import { GATEWAY_DEVICE, linkDevice, OWN_EVERY_MS, outputDevice } from '../../config/own-points.ts';
import type { Qualified } from '../../drivers/point.ts';
import { READING_CODES, type Reading } from '../../drivers/reading.ts';
import type { OutputView } from '../outputs/output.ts';

/** The state of a link or an output is looked at so often, so that a change is told at once. */
const LOOK_MS = 1000;

export interface OwnPointsOptions {
  /** Those of the site; what is not among them is not read. */
  readonly points: readonly { readonly key: string }[];
  /** The data directory, whose disk is looked at. */
  readonly data: string;
  readonly links: ReadonlyMap<string, { status(): { readonly state: 'up' | 'down' | 'connecting' } }>;
  readonly sinks: ReadonlyMap<string, { status(): { readonly backlog: number } }>;
  readonly outputs: { list(): readonly Pick<OutputView, 'id' | 'safe' | 'is' | 'code'>[] };
  readonly clock: Clock;
  readonly wire: Clock;
  readonly take: (batch: readonly Reading[]) => void;
}

/**
 * Reads what the gateway knows of itself, its links and its outputs, as a driver reads an instrument: all every 10 s, and
 * a link's or an output's state and the clock's trust within a second of its change.
 *
 * A link that is being connected for the first time has no state yet (a bad reading); one that is being connected again
 * is down until it is up.
 */
export class OwnPoints implements Disposable {
  readonly #options: OwnPointsOptions;
  #keys: ReadonlySet<string>;
  /** Values as they were last told, by point. */
  readonly #told = new Map<string, Qualified>();
  #isDiskAsked = false;
  readonly #cancelLook: () => void;
  readonly #cancelRound: () => void;
  #isClosed = false;

  constructor(options: OwnPointsOptions) {
    this.#options = options;
    this.#keys = new Set(options.points.map(({ key }) => key));
    this.#round();
    this.#cancelRound = every(options.clock, OWN_EVERY_MS, () => this.#round());
    this.#cancelLook = every(options.wire, LOOK_MS, () =>
      this.#tell(this.#states().filter(([key, now]) => !isSame(this.#told.get(key), now))),
    );
  }

  /** The points of the site are these from now on. */
  change(points: OwnPointsOptions['points']): void {
    this.#keys = new Set(points.map(({ key }) => key));
    for (const key of this.#told.keys()) if (!this.#keys.has(key)) this.#told.delete(key);
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#cancelLook();
    this.#cancelRound();
  }

  #round(): void {
    this.#tell([...this.#states(), this.#own('backlog', { value: this.#backlog(), quality: 'good' })]);
    void this.#readDisk();
  }

  #states(): (readonly [key: string, value: Qualified])[] {
    const states = [...this.#options.links].map(([id, link]) => {
      const key = `${linkDevice(id)}/state`;
      return [key, this.#stateOf(key, link.status().state)] as const;
    });
    const outputs = this.#options.outputs.list().flatMap(pointsOf);
    return [...states, ...outputs, this.#own('clock', { value: this.#options.clock.trust(), quality: 'good' })];
  }

  /** Entries that the upstream which is furthest behind has not confirmed. */
  #backlog(): number {
    return Math.max(0, ...[...this.#options.sinks.values()].map((sink) => sink.status().backlog));
  }

  #stateOf(key: string, state: 'up' | 'down' | 'connecting'): Qualified {
    if (state !== 'connecting') return { value: state, quality: 'good' };
    const isFirst = (this.#told.get(key)?.value ?? null) === null;
    return isFirst ? { value: null, quality: 'bad', code: 'connecting' } : { value: 'down', quality: 'good' };
  }

  /** A disk that does not answer holds up nothing else: it is asked again when it has answered. */
  async #readDisk(): Promise<void> {
    if (this.#isDiskAsked) {
      this.#tell([this.#own('disk', { value: null, quality: 'bad', code: READING_CODES.noAnswer })]);
      return;
    }
    this.#isDiskAsked = true;
    const used = await usedShare(this.#options.data);
    this.#isDiskAsked = false;
    this.#tell([this.#own('disk', used)]);
  }

  #own(id: string, value: Qualified): readonly [string, Qualified] {
    return [`${GATEWAY_DEVICE}/${id}`, value];
  }

  #tell(values: readonly (readonly [key: string, value: Qualified])[]): void {
    const { clock, take } = this.#options;
    const [at, tick] = [clock.now(), clock.tick()];
    const known = values.filter(([key]) => this.#keys.has(key));
    if (known.length === 0 || this.#isClosed) return;
    for (const [key, value] of known) this.#told.set(key, value);
    take(known.map(([point, value]) => ({ point, at, tick, ...value })));
  }
}

const isSame = (told: Qualified | undefined, now: Qualified): boolean =>
  told !== undefined && told.value === now.value && told.code === now.code;

/** While it does not follow, what it was last is uncertain. Of one that nothing is known of yet both are bad. */
function pointsOf({
  id,
  safe,
  is,
  code,
}: ReturnType<OwnPointsOptions['outputs']['list']>[number]): [string, Qualified][] {
  const device = outputDevice(id);
  const starting: Qualified = { value: null, quality: 'bad', code: code ?? 'starting' };
  const active = is === safe ? 'off' : 'on';
  const state: Qualified =
    is === null
      ? starting
      : code === null
        ? { value: active, quality: 'good' }
        : { value: active, quality: 'uncertain', code };
  const followed: Qualified =
    code !== null
      ? { value: 'failed', quality: 'good' }
      : is === null
        ? starting
        : { value: 'followed', quality: 'good' };
  return [
    [`${device}/state`, state],
    [`${device}/followed`, followed],
  ];
}

/** Per cent of a disk in use as `df` reckons it: of what may be used without being root. */
async function usedShare(path: string): Promise<Qualified> {
  try {
    const { blocks, bfree, bavail } = await statfs(path);
    const used = blocks - bfree;
    return { value: Math.round((1000 * used) / Math.max(used + bavail, 1)) / 10, quality: 'good' };
  } catch (error) {
    return { value: null, quality: 'bad', code: codeOf(error) ?? 'disk' };
  }
}
