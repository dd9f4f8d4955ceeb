import { type Clock, every } from '#kit/clock.ts';
import { Fault } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import type { Alarm } from '../alarms/alarm.ts';
import type { EntryDraft } from '../alarms/alarm-event.ts';
import { beginsSafe, type DecideState, decide, levelsOf } from './decide.ts';
import { Drive, type Seen, type WritePoint } from './drive.ts';
import type { Output, OutputValue, OutputView } from './output.ts';
import { OUTPUT_FAILED, OUTPUT_RELEASED, OUTPUT_RESTORED, OUTPUT_SET, outputEvent } from './output-event.ts';
import { type UsesOf, type Wish, wishesFor } from './wishes.ts';

export interface OutputsOptions {
  /** Those of the site, and what its rules want of them. */
  readonly outputs: readonly Output[];
  readonly usesOf: UsesOf;
  /** The alarms as they are now. */
  readonly alarms: () => readonly Alarm[];
  readonly write: WritePoint;
  /** The site's time, which the demo runs faster: how long something is on. */
  readonly clock: Clock;
  /** Real time: time-outs, back-off, how long an end may take. */
  readonly wire: Clock;
  readonly log: Log;
  readonly encodeTime: (at: number) => string;
  readonly tell: (entry: EntryDraft) => void;
}

/** So long may an end take until the last output is safe. */
const STOP_MS = 4000;
/** Alarms are looked at so often at least: also when the disk takes nothing. */
const LOOK_MS = 1000;
/** By hand at most so long. */
export const LONGEST_BY_HAND_MS = 24 * 3_600_000;

interface Part {
  readonly output: Output;
  readonly drive: Drive;
  state: DecideState;
  wish: Wish | null;
}

/** Who asks for a value by hand. */
export interface ByWhom {
  readonly by: string;
  readonly isAdmin: boolean;
}

/**
 * The outputs of a site: what alarms want of each now is worked out from what stands, never from what was told, and written
 * until the world shows it. At its end all of them are safe.
 */
export class Outputs implements AsyncDisposable {
  readonly #options: OutputsOptions;
  readonly #parts = new Map<string, Part>();
  #usesOf: UsesOf;
  #cancel: () => void = () => {};
  readonly #cancelLook: () => void;
  #isClosed = false;

  constructor(options: OutputsOptions) {
    this.#options = options;
    this.#usesOf = options.usesOf;
    for (const output of options.outputs) this.#add(output);
    this.refresh();
    this.#cancelLook = every(options.wire, LOOK_MS, () => this.refresh());
  }

