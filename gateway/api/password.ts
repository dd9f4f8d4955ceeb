import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { Fault } from '#kit/fault.ts';

const derive = promisify(argon2);

export const PASSWORD_LENGTH = { least: 8, most: 256 } as const;

/**
 * The one of OWASP's least costs for argon2id, all of one strength, that takes the least memory: 7 MiB, 5 passes, 1 lane.
 * What a sign-in took stays with the process.
 */
const COST = { memory: 7168, passes: 5, parallelism: 1 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
const MOST_WAITING = 16;

/** PHC string format: the hash says how it was made, so that the cost can rise later. */
const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

interface Cost {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

const base64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');

function encode(cost: Cost, salt: Buffer, hash: Buffer): string {
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${base64(salt)}$${base64(hash)}`;
}

/** What a password is checked against when there is no such account, so that both take the same time. */
export const NOBODY_HASH = encode(COST, Buffer.alloc(SALT_BYTES), Buffer.alloc(HASH_BYTES));

let waiting = 0;
let last: Promise<unknown> = Promise.resolve();

/** One at a time: each takes its memory and a core, and a box must not spend more than one of either on strangers. */
async function hash(password: string, cost: Cost, nonce: Buffer, tagLength: number): Promise<Buffer> {
  if (waiting >= MOST_WAITING)
    throw new Fault('busy', 'Too many sign-ins at once.', { hint: 'Try again in a moment.' });
  waiting++;
  // One text in two Unicode forms is one password.
  const message = Buffer.from(password.normalize('NFC'));
  const turn = last.then(() => derive('argon2id', { message, nonce, tagLength, ...cost }));
  last = turn.catch(() => {});
  try {
    return await turn;
  } finally {
    waiting--;
  }
}

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  return encode(COST, salt, await hash(password, COST, salt, HASH_BYTES));
}

/** False for a wrong password. Throws a TypeError for a hash that this gateway did not write. */
export async function isPassword(password: string, encoded: string): Promise<boolean> {
  const [, memory, passes, parallelism, salt, wanted] = PHC.exec(encoded) ?? [];
  if (salt === undefined || wanted === undefined) throw new TypeError('a password hash of another kind');
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  const right = Buffer.from(wanted, 'base64');
  return timingSafeEqual(await hash(password, cost, Buffer.from(salt, 'base64'), right.length), right);
}
