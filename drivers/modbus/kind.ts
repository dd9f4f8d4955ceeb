import { z } from 'zod';
import type { Device, Driver, LinkContext, LinkSpec, OpenLink, SpecProblem } from '../driver.ts';
import { checkLink } from './check.ts';
import { bySerialBus, checkRegistrations, DIAL_IN, dialIn, openDialIn, registration } from './dial-in.ts';
import { openLink } from './link.ts';
import { TABLES } from './pdu.ts';
import { serialPort, socketPort } from './port.ts';
import { register } from './register.ts';
import { SharedLine } from './shared-line.ts';
import { TcpLine } from './tcp-line.ts';
import { duration, timeout, timing } from './timing.ts';
import { nameTty, ttyChoice } from './tty.ts';
import { settingOf } from './unit.ts';
import { paceOf } from './use.ts';

const linkTimeout = timeout.prefault('1s');
const baud = z.int().min(300).max(4_000_000).default(9600);
const tcpPort = z.int().min(1).max(65_535);
const address = z.int().min(0).max(0xffff);

const rtu = z.strictObject({
  port: ttyChoice,
  baud,
  parity: z.enum(['none', 'even', 'odd']).default('none'),
  dataBits: z.literal([7, 8]).default(8),
  stopBits: z.literal([1, 2]).default(1),
  timeout: linkTimeout,
  ...timing,
  /** Quiet before a request, beside the 3.5 characters. */
  gap: duration.refine((ms) => ms <= 1000, 'at most 1s').prefault('0ms'),
});

const tcp = z.strictObject({
  host: z.string().min(1),
  port: tcpPort.default(502),
  timeout: linkTimeout,
  retries: timing.retries,
  turnaround: timing.turnaround,
  /** Requests in flight at a time. */
  window: z.int().min(1).max(16).default(4),
});

const rtuOverTcp = z.strictObject({ host: z.string().min(1), port: tcpPort, timeout: linkTimeout, baud, ...timing });

const device = z.strictObject({
  address: z.int().min(0).max(255),
  timeout: timeout.optional(),
  ...timing,
  /** On a link that units dial in to: the packet by which the unit says who it is. */
  registration: registration.optional(),
});

const profile = z.strictObject({
  /** What a scan tries first. */
  serial: z
    .strictObject({
      baud: z.array(z.int().min(300).max(4_000_000)).min(1).optional(),
      parity: z.enum(['none', 'even', 'odd']).optional(),
      dataBits: z.literal([7, 8]).optional(),
      stopBits: z.literal([1, 2]).optional(),
    })
    .optional(),
  timeout: timeout.optional(),
  ...timing,
  /** How long its values are uncertain after it was away: it may have been without power. */
  warmUp: duration.refine((ms) => ms <= 86_400_000, 'at most 24h').optional(),
  blocks: z
    .strictObject({
      gap: z.int().min(0).max(2000).default(8),
      most: z.int().min(1).max(2000).optional(),
      forbidden: z
        .array(z.tuple([address, address]).refine(([from, to]) => from <= to, 'from must not be above to'))
        .default([]),
      table: z.enum(TABLES).optional(),
    })
    .optional(),
});

const point = z.strictObject({ register });

/** The most of a link's time that all its absent units together may cost the others. */
const TCP_SHARE = 0.008;
const RTU_SHARE = 0.032;
/** Fewest requests in a row without a byte in reply after which a connection is made anew. */
const MUTE_AFTER = 3;

type Options = z.output<typeof rtu> | z.output<typeof tcp> | z.output<typeof rtuOverTcp> | z.output<typeof dialIn>;
type ModbusDevice = Device<z.output<typeof device>, z.output<typeof profile>, z.output<typeof point>>;

async function open(link: LinkSpec<Options, ModbusDevice>, context: LinkContext): Promise<OpenLink> {
  const { options } = link;
  const { wire } = context;
  const muteAfter = Math.max(MUTE_AFTER, link.devices.length);
  // What is broken off on the line may be of any of them.
  const ownGaps = link.devices.map((each) => settingOf(each, 'byteGap') ?? 0);
  const byteGap = Math.max('byteGap' in options ? (options.byteGap ?? 0) : 0, ...ownGaps);
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

function check(link: LinkSpec<Options, ModbusDevice>): SpecProblem[] {
  const buses = link.kind === DIAL_IN ? [...bySerialBus(link.devices).values()] : [link.devices];
  const { options } = link;
  const wire = 'baud' in options ? ` at ${options.baud} baud` : '';
  const turnaroundMs = 'turnaround' in options ? options.turnaround : undefined;
  const use = { pace: paceOf(options), wire, turnaroundMs };
  return [...checkRegistrations(link), ...buses.flatMap((devices) => checkLink({ ...link, devices }, use))];
}

/** Modbus as a master: RTU on a serial line, TCP, RTU frames over TCP, and serial units that dial in. */
export const modbus = {
  protocol: 'modbus',
  links: { 'modbus-rtu': rtu, 'modbus-tcp': tcp, 'modbus-rtu-over-tcp': rtuOverTcp, [DIAL_IN]: dialIn },
  profile,
  device,
  point,
  isWritable: ({ register }: z.output<typeof point>) => register.write !== undefined,
  check,
  open,
} satisfies Driver;