  /** In the order of the site. */
  list(): readonly OutputView[] {
    return [...this.#parts.values()].map((part) => this.#view(part));
  }

  /** The alarms may be otherwise now. */
  refresh(): void {
    if (this.#isClosed || this.#parts.size === 0) return;
    const { alarms, clock } = this.#options;
    const [tick, at, open] = [clock.tick(), clock.now(), alarms()];
    let next = Number.POSITIVE_INFINITY;
    for (const part of this.#parts.values()) {
      const decision = decide(part.output, part.state, wishesFor(part.output, open, this.#usesOf, at), tick, at);
      part.state = decision.state;
      part.wish = decision.wish;
      part.drive.to(decision.state.value);
      next = Math.min(next, decision.nextTick);
    }
    this.#cancel();
    if (Number.isFinite(next)) this.#cancel = clock.after(Math.max(1, next - tick), () => this.refresh());
  }

  /** What was read, on the reading path. */
  take(batch: readonly Seen[]): void {
    if (this.#parts.size === 0) return;
    for (const seen of batch) for (const { drive } of this.#parts.values()) drive.see(seen);
  }

  /** By hand, for a time: goes before what alarms want. Throws a Fault why not. */
  set(id: string, value: OutputValue, forMs: number, { by, isAdmin }: ByWhom): OutputView {
    const part = this.#find(id);
    const { output } = part;
    const { clock, encodeTime, tell } = this.#options;
    if (!output.values.includes(value)) {
      throw new Fault('output-value', `${id} may be ${output.values.join(', ')}, not ${value}`);
    }
    const most = value === output.safe ? LONGEST_BY_HAND_MS : (output.maxOnMs ?? LONGEST_BY_HAND_MS);
    if (forMs <= 0 || forMs > most) {
      throw new Fault('output-time', `${id} may be set to ${value} for at most ${most / 1000} s`);
    }
    const wishes = wishesFor(output, this.#options.alarms(), this.#usesOf, clock.now());
    if (value === output.safe && wishes.length > 0) mayBeSilenced(output, isAdmin);
    const untilTick = clock.tick() + forMs;
    part.state = { ...part.state, byHand: { value, by, untilTick, seen: levelsOf(wishes) } };
    const until = encodeTime(clock.now() + forMs);
    const told = { wanted: value, readBack: part.drive.is, code: null, alarm: wishes[0]?.key ?? null, by, until };
    tell(outputEvent(OUTPUT_SET, output, encodeTime(clock.now()), told));
    this.refresh();
    return this.#view(part);
  }

  /** What was set by hand is no more. */
  release(id: string, by: string): OutputView {
    const part = this.#find(id);
    const { clock, encodeTime, tell } = this.#options;
    if (part.state.byHand !== null) {
      part.state = { ...part.state, byHand: null };
      this.refresh();
      const told = { wanted: part.state.value, readBack: part.drive.is, code: null, alarm: part.wish?.key ?? null, by };
      tell(outputEvent(OUTPUT_RELEASED, part.output, encodeTime(clock.now()), told));
    }
    return this.#view(part);
  }

  /** Those that the next site has not, or has otherwise, are made safe while their links are still open. */
  async leave(next: readonly Output[]): Promise<void> {
    const leaving = [...this.#parts.values()].filter(({ output }) => !next.some((each) => isSame(each, output)));
    await this.#makeSafe(leaving);
    for (const { output, drive } of leaving) {
      drive.close();
      this.#parts.delete(output.id);
    }
  }

  /** The outputs are these from now on; `reopened`: links whose devices nobody knows anything of. */
  change(outputs: readonly Output[], usesOf: UsesOf, reopened: readonly string[]): void {
    this.#usesOf = usesOf;
    const before = new Map(this.#parts);
    this.#parts.clear();
    for (const output of outputs) {
      const part = before.get(output.id);
      if (part === undefined) this.#add(output);
      else this.#parts.set(output.id, part);
      if (part !== undefined && reopened.includes(output.link)) part.drive.forget();
    }
    this.refresh();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    this.#cancelLook();
    await this.#makeSafe([...this.#parts.values()]);
    for (const { drive } of this.#parts.values()) drive.close();
  }

  #add(output: Output): void {
    const drive = new Drive({
      output,
      write: this.#options.write,
      clock: this.#options.clock,
      wire: this.#options.wire,
      failed: (code, readBack) => this.#tell(OUTPUT_FAILED, output, code, readBack),
      restored: (readBack) => this.#tell(OUTPUT_RESTORED, output, null, readBack),
    });
    this.#parts.set(output.id, { output, drive, state: beginsSafe(output), wish: null });
  }

  #tell(type: string, output: Output, code: string | null, readBack: OutputValue | null): void {
    const { clock, encodeTime, tell, log } = this.#options;
    const part = this.#parts.get(output.id);
    const wanted = part?.state.value ?? output.safe;
    const alarm = part?.wish?.key ?? null;
    if (code === null) log.info({ output: output.id, is: readBack }, 'output follows again');
    else log.error({ output: output.id, code, wanted, is: readBack, alarm }, 'output does not follow');
    tell(outputEvent(type, output, encodeTime(clock.now()), { wanted, readBack, code, alarm }));
  }

  async #makeSafe(parts: readonly Part[]): Promise<void> {
    const { wire, log, clock, encodeTime, tell } = this.#options;
    const late = new AbortController();
    const cancel = wire.after(STOP_MS, () => late.abort());
    await Promise.all(
      parts.map(async ({ output, drive }) => {
        const patience = new Promise<false>((resolve) => late.signal.addEventListener('abort', () => resolve(false)));
        if (await Promise.race([drive.stop(late.signal), patience])) return;
        const told = { wanted: output.safe, readBack: drive.is, code: 'not-safe', alarm: null };
        log.error({ output: output.id, is: drive.is }, 'output could not be made safe');
        tell(outputEvent(OUTPUT_FAILED, output, encodeTime(clock.now()), told));
      }),
    );
    cancel();
  }

  #view({ output, drive, state, wish }: Part): OutputView {
    const { id, name, kind, point, values, safe, silence } = output;
    const { byHand } = state;
    const { clock } = this.#options;
    const isOn = state.value !== safe;
    return {
      ...{ id, name, kind, point, values, safe, silence },
      wanted: state.value,
      is: drive.is,
      state: drive.code !== null ? 'failed' : !drive.isThere ? 'starting' : isOn ? 'on' : 'safe',
      code: drive.code,
      alarm: wish?.key ?? null,
      by: byHand?.by ?? null,
      until: byHand === null ? null : clock.now() + byHand.untilTick - clock.tick(),
      failures: drive.failures,
    };
  }

  #find(id: string): Part {
    const part = this.#parts.get(id);
    if (part === undefined) throw new Fault('no-such-output', `the site has no output ${id}`);
    return part;
  }
}

function mayBeSilenced(output: Output, isAdmin: boolean): void {
  if (output.silence === 'duty' || (output.silence === 'admin' && isAdmin)) return;
  const who = output.silence === 'admin' ? 'only an admin silences it' : 'nobody silences it while an alarm stands';
  throw new Fault('output-silence', `${output.id}: ${who}`);
}

const isSame = (a: Output, b: Output): boolean => a.id === b.id && JSON.stringify(a) === JSON.stringify(b);
