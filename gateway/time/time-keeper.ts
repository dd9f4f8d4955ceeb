import { type Clock, every, type Trust } from '#kit/clock.ts';
import type { Log } from '#kit/log.ts';
import type { EntryDraft } from '../alarms/alarm-event.ts';
import type { BootLine } from './boot-line.ts';
import { type ClockCorrected, clockCorrected } from './clock-corrected.ts';
import type { KeptClock } from './kept-clock.ts';
import { SourceAsker, type TimeLink } from './source-asker.ts';
import { type Correction, correctionsOf, type Segment, withSegment } from './stretch.ts';

/** Under which the ledger keeps what nobody has vouched for yet, beside the states of rules. */
export const STRETCH = 'gengfu.clock';

const LOOK_MS = 1000;
/** Steps of a clock that is trusted are told so often at most, as their sum. */
const TELL_EVERY_MS = 60_000;

export interface TimeKeeperOptions {
  readonly clock: KeptClock;
  readonly boot: BootLine;
  readonly wire: Clock;
  readonly log: Log;
  /** What the last run had stored under `STRETCH`. */
  readonly saved: object | undefined;
  /** The sequence of the entry that is written next. */
  readonly next: () => number;
  /** Makes entries and states durable in one transaction; null when they were not taken. */
  readonly keep: (
    told: readonly EntryDraft[],
    states: readonly { readonly key: string; readonly state: object | null }[],
  ) => Promise<unknown>;
  readonly encodeTime: (at: number) => string;
  /** The time, or the trust in it, is another now. */
  readonly changed: () => void;
  readonly links: () => ReadonlyMap<string, TimeLink>;
  /** The devices whose own time counts. */
  readonly instruments: () => readonly string[];
}

export interface TimeStatus {
  readonly trust: Trust;
  /** Whom it is from. */
  readonly source: string;
  /** What it is ahead of the system's clock by, ms. */
  readonly offsetMs: number;
  readonly steps: number;
  /** Offers of a time that were not taken. */
  readonly refused: number;
}

/**
 * Sees to it that no entry keeps a time that nobody vouches for. What was written under a clock that was not synchronised
 * is noted, durable before it and over any restart; as soon as the time is known it is told once by how much those entries
 * are off. They themselves stay as they are. While the system has no time, the site's sources are asked for it.
 */
export class TimeKeeper implements Disposable {
  readonly #options: TimeKeeperOptions;
  #segments: readonly Segment[];
  #trust: Trust;
  /** The shift that was last looked at, on the line of this boot, and what steps of a trusted clock add up to. */
  #shift: number;
  #steppedMs = 0;
  #toldAt = Number.NEGATIVE_INFINITY;
  readonly #asker: SourceAsker;
  readonly #cancel: () => void;
  #isClosed = false;

  constructor(options: TimeKeeperOptions) {
    const { clock, saved } = options;
    this.#options = options;
    this.#asker = new SourceAsker(options);
    // Stored by `#store`.
    this.#segments = (saved as { readonly segments: readonly Segment[] } | undefined)?.segments ?? [];
    this.#trust = clock.trust();
    this.#shift = this.#shiftNow();
    clock.listen(() => this.look());
    this.look();
    this.#cancel = every(options.wire, LOOK_MS, () => {
      clock.now();
      this.look();
      void this.#asker.ask();
    });
  }

  /** Whether the clock was moved, or is trusted otherwise than before: what follows of it is done at once. */
  look(): void {
    const { clock, changed } = this.#options;
    if (this.#isClosed) return;
    if (clock.release()) return;
    const [trust, shift] = [clock.trust(), this.#shiftNow()];
    const before = this.#trust;
    const movedMs = shift - this.#shift;
    const isMoved = Math.abs(movedMs) > LOOK_MS;
    if (isMoved) this.#shift = shift;
    this.#trust = trust;
    // What follows of it is written under the clock as it is now, and goes into the same transaction.
    const next = this.#options.next();
    if (isMoved || trust !== before) changed();
    if (trust !== 'synchronised') this.#note(trust, next);
    else if (this.#segments.length > 0) this.#tell(next);
    // Of a clock that was vouched for, nobody knows since when it was wrong.
    else if (isMoved && before === 'synchronised') this.#steppedMs += movedMs;
    if (this.#steppedMs !== 0) this.#tellSteps();
  }

  status(): TimeStatus {
    const { clock } = this.#options;
    const { source, offsetMs, steps, refused } = clock;
    return { trust: clock.trust(), source, offsetMs, steps, refused };
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#cancel();
  }

  #shiftNow(): number {
    const { clock, boot } = this.#options;
    return clock.now() - boot.now();
  }

  /** What is written from now on is written under this clock. */
  #note(trust: 'holding' | 'unknown', from: number): void {
    const { boot } = this.#options;
    const segments = withSegment(this.#segments, { from, boot: boot.id, shiftMs: this.#shift, trust });
    if (segments === this.#segments) return;
    this.#segments = segments;
    void this.#options.keep([], [{ key: STRETCH, state: { segments } }]);
  }

  /** The time is known: what was off is told, in one transaction with the end of the stretch. */
  #tell(next: number): void {
    const { boot } = this.#options;
    const told = this.#segments;
    const found = correctionsOf(told, { next, boot: boot.id, shiftMs: this.#shift });
    this.#segments = [];
    const entries = found.map((each) => this.#entry(each));
    const kept = this.#options.keep(entries, [{ key: STRETCH, state: null }]);
    void kept.then((taken) => {
      // Told at the next look.
      if (taken === null) this.#segments = [...told, ...this.#segments];
    });
  }

  #tellSteps(): void {
    const { wire } = this.#options;
    if (wire.tick() - this.#toldAt < TELL_EVERY_MS) return;
    this.#toldAt = wire.tick();
    const offsetMs = Math.round(this.#steppedMs);
    this.#steppedMs = 0;
    void this.#options.keep([this.#entry({ from: null, to: null, offsetMs, trust: 'synchronised' })], []);
  }

  #entry({
    from,
    to,
    offsetMs,
    trust,
  }: Omit<Correction, 'trust'> & { readonly trust: Trust }): EntryDraft<ClockCorrected> {
    const { clock, encodeTime } = this.#options;
    const at = clock.now();
    return clockCorrected(encodeTime(at), {
      ...{ from, to, offsetMs, source: clock.source },
      trust: { before: trust, after: this.#trust },
      at: { old: offsetMs === null ? null : encodeTime(at - offsetMs), new: encodeTime(at) },
    });
  }
}
