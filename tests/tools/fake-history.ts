import type { Reading } from '../../drivers/reading.ts';
import type { HistoryFeed, Kept, Place, Series, Summary } from '../../gateway/history/history.ts';

/** History in memory: what is in `readings` is kept, each reading's place its index in segment 1. */
export class FakeHistory implements HistoryFeed {
  readings: Reading[] = [];
  rows: Summary[] = [];
  readonly notes = new Map<string, string>();
  /** Readings before this index are kept no more. */
  keptFrom = 0;
  asked = 0;
  /** Thrown by every question while it is set. */
  fails: Error | undefined;

  async series(point: string): Promise<Series> {
    return { point, at: [], value: [], quality: [] };
  }
  async *since(after: number): AsyncGenerator<readonly Reading[]> {
    yield this.readings.filter(({ at }) => at > after);
  }
  status = () => ({ bytes: 0, readings: this.readings.length, dropped: 0, oldestAt: this.rows[0]?.from ?? null });
  async read({ index }: Place, limit: number): Promise<Kept> {
    this.#ask();
    const from = Math.max(index, this.keptFrom);
    const readings = this.readings.slice(from, from + limit);
    const place = { segment: 1, index: from + readings.length };
    return { readings, place, isEnd: place.index === this.readings.length, isGap: index < this.keptFrom };
  }
  end = async () => ({ segment: 1, index: this.readings.length });
  countFrom = async ({ index }: Place) => this.readings.length - index;
  async summaries(_slot: string, from: number, to: number): Promise<readonly Summary[]> {
    this.#ask();
    return this.rows.filter((row) => row.from >= from && row.from < to);
  }
  async note(name: string, value: string): Promise<void> {
    if (this.fails !== undefined) throw this.fails;
    this.notes.set(name, value);
  }
  noted = async (name: string) => this.notes.get(name) ?? null;

  #ask(): void {
    this.asked++;
    if (this.fails !== undefined) throw this.fails;
  }
}
