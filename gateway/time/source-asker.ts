import type { Clock } from '#kit/clock.ts';
import { textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import type { DeviceClock, NetworkTime } from '../../drivers/network-time.ts';
import { InstrumentClocks } from './instrument-clocks.ts';
import type { KeptClock } from './kept-clock.ts';

/** A source is asked so often until it has told the time, and after that, ms. */
const ASK_MS = 30_000;
const ASK_AGAIN_MS = 600_000;

/** A link that may have a modem, or devices that tell their own time. */
export interface TimeLink {
  networkTime?(): Promise<NetworkTime>;
  deviceClocks?(): readonly DeviceClock[];
}

export interface SourceAskerOptions {
  readonly clock: KeptClock;
  readonly wire: Clock;
  readonly log: Log;
  readonly links: () => ReadonlyMap<string, TimeLink>;
  /** The devices whose own time counts. */
  readonly instruments: () => readonly string[];
}

/** Asks those sources of the time that the gateway reaches by itself, while the system has none. */
export class SourceAsker {
  readonly #options: SourceAskerOptions;
  readonly #clocks = new InstrumentClocks();
  readonly #due = new Map<'modem' | 'hj212', number>();
  readonly #newestErrors = new Map<string, string>();
  #isAsking = false;

  constructor(options: SourceAskerOptions) {
    this.#options = options;
  }

  /** Those that are due, if any. Called often. */
  async ask(): Promise<void> {
    if (this.#isAsking || !this.#options.clock.isWanting) return;
    this.#isAsking = true;
    if (this.#isDue('modem')) this.#askAgain('modem', await this.#askModems());
    if (this.#isDue('hj212')) this.#askAgain('hj212', this.#askInstruments());
    this.#isAsking = false;
  }

  #isDue(source: 'modem' | 'hj212'): boolean {
    const { clock, wire } = this.#options;
    const due = this.#due.get(source) ?? Number.NEGATIVE_INFINITY;
    return clock.sources.includes(source) && wire.tick() >= due;
  }

  #askAgain(source: 'modem' | 'hj212', isTold: boolean | undefined): void {
    if (isTold === undefined) return;
    this.#due.set(source, this.#options.wire.tick() + (isTold ? ASK_AGAIN_MS : ASK_MS));
  }

  /** One after another, until one has told the time. */
  async #askModems(): Promise<boolean> {
    for (const [id, link] of this.#options.links()) {
      const error = await this.#askModem(link);
      if (error === '') return true;
      if (error !== undefined) this.#warn('the modem', { link: id }, error);
    }
    return false;
  }

  /** Undefined: the link has no modem; an empty text: it has told the time. */
  async #askModem(link: TimeLink): Promise<string | undefined> {
    const { clock } = this.#options;
    if (link.networkTime === undefined) return undefined;
    const before = clock.tick();
    const told = await link.networkTime().catch((error: unknown) => ({ code: 'modem', error: textOf(error) }));
    if ('error' in told) return told.error;
    const took = clock.tick() - before;
    const answer = clock.offer({
      source: 'modem',
      at: told.at,
      line: before + took / 2,
      accuracyMs: told.accuracyMs + took / 2,
    });
    return answer.status === 'refused' ? answer.message : '';
  }

  /** Undefined: they have said nothing new. */
  #askInstruments(): boolean | undefined {
    const { clock, links, instruments } = this.#options;
    const heard = [...links().values()].flatMap((link) => link.deviceClocks?.() ?? []);
    const say = this.#clocks.ask(instruments(), heard, clock.tick());
    if (say === undefined) return undefined;
    const answer = 'error' in say ? ({ status: 'refused', message: say.error } as const) : clock.offer(say.offer);
    if (answer.status !== 'refused') return true;
    this.#warn('the instruments', { instruments: instruments() }, answer.message);
    return false;
  }

  /** Equal ones in a row once. */
  #warn(whom: string, nouns: Record<string, unknown>, error: string): void {
    if (this.#newestErrors.get(whom) === error) return;
    this.#newestErrors.set(whom, error);
    this.#options.log.warn(nouns, `no time from ${whom}: ${error}`);
  }
}
