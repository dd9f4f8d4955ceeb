import { z } from 'zod';
import { openZone } from '#kit/zone.ts';
import type { Device, Driver, LinkSpec } from '../driver.ts';
import { durationLike } from '../duration.ts';
import { parseListen } from '../listen.ts';
import { ttyChoice } from '../modbus/tty-choice.ts';
import { checkDevices } from './check.ts';
import { DATA_COMMANDS } from './values.ts';

const duration = durationLike('30min');

const isZone = (name: string): boolean => {
  try {
    return openZone(name).name === name;
  } catch {
    return false;
  }
};

const link = z
  .strictObject({
    /** `host:port` on which instruments dial in. */
    listen: z
      .string()
      .refine((text) => parseListen(text) !== undefined, 'must be host:port, such as 0.0.0.0:9212')
      .optional(),
    /** A serial port on which they speak. */
    port: ttyChoice.optional(),
    baud: z.int().min(300).max(4_000_000).default(9600),
    parity: z.enum(['none', 'even', 'odd']).default('none'),
    dataBits: z.literal([7, 8]).default(8),
    stopBits: z.literal([1, 2]).default(1),
    /** Of what the gateway asks by itself. Every edition is received, and answered in its own. */
    edition: z.literal([2005, 2017, 2025]).default(2017),
    mode: z.enum(['lenient', 'strict']).default('lenient'),
    /** Whether 9021 (login) and 9015 (heartbeat), which the 2017 edition does not have, are answered. */
    extensions: z.boolean().default(true),
    /** Whether instruments' clocks are set, on connection and daily. */
    timeSet: z.boolean().default(true),
    /** Of the instruments' times; the site's where it is left out. */
    timeZone: z.string().refine(isZone, 'is not a time zone that is known here; one is Asia/Shanghai').optional(),
    maxConnections: z.int().min(1).max(2000).default(200),
    /** A connection without a frame for so long is closed. */
    idle: duration.refine((ms) => ms >= 10_000, 'at least 10s').prefault('30min'),
  })
  .superRefine(({ listen, port }, context) => {
    if ((listen === undefined) !== (port === undefined)) return;
    const which = listen === undefined ? 'needs' : 'cannot have both; it needs';
    context.addIssue({ code: 'custom', message: `${which} either listen (a TCP address) or port (a serial port)` });
  });

const device = z.strictObject({
  /** What it calls itself: 24 characters 0-9 A-F; 14 in the 2005 edition. */
  mn: z.string().regex(/^[\x21-\x7e]{1,64}$/, 'must be at most 64 characters without blanks'),
  /** Its PW, six characters; without one any is taken. */
  password: z.string().min(1).max(32).optional(),
  /** Its data's ST, such as "22"; without one any is taken. */
  st: z
    .string()
    .regex(/^[0-9A-Z]{2}$/, 'must be two characters, such as "22"')
    .optional(),
});

const profile = z.strictObject({});

const point = z.strictObject({
  factor: z.string().regex(/^\w+-\w+$/, 'must be a factor and its suffix, such as LA-Rtd'),
  cn: z.literal(DATA_COMMANDS, `must be one of ${DATA_COMMANDS.join(', ')}`).optional(),
});

export type LinkOptions = z.output<typeof link>;
export type Hj212Device = Device<z.output<typeof device>, z.output<typeof profile>, z.output<typeof point>>;
export type Hj212LinkSpec = LinkSpec<LinkOptions, Hj212Device>;

/** Instruments that send HJ 212 frames, by TCP or on a serial line. */
export const hj212: Driver<typeof link, typeof profile, typeof device, typeof point> = {
  protocol: 'hj212',
  links: { hj212: link },
  profile,
  device,
  point,
  check: ({ devices }) => checkDevices(devices),
  // Loaded with the first link of the kind.
  open: async (spec, context) => (await import('./link.ts')).openHj212Link(spec, context),
};
