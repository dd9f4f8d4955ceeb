import { z } from 'zod';
import { DURATION, parseDuration } from '#kit/duration.ts';
import type { Device, Driver, LinkContext, LinkSpec, OpenLink, SpecProblem } from '../driver.ts';
import { checkLink } from './check.ts';
import { ORDERS, TYPES, type ValueType } from './decode.ts';
import { bySerialBus, checkRegistrations, DIAL_IN, dialIn, openDialIn, registration } from './dial-in.ts';
import { openLink } from './link.ts';
import { isBitTable, TABLES } from './pdu.ts';
import { serialPort, socketPort } from './port.ts';
import { RtuLine } from './rtu-line.ts';
import { TcpLine } from './tcp-line.ts';

const duration = z
  .string()
  .regex(DURATION, 'a number and a unit of ms s min h d, such as 500ms')
  .transform(parseDuration);
const timeout = duration.refine((ms) => ms >= 1 && ms <= 60_000, 'from 1ms to 60s').prefault('1s');
const baud = z.int().min(300).max(4_000_000).default(9600);
const tcpPort = z.int().min(1).max(65_535);
const register = z.int().min(0).max(0xffff);

const rtu = z.strictObject({
  port: z.string().min(1),
  baud,
  parity: z.enum(['none', 'even', 'odd']).default('none'),
  dataBits: z.literal([7, 8]).default(8),
  stopBits: z.literal([1, 2]).default(1),
  timeout,
  /** Quiet before a request, beside the 3.5 characters. */
  gap: duration.refine((ms) => ms <= 1000, 'at most 1s').prefault('0ms'),
});

const tcp = z.strictObject({
  host: z.string().min(1),
  port: tcpPort.default(502),
  timeout,
  /** Requests in flight at a time. */
  window: z.int().min(1).max(16).default(4),
});

const rtuOverTcp = z.strictObject({ host: z.string().min(1), port: tcpPort, timeout, baud });

const device = z.strictObject({
  address: z.int().min(0).max(255),
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
  blocks: z
    .strictObject({
      gap: z.int().min(0).max(2000).default(8),
      most: z.int().min(1).max(2000).optional(),
      forbidden: z
        .array(z.tuple([register, register]).refine(([from, to]) => from <= to, 'from must not be above to'))
        .default([]),
      table: z.enum(TABLES).optional(),
    })
    .optional(),
});

const typeNames = Object.keys(TYPES) as [ValueType, ...ValueType[]];

const point = z.strictObject({
  register: z
    .strictObject({
      table: z.enum(TABLES),
      address: register,
      type: z.enum(typeNames),
      order: z.enum(ORDERS).default('ABCD'),
      scale: z
        .number()
        .refine((scale) => scale !== 0, 'must not be 0')
        .default(1),
      offset: z.number().default(0),
      bit: z.int().min(0).max(15).optional(),
    })
    .superRefine((value, context) => {
      const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
      const bits = isBitTable(value.table);
      if (bits && value.type !== 'bit') wrong('type', `a ${value.table} is of type bit`);
      if (bits && value.bit !== undefined) wrong('bit', `a ${value.table} is one bit by itself`);
      if (!bits && value.type === 'bit' && value.bit === undefined)
        wrong('type', 'a bit of a register needs bit: 0 to 15');
      if (value.type !== 'bit' && value.bit !== undefined) wrong('bit', 'only for type bit');
    }),
});

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
  if ('listen' in options) return openDialIn({ ...link, options }, context);
  if ('window' in options) {
    return openLink(link, context, {
      where: `${options.host}:${options.port}`,
      timeoutMs: options.timeout,
      share: TCP_SHARE * options.window,
      hasNumbers: true,
      openPort: socketPort(options, wire),
      makeLine: (port, counters, events) =>
        new TcpLine(port, { window: options.window, muteAfter }, wire, counters, events),
    });
  }
  if ('host' in options) {
    return openLink(link, context, {
      where: `${options.host}:${options.port}`,
      timeoutMs: options.timeout,
      share: RTU_SHARE,
      hasNumbers: false,
      openPort: socketPort(options, wire),
      makeLine: (port, counters, events) =>
        new RtuLine(port, { baud: options.baud, gap: 0, muteAfter }, wire, counters, events),
    });
  }
  return openLink(link, context, {
    where: options.port,
    timeoutMs: options.timeout,
    share: RTU_SHARE,
    hasNumbers: false,
    openPort: serialPort(options),
    makeLine: (port, counters, events) =>
      new RtuLine(port, { ...options, muteAfter: Number.POSITIVE_INFINITY }, wire, counters, events),
  });
}

function check(link: LinkSpec<Options, ModbusDevice>): SpecProblem[] {
  const buses = link.kind === DIAL_IN ? [...bySerialBus(link.devices).values()] : [link.devices];
  return [...checkRegistrations(link), ...buses.flatMap((devices) => checkLink({ ...link, devices }))];
}

/** Modbus as a master: RTU on a serial line, TCP, RTU frames over TCP, and serial units that dial in. */
export const modbus = {
  protocol: 'modbus',
  links: { 'modbus-rtu': rtu, 'modbus-tcp': tcp, 'modbus-rtu-over-tcp': rtuOverTcp, [DIAL_IN]: dialIn },
  profile,
  device,
  point,
  check,
  open,
} satisfies Driver;
