import { compareLevels, type Level } from '../rules/finding.ts';
import { KeptStates, type StateRow } from './kept-states.ts';
import type { AlarmSettings } from './settings.ts';

/** How often one alarm has returned of late. */
interface ChatterState {
  /** Ticks of the last returns, at most as many as make chatter, oldest first. */
  readonly returns: readonly number[];
  /** Calmed until then, if it stays steady; UTC ms beside the tick. */
  readonly until: { readonly tick: number; readonly at: number } | null;
  /** The highest level that is calmed. */
  readonly level: Level | null;
}

/** Those that returned longer ago than counts are forgotten, so many at each return. */
const FORGOTTEN_AT_ONCE = 2;

/**
 * Chatter, by the alarm's key: three returns or more in a minute (ISA-18.2). It is calmed until it was steady for a while;
 * each raising and return in between begins that anew. None of its events is lost: people are not called for them.
 */
export class Chatter {
  readonly #states = new KeptStates<ChatterState>('alarms:chatter:');
  #settings: AlarmSettings['chatter'];

  constructor(settings: AlarmSettings['chatter']) {
    this.#settings = settings;
  }

  change(settings: AlarmSettings['chatter']): void {
    this.#settings = settings;
  }

  get size(): number {
    return this.#states.size;
  }

  /** When it will have been steady for long enough, if nothing comes in between. */
  until(key: string): { readonly tick: number; readonly at: number } | null {
    return this.#states.get(key)?.until ?? null;
  }

  /** Keys of those that are calmed. */
  get calmed(): readonly string[] {
    return [...this.#states.entries()].filter(([, { until }]) => until !== null).map(([key]) => key);
  }

  /** It returned. True where it chatters from now on, or still does. */
  returned(key: string, level: Level | null, at: number, tick: number): boolean {
    const { returns: most, withinMs } = this.#settings;
    this.#forget(tick - withinMs);
    const before = this.#states.get(key);
    const returns = [...(before?.returns ?? []), tick].slice(-most);
    const isChatter = returns.length === most && tick - (returns[0] ?? 0) <= withinMs;
    const isCalmed = isChatter || (before?.until ?? null) !== null;
    const highest = compareLevels(level, before?.level ?? null) > 0 ? level : (before?.level ?? null);
    this.#states.set(key, { returns, level: highest, until: isCalmed ? this.#steadyFrom(at, tick) : null });
    return isCalmed;
  }

  /** It was raised again while it is calmed: it is not steady yet. */
  raised(key: string, at: number, tick: number): void {
    const state = this.#states.get(key);
    if (state === undefined || state.until === null) return;
    this.#states.set(key, { ...state, until: this.#steadyFrom(at, tick) });
  }

  /** Calmed at this level; what is higher than all that it chattered at is news. */
  holds(key: string, level: Level): boolean {
    const state = this.#states.get(key);
    return state !== undefined && state.until !== null && compareLevels(level, state.level) <= 0;
  }

  end(key: string): void {
    this.#states.delete(key);
  }

  save(): readonly StateRow[] {
    return this.#states.save();
  }

  restore(saved: ReadonlyMap<string, object>, shift: number): void {
    this.#states.restore(saved, shift, ({ returns, until, level }) => ({
      returns: returns.map((tick) => tick + shift),
      until: until && { ...until, tick: until.tick + shift },
      level,
    }));
  }

  #steadyFrom(at: number, tick: number): ChatterState['until'] {
    const { steadyMs } = this.#settings;
    return { at: at + steadyMs, tick: tick + steadyMs };
  }

  #forget(before: number): void {
    let count = 0;
    for (const [key, { returns, until }] of this.#states.entries()) {
      if (count++ === FORGOTTEN_AT_ONCE) return;
      if (until === null && (returns.at(-1) ?? 0) < before) this.#states.delete(key);
      // Calmed ones stand in the way of those after them: they go to the back.
      else if (until !== null) this.#states.touch(key);
      else return;
    }
  }
}
