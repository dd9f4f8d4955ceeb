import type { Entry, LedgerReader, LedgerStatus } from '../../gateway/ledger/ledger.ts';

/** A log in memory: `append` commits at once and tells the listeners. It counts what is asked of it. */
export class FakeLedger implements LedgerReader {
  readonly entries: Entry[] = [];
  readonly cursors = new Map<string, number>();
  moves = 0;
  reads = 0;
  /** Thrown by every read and move while it is set. */
  fails: Error | undefined;
  readonly #listeners = new Set<(entries: readonly Entry[]) => void>();

  append(count: number): void {
    const added = Array.from({ length: count }, (_, n) => {
      const sequence = this.entries.length + n + 1;
      const time = '2026-07-15T22:34:50.000+08:00';
      return {
        sequence,
        json: JSON.stringify({ id: `gw/${sequence}`, sequence: String(sequence), time, title: '夜' }),
      };
    });
    this.entries.push(...added);
    this.tell(added);
  }

  protected tell(added: readonly Entry[]): void {
    for (const listener of this.#listeners) listener(added);
  }

  async read(sequence: number, limit: number): Promise<readonly Entry[]> {
    this.reads++;
    await new Promise((resolve) => setImmediate(resolve));
    if (this.fails !== undefined) throw this.fails;
    return this.entries.slice(sequence, sequence + limit);
  }

  latest = async (limit: number, before = this.entries.length + 1): Promise<readonly Entry[]> =>
    this.entries
      .slice(0, before - 1)
      .slice(-limit)
      .reverse();

  closedAlarms = async (): Promise<readonly object[]> => [];

  async openCursor(name: string, from: 'end' | 'all'): Promise<number> {
    const position = this.cursors.get(name) ?? (from === 'all' ? 0 : this.entries.length);
    this.cursors.set(name, position);
    return position;
  }

  async moveCursor(name: string, sequence: number): Promise<void> {
    this.moves++;
    if (this.fails !== undefined) throw this.fails;
    this.cursors.set(name, sequence);
  }

  onCommit(listener: (entries: readonly Entry[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  status = (): LedgerStatus => ({
    durable: true,
    waiting: 0,
    head: this.entries.length,
    next: this.entries.length + 1,
    bytes: 0,
    commits: 0,
    cursors: Object.fromEntries(this.cursors),
  });
}
