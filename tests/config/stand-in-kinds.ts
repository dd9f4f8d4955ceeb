import { z } from 'zod';
import type { DriverKind, Kinds } from '../../config/kinds.ts';
import type { SiteLink } from '../../config/site.ts';
import type { SpecProblem } from '../../drivers/driver.ts';
import { type Permit, permit } from '../../gateway/rules/permit.ts';
import { derive, type Rule, rule } from '../../gateway/rules/rule.ts';

/** A bus on which an address may be given once. */
const bus: DriverKind = {
  protocol: 'bus',
  links: {
    serial: z.strictObject({ port: z.string(), baud: z.int().default(9600) }),
    tcp: z.strictObject({ host: z.string(), port: z.number().min(1).max(65_535).default(502) }),
  },
  profile: z.strictObject({ gap: z.number().optional() }),
  device: z.strictObject({ address: z.int().min(1).max(247) }),
  point: z.strictObject({ register: z.strictObject({ address: z.int(), type: z.enum(['u16', 's16', 'f32']) }) }),
  check: (link: SiteLink) => {
    const addresses = link.devices.map((device) => (device.options as { address: number }).address);
    return link.devices.flatMap((device, index): SpecProblem[] => {
      const first = addresses.indexOf(addresses[index] ?? 0);
      if (first < index) {
        const message = `address ${addresses[index]} is ${link.devices[first]?.id}'s already`;
        return [{ device: device.id, field: 'address', message, severity: 'error' }];
      }
      const odd = device.points.find(
        (point) => (point.source as { register: { address: number } }).register.address === 13,
      );
      if (odd === undefined) return [];
      return [{ device: device.id, point: odd.id, message: 'register 13 is unlucky', severity: 'warning' }];
    });
  },
};

const air: DriverKind = {
  protocol: 'air',
  links: { broker: z.strictObject({}) },
  profile: z.strictObject({}),
  device: z.strictObject({ topic: z.string(), password: z.string().optional() }),
  point: z.strictObject({ json: z.string() }),
  check: ({ devices }: SiteLink) =>
    devices.map(({ id, options }) => ({
      device: id,
      message: `seen: ${JSON.stringify(options)}`,
      severity: 'warning' as const,
    })),
};

export const standInKinds: Kinds<Rule, Permit> = {
  drivers: [bus, air],
  rule,
  permit,
  derive,
  channels: [],
  upstreams: [{ kind: 'mqtt', options: z.strictObject({ url: z.string(), password: z.string().optional() }) }],
};
