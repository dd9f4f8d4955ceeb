import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** A listener on loopback with all that it accepted; disposing it ends both. */
export interface Listener extends AsyncDisposable {
  readonly port: number;
}

/** Port 0 takes a free one. Rejects when the port is taken. */
export async function listen(port: number, accept: (socket: Socket) => void): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    // A peer that goes away is the world as it is: `close` follows.
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    accept(socket);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP port is wanted');
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
