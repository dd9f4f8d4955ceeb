import type { Clock } from '#kit/clock.ts';
import { Fault } from '#kit/fault.ts';
import type {
  BorrowedLine,
  LineAnswer,
  LineQuestion,
  SerialSettings,
  Symptom,
  UnknownDevice,
} from '../../drivers/driver.ts';
import { identify, type Likeness, type ModelProbe } from './identify.ts';
import type { JobTools } from './job.ts';
import { characterMs, nameSettings, scanTimeout } from './scan-order.ts';

export interface ScanPlan {
  /** In order; empty for a line that has none. */
  readonly settings: readonly SerialSettings[];
  readonly units: readonly number[];
  /** Left out: by the settings. */
  readonly timeoutMs?: number | undefined;
  /** Unit → device of the site that answers at the line's own settings: it is not asked. */
  readonly known: ReadonlyMap<number, string>;
  readonly models: readonly ModelProbe[];
}

/** Something that answered. */
export interface FoundUnit {
  readonly unit: number;
  /** Null over TCP. */
  readonly settings: SerialSettings | null;
  /** `data`, `exception N`, or what came instead of a whole answer. */
  readonly answer: string;
  /** The device of the site that it is. */
  readonly device: string | null;
  readonly tookMs: number | null;
  /** Two devices with one address? */
  readonly isDouble: boolean;
  /** What it may be, the likeliest first. */
  readonly models: readonly Likeness[];
}

export interface ScanResult {
  readonly found: readonly FoundUnit[];
  /** Units at which something was heard that was no answer. */
  readonly suspects: readonly {
    readonly unit: number;
    readonly settings: SerialSettings | null;
    readonly symptom: Symptom;
  }[];
  /** What was not searched, and why: settings that the line did not take, or all from where it went down. */
  readonly refused: readonly string[];
  readonly asked: number;
  readonly echo: boolean;
  /** What the search took, and what it takes at least: of each question its bytes and the wait for the answer, milliseconds. */
  readonly spentMs: number;
  readonly minimumMs: number;
  /** Of a link on which devices speak by themselves: who was heard and is none of the site's. */
  readonly heard?: readonly UnknownDevice[];
}

/** What a link that asks nobody has heard. */
export const heardBy = (heard: readonly UnknownDevice[]): ScanResult => ({
  ...{ found: [], suspects: [], refused: [], asked: 0, echo: false, spentMs: 0, minimumMs: 0 },
  heard,
});

const REQUEST_CHARACTERS = 8;
/** A unit that was odd is asked again so often, waiting so many times as long. */
const TRIES = 2;
const PATIENCE = 4;
const PROGRESS_MS = 200;
/** A line that went down is waited for so long, and looked at so often: longer than an adapter takes to come back. */
const BACK_WITHIN_MS = 10_000;
const LOOK_MS = 250;
const MOST_SUSPECTS = 50;

