import { crc32 } from 'node:zlib';

/** One line of the file of what was taken. */
export type SeenRecord =
  | {
      /** A push, by what stands for it in its signature; or one message in it, by its sender's id. */
      readonly kind: 'push' | 'message';
      /** A hash: neither signatures nor ids are on the card. */
      readonly key: string;
      /** When it was signed, as the sender says, and when it was taken, if the box knew the time; UTC milliseconds. */
      readonly signedAt?: number | undefined;
      readonly at?: number | undefined;
    }
  /** The time that it has certainly been. */
  | { readonly kind: 'time'; readonly at: number };

const LETTERS = { push: 'p', message: 'm', time: 't' } as const;

/** KIND KEY SIGNED-AT AT SUM */
const LINE = /^(([pmt]) ([\w-]{1,64}) ([\da-z]{1,12}|-) ([\da-z]{1,12}|-)) ([\da-f]{8})$/;

const encodeTime = (time: number | undefined): string =>
  time === undefined ? '-' : Math.max(0, Math.round(time)).toString(36);

const parseTime = (text = '-'): number | undefined => (text === '-' ? undefined : Number.parseInt(text, 36));

const sumOf = (text: string): string => crc32(text).toString(16).padStart(8, '0');

/** A line, with its end. */
export function encodeSeen(record: SeenRecord): string {
  const [key, signedAt] = record.kind === 'time' ? ['-', undefined] : [record.key, record.signedAt];
  const text = `${LETTERS[record.kind]} ${key} ${encodeTime(signedAt)} ${encodeTime(record.at)}`;
  return `${text} ${sumOf(text)}\n`;
}

/** A line without its end; undefined if it is cut short or otherwise than it was written. */
export function parseSeen(line: string): SeenRecord | undefined {
  const [, text, letter, key, signed, taken, sum] = LINE.exec(line) ?? [];
  if (text === undefined || key === undefined || sumOf(text) !== sum) return undefined;
  const [signedAt, at] = [parseTime(signed), parseTime(taken)];
  if (letter === LETTERS.time) return at === undefined ? undefined : { kind: 'time', at };
  return { kind: letter === LETTERS.push ? 'push' : 'message', key, signedAt, at };
}
