import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { SerialPort } from 'serialport';
import { type Hj212Device, openInstrument } from './instrument.ts';

/** The gateway's listener, or the devices' end of a serial line. */
export type Hj212Where =
  | { readonly host: string; readonly port: number }
  | { readonly tty: string; readonly baud?: number };

const RETRY_MS = 250;

/**
 * Runs simulated HJ 212 instruments until the signal aborts: each dials in with a connection of its own and comes back
 * when it is lost, or all share one serial line. Rejects when the line cannot be opened.
 */
export async function runHj212Devices(
  devices: readonly Hj212Device[],
  where: Hj212Where,
  signal: AbortSignal,
): Promise<void> {
  if ('tty' in where) return await runOnLine(devices, where.tty, where.baud ?? 9600, signal);
  await Promise.all(devices.map((device) => dialIn(device, where, signal)));
}

async function dialIn(
  device: Hj212Device,
  where: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const socket = connect({ ...where, noDelay: true });
    const ended = new AbortController();
    const stop = AbortSignal.any([signal, ended.signal]);
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    // What goes wrong with a connection ends it: `close` follows, and another try.
    socket.on('error', () => {});
    socket.on('connect', () => {
      const instrument = openInstrument(device, (bytes) => void socket.write(bytes), stop);
      socket.on('data', instrument.receive);
      instrument.run().catch(() => socket.destroy());
    });
    const destroy = () => void socket.destroy();
    signal.addEventListener('abort', destroy);
    await closed;
    ended.abort();
    signal.removeEventListener('abort', destroy);
    if (!signal.aborted) await wait(RETRY_MS, undefined, { signal }).catch(() => {});
  }
}

async function runOnLine(
  devices: readonly Hj212Device[],
  path: string,
  baudRate: number,
  signal: AbortSignal,
): Promise<void> {
  const line = new SerialPort({ path, baudRate, autoOpen: false });
  line.open();
  await once(line, 'open');
  const instruments = devices.map((device) => openInstrument(device, (bytes) => void line.write(bytes), signal));
  line.on('data', (chunk: Buffer) => {
    for (const { receive } of instruments) receive(chunk);
  });
  await Promise.all(instruments.map(({ run }) => run().catch(() => {})));
  const closed = once(line, 'close');
  line.close();
  await closed;
}
