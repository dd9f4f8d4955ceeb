import type { Entry, LedgerReader } from '../ledger/ledger.ts';

/** An entry of the log that people may have to be told of. */
export interface ToldEvent {
  readonly sequence: number;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const TOLD = ['"type":"city.gengfu.alarm.', '"type":"city.gengfu.incident.', '"type":"city.gengfu.duty.'];

/** An entry that people may be told of; null for all others, which are not even parsed. */
export function eventOf({ sequence, json }: Entry): ToldEvent | null {
  if (!TOLD.some((type) => json.includes(type))) return null;
  // The ledger's own bytes.
  const { type, subject, time, data } = JSON.parse(json) as Omit<ToldEvent, 'sequence'>;
  return { sequence, type, subject, time, data };
}

/** The same for an event before and after it has its number. */
export const occasionOf = ({ type, subject, time }: ToldEvent): string => `${type} ${subject} ${time}`;

/** The alarm or incident that an entry is about. */
export function aboutOf({ data }: ToldEvent): string {
  const { alarm, incident } = data;
  return typeof alarm === 'string' ? alarm : typeof incident === 'string' ? incident : '';
}

/** The entries that calls are about, at hand for as long as there are such calls. */
export class ToldEvents {
  readonly #ledger: LedgerReader;
  readonly #known = new Map<number, ToldEvent>();

  constructor(ledger: LedgerReader) {
    this.#ledger = ledger;
  }

  keep(event: ToldEvent): void {
    this.#known.set(event.sequence, event);
  }

  known(sequence: number): ToldEvent | undefined {
    return this.#known.get(sequence);
  }

  /** From the log where it is not at hand; null when it is not there. */
  async find(sequence: number): Promise<ToldEvent | null> {
    const known = this.#known.get(sequence);
    if (known !== undefined) return known;
    const [entry] = await this.#ledger.read(sequence - 1, 1);
    const event = entry?.sequence === sequence ? eventOf(entry) : null;
    if (event !== null) this.keep(event);
    return event;
  }

  /** Lets go of those that no call is about. */
  forget(calls: Iterable<{ readonly sequence: number }>): void {
    const wanted = new Set([...calls].map(({ sequence }) => sequence));
    for (const sequence of this.#known.keys()) if (!wanted.has(sequence)) this.#known.delete(sequence);
  }

  get size(): number {
    return this.#known.size;
  }
}
