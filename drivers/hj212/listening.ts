import type { Socket } from 'node:net';
import type { LinkContext } from '../driver.ts';
import { openListener } from '../listener.ts';
import { Connection, type ConnectionCounts } from './connection.ts';
import type { Desk } from './desk.ts';
import type { Mode } from './frame.ts';
import type { Medium } from './medium.ts';

/** Bytes of answers that may wait for an instrument that does not read. */
const MOST_WAITING = 16_384;
/** Sockets above the cap, so that one can be accepted while another makes room. */
const SPARE = 8;

export interface ListeningOptions {
  readonly host: string;
  readonly port: number;
  readonly mode: Mode;
  readonly idleMs: number;
  readonly maxConnections: number;
}

/**
 * A TCP listener that instruments dial in to. At the cap of connections one goes on which no instrument of the site was
 * heard last: of the address that has most of them the one that has been silent for longest, so that a stranger who dials in
 * again and again keeps nobody else out. Where there is none, the new one goes.
 */
export function openListening(
  options: ListeningOptions,
  context: Pick<LinkContext, 'wire' | 'log'>,
  counts: ConnectionCounts,
  desk: Desk,
): Medium {
  const { mode, idleMs, maxConnections } = options;
  const { wire } = context;
  /** Each with its address. */
  const connections = new Map<Connection, string>();
  let connects = 0;
  let disconnects = 0;
  let turnedAway = 0;

  const makeRoom = (): boolean => {
    if (connections.size < maxConnections) return true;
    turnedAway++;
    const lines = desk.roll.lines();
    const strangers = [...connections].filter(([connection]) => !lines.has(connection));
    const [most = []] = [...Map.groupBy(strangers, ([, address]) => address).values()].sort(
      (a, b) => b.length - a.length,
    );
    const [oldest] = most.map(([connection]) => connection).sort((a, b) => a.lastAt - b.lastAt);
    if (oldest !== undefined) {
      oldest.close();
      connections.delete(oldest);
    }
    return oldest !== undefined;
  };

  const accept = (socket: Socket) => {
    // What goes wrong with a connection ends it: `close` follows.
    socket.on('error', () => {});
    if (!makeRoom()) {
      socket.destroy();
      return;
    }
    const address = socket.remoteAddress ?? '';
    const from = `${address}:${socket.remotePort}`;
    const port = {
      write: (bytes: Uint8Array) => {
        socket.write(bytes);
        return socket.writableLength <= MOST_WAITING;
      },
      pause: () => void socket.pause(),
      resume: () => void (socket.isPaused() && socket.resume()),
      close: () => void socket.destroy(),
    };
    const connection = new Connection(port, { from, mode, idleMs }, wire, counts, desk);
    connections.set(connection, address);
    connects++;
    socket.on('data', (chunk) => connection.receive(chunk));
    socket.on('close', () => {
      connection.end();
      connections.delete(connection);
      disconnects++;
    });
  };

  const listener = openListener(
    { ...options, name: 'hj212', setting: "the link's listen", maxConnections: maxConnections + SPARE },
    context,
    accept,
  );
  return {
    get fault() {
      return listener.fault;
    },
    counters: () => ({ connects, disconnects, turnedAway: turnedAway + listener.turnedAway }),
    async [Symbol.asyncDispose]() {
      for (const connection of connections.keys()) connection.close();
      await listener[Symbol.asyncDispose]();
    },
  };
}
