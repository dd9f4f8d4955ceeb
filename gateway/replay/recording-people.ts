import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

/** What stands in a recording that knows of people: what they did, or that a gateway was there for them. */
const MARKS = ['"action"', '"start"', '"stop"'].map((mark) => Buffer.from(mark));
const LONGEST = Math.max(...MARKS.map(({ length }) => length));

/**
 * Whether a recording tells of people at all. Of readings alone nobody can say who would have answered, so no step of a
 * response is late in it. What can be read only once is taken as if it did.
 */
export async function hasPeople(file: string): Promise<boolean> {
  if (!(await stat(file)).isFile()) return true;
  let tail: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
    // Without an encoding a stream gives bytes.
    const bytes = Buffer.concat([tail, chunk as Buffer]);
    if (MARKS.some((mark) => bytes.includes(mark))) return true;
    tail = bytes.subarray(-LONGEST);
  }
  return false;
}
