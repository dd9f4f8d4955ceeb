import { Fault } from '#kit/fault.ts';
import type { LinkContext, LinkSpec, OpenLink } from './driver.ts';

type Opener = (link: LinkSpec, context: LinkContext) => Promise<OpenLink>;

/**
 * How a link of each protocol is opened, as its kind does it: all that a gateway at work needs of a driver. The schemas,
 * by which a site is checked, are not loaded with it: they cost more than all else at a start.
 */
export const openers: Readonly<Record<string, Opener>> = {
  modbus: async (link, context) => (await import('./modbus/open.ts')).openModbusLink(link as never, context),
  mqtt: async (link, context) => (await import('./mqtt/link.ts')).openMqttLink(link as never, context),
  hj212: async (link, context) => (await import('./hj212/link.ts')).openHj212Link(link as never, context),
  http: async (link, context) => (await import('./http/link.ts')).openHttpLink(link as never, context),
  cabinet: async (link, context) => (await import('./cabinet/link.ts')).openCabinetLink(link as never, context),
};

/** Opens a link by its protocol. Throws the Fault `link-kind` where there is no driver for it. */
export async function openLink(
  spec: LinkSpec & { readonly protocol: string },
  context: LinkContext,
): Promise<OpenLink> {
  const open = openers[spec.protocol];
  if (open === undefined) throw new Fault('link-kind', `link ${spec.id}: no driver for ${spec.protocol}`);
  return open(spec, context);
}
