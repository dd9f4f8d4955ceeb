import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** A Modbus TCP slave. */
export interface Slave extends AsyncDisposable {
  readonly port: number;
}

const REQUEST_BYTES = 12;

/** The answer to a read of one register (Application Protocol V1.1b3, sections 6.3 and 6.4). */
function reply(request: Buffer, value: number): Buffer {
  const bytes = Buffer.from([0, 0, 0, 0, 0, 5, request.readUInt8(6), request.readUInt8(7), 2, 0, 0]);
  request.copy(bytes, 0, 0, 2);
  bytes.writeUInt16BE(value, 9);
  return bytes;
}

/** Answers a read of one register of any unit with what `answerTo` gives; it is called just before the reply is sent. */
export async function openSlave(answerTo: (unit: number) => number): Promise<Slave> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.setNoDelay(true));
    // Whoever asked may be killed at any moment.
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    let held = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      held = Buffer.concat([held, chunk]);
      for (; held.length >= REQUEST_BYTES; held = held.subarray(REQUEST_BYTES)) {
        socket.write(reply(held, answerTo(held.readUInt8(6))));
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
