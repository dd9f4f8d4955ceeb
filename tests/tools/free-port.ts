import { createServer } from 'node:net';

/** Below what systems give to connections of their own (Linux: from 32768), above what programs have by habit. */
const [FIRST, LAST] = [12_000, 32_000];
/** As many as workers may run at a time. */
const SHARES = 16;
const SIZE = (LAST - FIRST) / SHARES;

/** Vitest numbers the workers that run at a time from 1; each has a share of the ports to itself. */
const share = Number(process.env.VITEST_POOL_ID ?? process.pid) % SHARES;
/** Where in it to begin, so that runs beside each other, and files after each other, seldom meet. */
let turn = process.pid % SIZE;

/**
 * A TCP port on loopback that nobody listens on, which whoever it was picked for may take later: the system gives it to no
 * connection, and no other worker of the run picks it.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < SIZE; tries++) {
    const port = FIRST + share * SIZE + (turn++ % SIZE);
    if (await isFree(port)) return port;
  }
  throw new Error('no port is free');
}

const isFree = (port: number) =>
  new Promise<boolean>((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
