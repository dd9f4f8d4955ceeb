import type { IncomingMessage } from 'node:http';

/** So much of each body counts for nothing: while others send slowly what is large, what a sensor says is read all the same. */
const FREE_BYTES = 16_384;

const counted = (bytes: number): number => Math.max(0, bytes - FREE_BYTES);

/** Bytes of bodies that are being read, of all senders together. */
export class BodyBudget {
  readonly #most: number;
  #used = 0;

  constructor(most: number) {
    this.#most = most;
  }

  take(bytes: number): boolean {
    if (this.#used + bytes > this.#most) return false;
    this.#used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }
}

/** A body, or as much of it as may be had: `isWhole` says which. Its bytes stay taken from the budget until `give` is called. */
export interface Read {
  readonly body: Buffer;
  readonly isWhole: boolean;
  give(): void;
}

/**
 * A whole body of at most `maxBytes`; or why there is none: it is too large (known by its announced length before anything is
 * read), there is no room while others send, or it was cut off. Where its beginning is of use by itself (`orBeginning`), that
 * is read of one that is too large.
 */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
  budget: BodyBudget,
  orBeginning: boolean,
): Promise<Read | 'too-large' | 'no-room' | 'cut-off'> {
  if (!orBeginning && Number(request.headers['content-length'] ?? 0) > maxBytes) return 'too-large';
  const chunks: Buffer[] = [];
  let bytes = 0;
  return await new Promise((resolve) => {
    let isOver = false;
    const refuse = (why: 'too-large' | 'no-room' | 'cut-off') => {
      if (isOver) return;
      isOver = true;
      chunks.length = 0;
      budget.give(counted(bytes));
      resolve(why);
    };
    const take = (isWhole: boolean) => {
      if (isOver) return;
      isOver = true;
      resolve({ body: Buffer.concat(chunks, bytes), isWhole, give: () => budget.give(counted(bytes)) });
    };
    request.on('data', (chunk: Buffer) => {
      if (isOver) return;
      if (bytes + chunk.length > maxBytes) return orBeginning ? take(false) : refuse('too-large');
      if (!budget.take(counted(bytes + chunk.length) - counted(bytes))) return refuse('no-room');
      bytes += chunk.length;
      chunks.push(chunk);
    });
    request.once('end', () => take(true));
    request.once('close', () => refuse('cut-off'));
  });
}