/** Asks every unit at every setting for one register; who answers at all, also with an exception, is there. */
export class Scan {
  readonly #line: BorrowedLine;
  readonly #plan: ScanPlan;
  readonly #tools: JobTools;
  readonly #wire: Clock;
  readonly #found: FoundUnit[] = [];
  readonly #suspects: ScanResult['suspects'][number][] = [];
  readonly #refused: string[] = [];
  readonly #total: number;
  #done = 0;
  #asked = 0;
  #echo = false;
  /** The line did not come back: what is left is looked at once, and not waited for. */
  #isGone = false;
  #spentMs = 0;
  #minimumMs = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(line: BorrowedLine, plan: ScanPlan, tools: JobTools, wire: Clock) {
    this.#line = line;
    this.#plan = plan;
    this.#tools = tools;
    this.#wire = wire;
    this.#total = Math.max(plan.settings.length, 1) * plan.units.length;
  }

  /** Rejects with the Fault `link-down` when the line is not there. Stopped, it gives what it has found. */
  async run(): Promise<ScanResult> {
    const { settings } = this.#plan;
    for (const each of settings.length === 0 ? [null] : settings) {
      if (this.#tools.signal.aborted) break;
      await this.#untilStopped(() => this.#scanAt(each));
    }
    const found = [...this.#found];
    for (const [index, unit] of found.entries()) {
      if (unit.isDouble || unit.device !== null) continue;
      await this.#untilStopped(async () => {
        const models = await identify(this.#line, unit, this.#plan.models, this.#tools.signal);
        this.#found[index] = { ...unit, models };
        this.#tools.tell('identified', this.#found[index]);
      });
    }
    return {
      found: this.#found,
      suspects: this.#suspects,
      refused: this.#refused,
      asked: this.#asked,
      echo: this.#echo,
      spentMs: Math.round(this.#spentMs),
      minimumMs: Math.round(this.#minimumMs),
    };
  }

  async #untilStopped(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      if (!this.#tools.signal.aborted) throw error;
    }
  }

  async #scanAt(settings: SerialSettings | null): Promise<void> {
    const { units, known } = this.#plan;
    const isOwn = settings === null || this.#isOwn(settings);
    const timeoutMs = this.#plan.timeoutMs ?? scanTimeout(settings ?? undefined);
    const odd = new Set<number>();
    let last: number | undefined;
    for (const [index, unit] of units.entries()) {
      const device = isOwn ? known.get(unit) : undefined;
      this.#done++;
      if (device !== undefined) {
        this.#add({ unit, settings, answer: 'data', device, tookMs: null, isDouble: false, models: [] });
        continue;
      }
      const answer = await this.#askOpen(unit, settings, timeoutMs);
      if (answer.kind === 'closed') {
        if (this.#asked === 0 && isOwn) throw new Fault('link-down', `the line cannot be used: ${answer.why}`);
        const from = index === 0 ? '' : ` from unit ${unit} on`;
        this.#refused.push(`${settings === null ? 'the line' : nameSettings(settings)}${from}: ${answer.why}`);
        this.#done += units.length - index - 1;
        this.#isGone = answer.isRefused !== true;
        return;
      }
      if (answer.late !== undefined) odd.add(answer.late.unit);
      // What comes late may have spoilt the question after it.
      const isDoubtful = isOdd(answer) || answer.late !== undefined;
      if (!this.#take(unit, settings, answer) && isDoubtful) odd.add(unit);
      last = unit;
      this.#progress(settings, unit);
    }
    // Whoever was asked last may answer late, and nobody comes after.
    if (last !== undefined && !odd.has(last)) await this.#askAgain(last, settings, timeoutMs * PATIENCE, 1);
    for (const unit of odd) await this.#askAgain(unit, settings, timeoutMs * PATIENCE, TRIES);
    this.#progress(settings, units.at(-1) ?? 0, true);
  }

  async #askAgain(unit: number, settings: SerialSettings | null, timeoutMs: number, most: number): Promise<void> {
    let symptom: Symptom = 'silence';
    for (let tries = 0; tries < most; tries++) {
      if (this.#has(unit, settings)) return;
      const answer = await this.#ask(unit, settings, timeoutMs);
      if (this.#take(unit, settings, answer)) return;
      if (isOdd(answer) && answer.kind === 'none') symptom = answer.symptom;
    }
    if (symptom === 'double') {
      const double = { unit, settings, device: null, tookMs: null, isDouble: true, models: [] };
      this.#add({ ...double, answer: 'more than one answer' });
    } else if (symptom !== 'silence' && this.#suspects.length < MOST_SUSPECTS) {
      this.#suspects.push({ unit, settings, symptom });
    }
  }

  /** Asks again while a line is away that was there before; one that refuses these settings is not waited for. */
  async #askOpen(unit: number, settings: SerialSettings | null, timeoutMs: number): Promise<LineAnswer> {
    const { signal } = this.#tools;
    for (let waited = 0; ; waited += LOOK_MS) {
      const answer = await this.#ask(unit, settings, timeoutMs);
      const isAway = answer.kind === 'closed' && answer.isRefused !== true;
      if (!isAway || this.#isGone || this.#asked === 0 || waited >= BACK_WITHIN_MS) return answer;
      await this.#wire.sleep(LOOK_MS, signal);
    }
  }

  async #ask(unit: number, settings: SerialSettings | null, timeoutMs: number): Promise<LineAnswer> {
    const question: LineQuestion = {
      ...{ unit, table: 'holding', address: 0, count: 1, timeoutMs },
      ...(settings === null ? {} : { settings }),
    };
    const startedAt = this.#now();
    const answer = await this.#line.ask(question, this.#tools.signal);
    if (answer.kind === 'closed') return answer;
    this.#isGone = false;
    this.#asked++;
    this.#echo ||= answer.echo;
    this.#spentMs += this.#now() - startedAt;
    const isHeard = answer.kind === 'data' || answer.kind === 'exception';
    const requestMs = settings === null ? 0 : REQUEST_CHARACTERS * characterMs(settings);
    this.#minimumMs += requestMs + (isHeard ? Math.min(answer.tookMs, timeoutMs) : timeoutMs);
    return answer;
  }

  #take(unit: number, settings: SerialSettings | null, answer: LineAnswer): boolean {
    if (answer.kind !== 'data' && answer.kind !== 'exception') return false;
    const said = answer.kind === 'data' ? 'data' : `exception ${answer.code}`;
    const tookMs = Math.round(answer.tookMs);
    this.#add({ unit, settings, answer: said, device: null, tookMs, isDouble: false, models: [] });
    return true;
  }

  /** One that answers at several parities of one baud does not look at the parity: it is told once. */
  #add(found: FoundUnit): void {
    if (this.#has(found.unit, found.settings)) return;
    this.#found.push(found);
    this.#tools.tell('found', found);
  }

  #has(unit: number, settings: SerialSettings | null): boolean {
    return this.#found.some((each) => each.unit === unit && each.settings?.baud === settings?.baud);
  }

  #isOwn(settings: SerialSettings): boolean {
    const own = this.#line.settings;
    return own !== undefined && nameSettings(own) === nameSettings(settings);
  }

  #progress(settings: SerialSettings | null, unit: number, isForced = false): void {
    const now = this.#now();
    if (!isForced && now - this.#toldAt < PROGRESS_MS) return;
    this.#toldAt = now;
    const etaMs = this.#asked === 0 ? null : Math.round((this.#spentMs / this.#done) * (this.#total - this.#done));
    const at = `${settings === null ? '' : `${nameSettings(settings)} `}unit ${unit}`;
    this.#tools.progress({ done: this.#done, total: this.#total, etaMs, at });
  }

  #now(): number {
    return this.#wire.fine?.() ?? this.#wire.tick();
  }
}

/** Something was heard that was no answer, nor our own voice. */
const isOdd = (answer: LineAnswer): boolean =>
  answer.kind === 'none' && answer.symptom !== 'silence' && answer.symptom !== 'echo-only';
