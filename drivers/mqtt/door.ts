import type { Socket } from 'node:net';
import type { Clock } from '#kit/clock.ts';
import type { Fault } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { type ListenerOptions, openListener } from '../listener.ts';
import { Admission, type AdmissionLimits } from './admission.ts';
import { Refusals } from './refusals.ts';

export interface DoorOptions extends Omit<ListenerOptions, 'name'> {
  readonly admission: AdmissionLimits;
  /** A connection that has not signed in by then is cut, whatever it has sent. */
  readonly signInMs: number;
}

/** What takes the sockets that are let in: an MQTT parser, a TLS handshake, an upgrade to a WebSocket. */
export type Serve = (socket: Socket) => void;

/** What is known of the other end of a connection; nothing once it has ended. */
interface Peer {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

/** One of the broker's listeners, with who may come in at it. */
export interface Door extends AsyncDisposable {
  readonly fault: Fault | undefined;
  /** Connections that were turned away, and ones that took too long to sign in. */
  counts(): { readonly turnedAway: number; readonly slow: number };
  /** The connection, or the one that it is wrapped in, has signed in. */
  signedIn(peer: Peer): void;
}

const keyOf = ({ remoteAddress, remotePort }: Peer): string => `${remoteAddress} ${remotePort}`;

/** `prepare` makes what takes the sockets, anew for each attempt to listen. */
export function openDoor(
  options: DoorOptions,
  context: { readonly wire: Clock; readonly log: Log },
  prepare: () => Promise<Serve>,
): Door {
  const { setting, signInMs } = options;
  const { wire, log } = context;
  const admission = new Admission(options.admission);
  const refusals = new Refusals(log);
  /** Connections that have not signed in. */
  const waiting = new Map<string, () => void>();
  const counts = { turnedAway: 0, slow: 0 };
  let serve: Serve | undefined;

  const take = (socket: Socket) => {
    const { remoteAddress = '' } = socket;
    // Whoever takes it listens too; one that is cut before has nobody else.
    socket.on('error', () => {});
    const place = admission.enter(remoteAddress, wire.tick());
    if (typeof place === 'string') {
      counts.turnedAway++;
      refusals.add(null, place, 'connections were turned away at the door', { setting, from: remoteAddress });
      socket.destroy();
      return;
    }
    const key = keyOf(socket);
    const cancel = wire.after(signInMs, () => {
      counts.slow++;
      refusals.add(null, 'slow', 'a connection that did not sign in was cut', { setting, from: remoteAddress });
      socket.destroy();
    });
    const settle = () => {
      cancel();
      place.settle();
      waiting.delete(key);
    };
    waiting.set(key, settle);
    socket.once('close', settle);
    serve?.(socket);
  };

  const listener = openListener({ ...options, name: 'mqtt' }, context, take, async () => {
    serve = await prepare();
  });
  return {
    get fault() {
      return listener.fault;
    },
    counts: () => ({ turnedAway: counts.turnedAway + listener.turnedAway, slow: counts.slow }),
    signedIn: (peer) => waiting.get(keyOf(peer))?.(),
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  };
}
