import { z } from 'zod';
import { date } from './fields.ts';

const text = z.string().min(1).max(200, 'must be at most 200 characters long');
const metres = z.number().min(0).max(1000);

/** How it stands: what an inspector asks of a device's place. */
const siting = z.strictObject({
  /** Of the microphone or sensor above the ground, metres. */
  height: metres.optional(),
  /** From the nearest surface that reflects, such as a wall, metres. */
  reflectingSurface: metres.optional(),
  windscreen: z.boolean().optional(),
  /** Whether it is earthed, and with what resistance, ohms. */
  earth: z.boolean().optional(),
  earthOhm: z.number().min(0).max(1_000_000).optional(),
  /** The resistors at the bus's end: 120 Ω across it, and the pull-up and pull-down. */
  terminator: z.boolean().optional(),
  bias: z.boolean().optional(),
  /** What it is fed by, such as `AC 220 V`. */
  supply: text.optional(),
});

/** A device in the register (设备台账). */
export const asset = z.strictObject({
  serial: z.string().optional(),
  maker: z.string().optional(),
  /** As its plate says it; `profile` is by what the gateway reads it. */
  model: text.optional(),
  owner: z.string().optional(),
  maintainer: z.string().optional(),
  certificate: z.string().optional(),
  /** The last day on which the certificate holds. */
  validUntil: date.optional(),
  grade: z.enum(['warning', 'evidence']).optional(),
  installedOn: date.optional(),
  siting: siting.optional(),
});
export type Asset = z.output<typeof asset>;
