/**
 * A Modbus TCP slave for benches, in a process of its own: answers a read of holding registers of any unit with values
 * that are others each time. Prints its port.
 *
 * usage: node tests/bench/modbus-slave.mjs
 */
import { createServer } from 'node:net';

let turn = 0;
const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {});
  let held = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const replies = [];
    for (; held.length >= 12; held = held.subarray(12)) {
      const count = held.readUInt16BE(10);
      const reply = Buffer.allocUnsafe(9 + 2 * count);
      held.copy(reply, 0, 0, 4);
      reply.writeUInt16BE(3 + 2 * count, 4);
      held.copy(reply, 6, 6, 8);
      reply.writeUInt8(2 * count, 8);
      turn = (turn + 1) & 0x0fff;
      for (let i = 0; i < count; i++) reply.writeUInt16BE(turn + i, 9 + 2 * i);
      replies.push(reply);
    }
    if (replies.length > 0) socket.write(replies.length === 1 ? replies[0] : Buffer.concat(replies));
  });
}).listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume().on('end', () => process.exit(0));
