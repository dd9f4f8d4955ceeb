import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { SerialPort } from 'serialport';
import { listen } from '../listen.ts';
import { hasSocat, openPtyPair } from '../modbus/pty.ts';
import { aModem } from './modem.ts';
import { Phone } from './phone.ts';

interface ModemLine extends AsyncDisposable {
  /** A tty, or `host:port` on a machine without socat. */
  readonly port: string;
}

const LOOK_MS = 100;

/** A modem whose network delivers all that is sent; `print` is told what the phones behind it show and hear. */
export async function openModemLine(where: string | number, print: (line: string) => void): Promise<ModemLine> {
  const phone = new Phone({ reports: 0, call: 'answers', ringMs: 1000 }, aModem());
  const stop = watch(phone, print);
  await using stack = new AsyncDisposableStack();
  stack.defer(stop);
  if (typeof where === 'number' || !hasSocat()) {
    const server = stack.use(
      await listen(typeof where === 'number' ? where : 0, (socket) => phone.serve(socket.on('error', () => {}))),
    );
    const open = stack.move();
    return { port: `127.0.0.1:${server.port}`, [Symbol.asyncDispose]: () => open.disposeAsync() };
  }
  const pair = stack.use(await openPtyPair(where));
  const line = new SerialPort({ path: pair.devices, baudRate: 115_200, autoOpen: false });
  line.open();
  await once(line, 'open');
  stack.defer(() => new Promise<void>((resolve) => line.close(() => resolve())));
  phone.serve(line as Duplex);
  const open = stack.move();
  return { port: pair.master, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

function watch(phone: Phone, print: (line: string) => void): () => void {
  const seen = { sent: 0, dialled: 0, played: 0 };
  const timer = setInterval(() => {
    for (const { to, text } of phone.sent.slice(seen.sent)) print(`phone ${to} shows: ${text}`);
    for (const number of phone.dialled.slice(seen.dialled)) print(`phone ${number} rings`);
    for (const said of phone.played.slice(seen.played)) print(`phone hears: ${said}`);
    Object.assign(seen, { sent: phone.sent.length, dialled: phone.dialled.length, played: phone.played.length });
  }, LOOK_MS);
  return () => clearInterval(timer);
}
