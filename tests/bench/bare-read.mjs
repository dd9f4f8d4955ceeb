/**
 * The least that reads a register: Node.js, a socket, twelve bytes.
 *
 * usage: node tests/bench/bare-read.mjs MODBUS_PORT
 */
import { connect } from 'node:net';

const socket = connect({ host: '127.0.0.1', port: Number(process.argv[2]), noDelay: true });
socket.once('connect', () => socket.write(Buffer.from([0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 1])));
socket.once('data', () => socket.end());
