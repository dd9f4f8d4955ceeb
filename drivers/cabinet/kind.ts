import { z } from 'zod';
import { DURATION, parseDuration } from '#kit/duration.ts';
import type { Device, Driver, LinkSpec } from '../driver.ts';
import { checkCabinet } from './check.ts';
import { BIASES } from './gpio-tools.ts';

const duration = z
  .string()
  .regex(DURATION, 'must be a number and a unit of ms s min h d, such as 50ms')
  .transform(parseDuration);

/** A name in a folder of the kernel's: it leads nowhere else. */
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/, 'must be a name such as gpiochip0');
const path = z.string().regex(/^\//, 'must be a path from the root on');

const isTimeZone = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
};

const modem = z.discriminatedUnion('by', [
  z.strictObject({
    by: z.literal('modemmanager'),
    /** As mmcli takes it: a number, or any. */
    modem: z
      .string()
      .regex(/^(any|\d{1,3})$/, 'must be a number or any')
      .default('any'),
  }),
  z.strictObject({
    by: z.literal('at'),
    port: path,
    baud: z.int().min(300).max(4_000_000).default(115_200),
    /** What AT+CCLK? tells beside its zone: local time as the standard has it, or UTC as some modems do. */
    clock: z.enum(['local', 'utc']).default('local'),
  }),
]);

const link = z.strictObject({
  modem: modem.default({ by: 'modemmanager', modem: 'any' }),
  /** The modem's network interface. */
  interface: name.default('wwan0'),
  /** The day on which the operator's month begins. */
  monthStarts: z.int().min(1).max(28).default(1),
  /** Of the operator's month; the site's where it is left out. */
  timeZone: z.string().refine(isTimeZone, 'is not a time zone that is known here; one is Asia/Shanghai').optional(),
  /** For a program of the system, and for an answer of the modem. */
  timeout: duration.refine((ms) => ms >= 10 && ms <= 60_000, 'must be from 10ms to 60s').prefault('5s'),
  sysfs: path.default('/sys'),
  proc: path.default('/proc'),
});

/** A point names one of these. */
const point = z.strictObject({
  /** A dry contact on a pin of the box. */
  gpio: z
    .strictObject({
      chip: name.default('gpiochip0'),
      line: z.int().min(0).max(1023),
      bias: z.enum(BIASES).default('as-is'),
      debounce: duration.refine((ms) => ms <= 60_000, 'must be at most 60s').prefault('50ms'),
    })
    .optional(),
  supply: z.strictObject({ read: z.enum(['online', 'capacity', 'status']), name: name.optional() }).optional(),
  /** By the zone's type; the first one where it is left out. */
  thermal: z.strictObject({ type: name.optional() }).optional(),
  hwmon: z.strictObject({ name, file: name, scale: z.number().default(1) }).optional(),
  modem: z.enum(['signal', 'state']).optional(),
  data: z.literal('month').optional(),
});

const profile = z.strictObject({});
const device = z.strictObject({});

export type CabinetDevice = Device<z.output<typeof device>, z.output<typeof profile>, z.output<typeof point>>;
export type CabinetLinkSpec = LinkSpec<z.output<typeof link>, CabinetDevice>;
export type CabinetPoint = CabinetDevice['points'][number];

/** The box itself: contacts on its pins, its power, temperature and modem. No wire, so no address. */
export const cabinet: Driver<typeof link, typeof profile, typeof device, typeof point> = {
  protocol: 'cabinet',
  links: { cabinet: link },
  profile,
  device,
  point,
  check: checkCabinet,
  // Loaded with the first link of the kind.
  open: async (spec, context) => (await import('./link.ts')).openCabinetLink(spec, context),
};
