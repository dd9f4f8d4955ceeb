import type { Duplex } from 'node:stream';
import type { Clock } from '#kit/clock.ts';
import type { Log } from '#kit/log.ts';
import type { AdmissionLimits } from './admission.ts';
import { type Door, openDoor, type Serve } from './door.ts';
import type { PemFiles } from './pem-files.ts';
import { Refusals } from './refusals.ts';
import { serveTls } from './tls.ts';
import { serveWebSocket } from './websocket.ts';

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Where the broker listens; at least one of the three. */
export interface EntranceOptions {
  readonly plain?: Address | undefined;
  readonly tls?: (Address & PemFiles) | undefined;
  readonly websocket?: (Address & { readonly path: string; readonly isSecure: boolean }) | undefined;
  /** Connections at one time, at each. */
  readonly maxConnections: number;
  /** The largest packet, and the largest frame of a WebSocket. */
  readonly maxPacketBytes: number;
  readonly signInMs: number;
  /** Some device is known by its certificate, as it is when a connection comes. */
  readonly asksClients: () => boolean;
}

/** What a connection came in by: bytes of MQTT, and how to say that it has signed in. */
export interface Arrival {
  readonly stream: Duplex;
  /** What holds the certificate that was shown, if any. */
  readonly peer: object;
  signedIn(): void;
}

export interface Entrances extends AsyncDisposable {
  readonly doors: readonly Door[];
  counts(): Readonly<Record<string, number>>;
}

/** A new connection costs little; with TLS some milliseconds of a small processor. */
const PACE = { perSecond: 200, burst: 1000 };
const PACE_TLS = { perSecond: 40, burst: 80 };
const MOST_UNSIGNED_AN_ADDRESS = 200;

/** Opens the broker's listeners, each with its own bounds. */
export function openEntrances(
  options: EntranceOptions,
  context: { readonly wire: Clock; readonly log: Log },
  onArrival: (arrival: Arrival) => void,
): Entrances {
  const { plain, tls, websocket, maxConnections, maxPacketBytes, signInMs, asksClients } = options;
  const counts = { tlsFailures: 0, badUpgrades: 0, oversizedFrames: 0, textFrames: 0 };
  const refusals = new Refusals(context.log);
  const flaw = (name: keyof typeof counts, text: string, nouns: object = {}) => {
    counts[name]++;
    refusals.add(null, name, text, nouns);
  };
  const doors: Door[] = [];
  const open = (
    setting: string,
    { host, port }: Address,
    isSecure: boolean,
    serve: (door: () => Door) => Promise<Serve>,
  ) => {
    const pace = isSecure ? PACE_TLS : PACE;
    const admission: AdmissionLimits = {
      mostUnsigned: Math.max(1, Math.ceil(maxConnections / 2)),
      mostUnsignedAnAddress: MOST_UNSIGNED_AN_ADDRESS,
      pace,
      paceAnAddress: pace,
    };
    const door: Door = openDoor({ setting, host, port, maxConnections, admission, signInMs }, context, () =>
      serve(() => door),
    );
    doors.push(door);
  };

  if (plain !== undefined) {
    open('broker.listen', plain, false, async (door) => (socket) => {
      onArrival({ stream: socket, peer: socket, signedIn: () => door().signedIn(socket) });
    });
  }
  if (tls !== undefined) {
    open('broker.tls.listen', tls, true, (door) =>
      serveTls(
        tls,
        asksClients,
        (stream) => onArrival({ stream, peer: stream, signedIn: () => door().signedIn(stream) }),
        (error) =>
          flaw('tlsFailures', 'a TLS handshake failed', { code: 'code' in error ? error.code : error.message }),
      ),
    );
  }
  if (websocket !== undefined) {
    const { path, isSecure } = websocket;
    const flaws = {
      upgrade: () => flaw('badUpgrades', 'a request was no WebSocket of MQTT: its path or its subprotocol'),
      'too-large': () => flaw('oversizedFrames', 'a WebSocket frame was too large'),
      text: () => flaw('textFrames', 'a WebSocket carried text, not MQTT'),
      tls: () => flaw('tlsFailures', 'a TLS handshake failed'),
    };
    open('broker.websocket.listen', websocket, isSecure, (door) =>
      serveWebSocket(
        { path, tls: isSecure ? tls : undefined, asksClients, maxFrameBytes: maxPacketBytes },
        (stream, { socket }) => onArrival({ stream, peer: socket, signedIn: () => door().signedIn(socket) }),
        (each) => flaws[each](),
      ),
    );
  }

  return {
    doors,
    counts() {
      const each = doors.map((door) => door.counts());
      const sum = (name: 'turnedAway' | 'slow') => each.reduce((total, counted) => total + counted[name], 0);
      return { ...counts, turnedAway: sum('turnedAway'), slowSignIns: sum('slow') };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(doors.map((door) => door[Symbol.asyncDispose]()));
    },
  };
}
