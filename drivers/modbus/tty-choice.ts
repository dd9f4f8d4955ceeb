import { z } from 'zod';

const usbId = z
  .string('must be four hexadecimal digits in quotes, such as "1a86"')
  .regex(/^[0-9a-fA-F]{4}$/, 'must be four hexadecimal digits in quotes, such as "1a86"')
  .transform((text) => text.toLowerCase());

/**
 * Which serial port: a path, best one under /dev/serial/by-id or by-path, or the USB adapter itself by its serial number
 * or by its vendor and product.
 */
export const ttyChoice = z.union([
  z.string().min(1),
  z.strictObject({ serial: z.string().min(1) }),
  z.strictObject({ vendor: usbId, product: usbId }),
]);
export type TtyChoice = z.output<typeof ttyChoice>;
