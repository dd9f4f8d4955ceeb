import { Backoff } from '#kit/backoff.ts';
import { Fault } from '#kit/fault.ts';
import type { LinkContext } from '../driver.ts';
import { type SerialOptions, serialPort } from '../modbus/port.ts';
import { nameTty } from '../modbus/tty.ts';
import { Connection, type ConnectionCounts } from './connection.ts';
import type { Desk } from './desk.ts';
import type { Mode } from './frame.ts';
import type { Medium } from './medium.ts';

/** A serial line with one instrument or more. A port that is away is tried again for ever. */
export function openSerialLine(
  options: SerialOptions & { readonly mode: Mode },
  context: Pick<LinkContext, 'wire' | 'log'>,
  counts: ConnectionCounts,
  desk: Desk,
): Medium {
  const { mode } = options;
  const from = nameTty(options.port);
  const { wire, log } = context;
  const backoff = new Backoff({ firstMs: 1000, mostMs: 30_000 });
  let fault: Fault | undefined = new Fault('opening', `${from} is not open yet`);
  let opens = 0;
  let closePort = () => {};
  let cancelRetry = () => {};

  const open = () => {
    let connection: Connection | undefined;
    const lose = (why: Fault) => {
      connection?.end();
      fault = why;
      if (backoff.failures === 0) log.error({ port: from, hint: why.hint }, `hj212: ${why.message}`);
      cancelRetry = wire.after(backoff.next(), open);
    };
    const port = serialPort(options)({
      opened() {
        if (backoff.failures > 0)
          log.info({ port: from, failures: backoff.failures }, 'hj212: the serial port is back');
        backoff.reset();
        opens++;
        fault = undefined;
        const close = () => {
          port.close();
          lose(new Fault('stuck', `${from} does not take bytes any more`));
        };
        const bytes = { write: port.write, pause() {}, resume() {}, close };
        connection = new Connection(bytes, { from, mode }, wire, counts, desk);
      },
      data: (chunk) => connection?.receive(chunk),
      closed: lose,
    });
    closePort = () => {
      connection?.end();
      port.close();
    };
  };
  open();

  return {
    get fault() {
      return fault;
    },
    counters: () => ({ opens }),
    async [Symbol.asyncDispose]() {
      cancelRetry();
      closePort();
    },
  };
}
