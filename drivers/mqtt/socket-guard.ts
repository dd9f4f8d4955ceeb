import type { Duplex } from 'node:stream';
import { type Breach, type PacketLimits, PacketScanner } from './packet-scanner.ts';

/**
 * Looks at all bytes of an accepted connection (a socket, TLS, a WebSocket) before the broker does, and destroys it at the
 * first packet that is over the limits. The broker's parser gathers a packet of up to 256 MB, also from one who has not signed in;
 * `push` is the one way by which received bytes enter the socket's buffer, so nothing of such a packet is kept.
 */
export function guardSocket(socket: Duplex, limits: PacketLimits, onBreach: (breach: Breach) => void): void {
  const scanner = new PacketScanner(limits);
  const push = socket.push.bind(socket);
  socket.push = (chunk: Uint8Array | null, encoding?: BufferEncoding) => {
    if (chunk === null) return push(chunk, encoding);
    if (socket.destroyed) return false;
    const breach = scanner.scan(chunk);
    if (breach === undefined) return push(chunk, encoding);
    onBreach(breach);
    socket.destroy();
    return false;
  };
}
