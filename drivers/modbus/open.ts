import type { LinkContext, LinkSpec, OpenLink } from '../driver.ts';
import { openDialIn } from './dial-in-link.ts';
import type { ModbusDevice, Options } from './kind.ts';
import { openLink } from './link.ts';
import { serialPort, socketPort } from './port.ts';
import { SharedLine } from './shared-line.ts';
import { TcpLine } from './tcp-line.ts';
import { nameTty } from './tty.ts';
import { settingOf } from './unit.ts';
import { paceOf } from './use.ts';

/** The most of a link's time that all its absent units together may cost the others. */
const TCP_SHARE = 0.008;
const RTU_SHARE = 0.032;
/** Fewest requests in a row without a byte in reply after which a connection is made anew. */
const MUTE_AFTER = 3;

/** A link of any of the driver's kinds, as its devices are polled on it. */
export async function openModbusLink(link: LinkSpec<Options, ModbusDevice>, context: LinkContext): Promise<OpenLink> {
  const { options } = link;
  const { wire } = context;
  const muteAfter = Math.max(MUTE_AFTER, link.devices.length);
  // What is broken off on the line may be of any of them.
  const byteGapOf = (devices: readonly ModbusDevice[]): number => {
    const ownGaps = devices.map((each) => settingOf(each, 'byteGap') ?? 0);
    return Math.max('byteGap' in options ? (options.byteGap ?? 0) : 0, ...ownGaps);
  };
  const byteGap = byteGapOf(link.devices);
  // A line that falls silent is known by how many are on it, more or less.
  const fits = (devices: readonly ModbusDevice[]) => byteGapOf(devices) === byteGap && devices.length <= 2 * muteAfter;
  const timing = {
    timeoutMs: options.timeout,
    retries: 'retries' in options ? options.retries : undefined,
    turnaroundMs: 'turnaround' in options ? options.turnaround : undefined,
    pace: paceOf(options),
  };
  if ('listen' in options) return openDialIn({ ...link, options }, context);
  if ('window' in options) {
    return openLink(link, context, {
      where: `${options.host}:${options.port}`,
      ...timing,
      fits,
      share: TCP_SHARE * options.window,
      hasNumbers: true,
      framing: 'tcp',
      openPort: socketPort(options, wire),
      makeLine: (port, counters, events) =>
        new TcpLine(port, { window: options.window, muteAfter }, wire, counters, events),
    });
  }
  if ('host' in options) {
    const settings = { baud: options.baud, parity: 'none', dataBits: 8, stopBits: 1 } as const;
    return openLink(link, context, {
      settings,
      where: `${options.host}:${options.port}`,
      ...timing,
      fits,
      share: RTU_SHARE,
      hasNumbers: false,
      framing: 'rtu',
      openPort: socketPort(options, wire),
      makeLine: (port, counters, events) =>
        new SharedLine(
          port,
          settings,
          { baud: options.baud, gap: 0, byteGap, muteAfter },
          ...([wire, counters, events] as const),
        ),
    });
  }
  const { baud, parity, dataBits, stopBits } = options;
  const settings = { baud, parity, dataBits, stopBits };
  return openLink(link, context, {
    settings,
    isSettable: true,
    where: nameTty(options.port),
    ...timing,
    fits,
    share: RTU_SHARE,
    hasNumbers: false,
    framing: 'rtu',
    openPort: serialPort(options),
    makeLine: (port, counters, events) =>
      new SharedLine(
        port,
        settings,
        { baud, gap: options.gap, byteGap, muteAfter: Number.POSITIVE_INFINITY },
        ...([wire, counters, events] as const),
      ),
  });
}
