import type { Reading } from '../../drivers/reading.ts';
import type { Tried } from './tried.ts';

type Untimed = Omit<Reading, 'at' | 'tick'>;

/** `device/la` → `la`. */
const idOf = (key: string): string => key.slice(key.indexOf('/') + 1);

/** What readings say, by point; `raw` gives what each was made of. The last one of a point counts. */
export const outcomeOf = (readings: readonly Untimed[], raw: (id: string) => unknown): ReadonlyMap<string, Tried> =>
  new Map(
    readings.map(({ point, value, quality, code }) => {
      const id = idOf(point);
      return [id, { raw: encodeRaw(raw(id)), value, quality, ...(code === undefined ? {} : { code }) }];
    }),
  );

const MOST = 24;

function encodeRaw(raw: unknown): string {
  if (raw === undefined) return '';
  const text = typeof raw === 'string' ? raw : JSON.stringify(raw);
  return text.length > MOST ? `${text.slice(0, MOST - 1)}…` : text;
}
