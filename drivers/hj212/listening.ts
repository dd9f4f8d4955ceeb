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
 * A TCP listener that instruments dial in to. At the cap of connections the one goes that has been silent for longest of
 * those on which no instrument of the site has spoken; where there is none, the new one goes.
 */
export function openListening(
  options: ListeningOptions,
  context: Pick<LinkContext, 'wire' | 'log'>,
  counts: ConnectionCounts,
  desk: Desk,
): Medium {
  const { mode, idleMs, maxConnections } = options;
  const { wire } = context;
  const connections = new Set<Connection>();
  let connects = 0;
  let disconnects = 0;
  let turnedAway = 0;

  const makeRoom = (): boolean => {
    if (connections.size < maxConnections) return true;
    turnedAway++;
    const strangers = [...connections].filter((connection) => !desk.roll.isKnown(connection));
    const [oldest] = strangers.sort((a, b) => a.lastAt - b.lastAt);
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
    const from = `${socket.remoteAddress}:${socket.remotePort}`;
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
    connections.add(connection);
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
      for (const connection of connections) connection.close();
      await listener[Symbol.asyncDispose]();
    },
  };
}
