import { z } from 'zod';
import type { Device, Driver, LinkContext, LinkSpec, SpecProblem } from '../driver.ts';
import { checkLink } from './check.ts';
import { bySerialBus, checkRegistrations, DIAL_IN } from './dial-in.ts';
import { dialIn, registration } from './dial-in-options.ts';
import { TABLES } from './pdu.ts';
import { register } from './register.ts';
import { duration, timeout, timing } from './timing.ts';
import { ttyChoice } from './tty-choice.ts';
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

export type Options =
  | z.output<typeof rtu>
  | z.output<typeof tcp>
  | z.output<typeof rtuOverTcp>
  | z.output<typeof dialIn>;
export type ModbusDevice = Device<z.output<typeof device>, z.output<typeof profile>, z.output<typeof point>>;

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
  open: async (link: LinkSpec<Options, ModbusDevice>, context: LinkContext) =>
    (await import('./open.ts')).openModbusLink(link, context),
} satisfies Driver;
