import { z } from 'zod';
import type { Declared } from './declared.ts';
import type { OpenLinkSpec, PlacedDevice } from './devices.ts';
import { type Entry, isMapping } from './document.ts';
import type { Report } from './report.ts';

/** Kinds of link that have a modem, and of upstream that take commands, and of link whose devices tell their own time. */
const MODEM_LINK = 'cabinet';
const COMMANDED = 'mqtt';
const INSTRUMENT_LINK = 'hj212';

const isOnce = (names: readonly string[]): boolean => new Set(names).size === names.length;

/** What makes the clock trusted, and who may tell the time while the system has none: the one believed most first. */
export const clock = z.strictObject({
  trust: z.enum(['auto', 'chrony', 'timesyncd', 'always']).default('auto'),
  sources: z
    .array(z.enum(['modem', 'platform', 'hj212']))
    .refine(isOnce, 'must name each source once')
    .default([]),
  /** Devices whose own time is the source `hj212`: of two or more, two must agree. */
  instruments: z.array(z.string()).max(20).refine(isOnce, 'must name each device once').default([]),
});

type ClockSettings = z.output<typeof clock>;

interface OfKind {
  readonly kind: string;
}

/** What a clock's sources are asked by. */
export interface ClockSurroundings {
  readonly links: readonly OpenLinkSpec[];
  readonly upstreams: readonly OfKind[];
  readonly devices: Declared;
  readonly placed: ReadonlyMap<string, PlacedDevice>;
}

/** Whether the site has what its clock's sources are asked by. */
export function checkClock(
  { sources, instruments }: ClockSettings,
  head: Entry,
  around: ClockSurroundings,
  report: Report,
): void {
  const wants = {
    modem: [around.links, MODEM_LINK, 'a link'],
    platform: [around.upstreams, COMMANDED, 'an upstream'],
    hj212: [around.links, INSTRUMENT_LINK, 'a link'],
  } as const;
  const at = (key: 'sources' | 'instruments', index: number, message: string) =>
    report.error(head.at(['clock', key, index]), `${head.prefix}clock.${key}: ${message}`);
  for (const [index, source] of sources.entries()) {
    const [those, kind, what] = wants[source];
    if (!those.some((each) => each.kind === kind)) {
      at('sources', index, `${source} needs ${what} of kind ${kind}, and there is none`);
    } else if (source === 'hj212' && instruments.length === 0) {
      at('sources', index, 'hj212 needs clock.instruments: the devices whose own time is to be believed');
    }
  }
  for (const [index, device] of instruments.entries()) {
    if (!around.devices.refer(device, head, ['clock', 'instruments', index])) continue;
    const link = around.links.find(({ id }) => id === around.placed.get(device)?.device.link);
    if (link === undefined) continue;
    if (link.kind !== INSTRUMENT_LINK) {
      at(
        'instruments',
        index,
        `${device} is on ${link.id}, a link of kind ${link.kind}; only ${INSTRUMENT_LINK} tells its own time`,
      );
    } else if (isSet(link)) {
      const hint = `set timeSet: false on ${link.id}`;
      at('instruments', index, `the gateway sets the clock of ${device} itself, so it cannot tell the time: ${hint}`);
    } else if (!sources.includes('hj212')) {
      at('instruments', index, `${device} is not asked: clock.sources does not have hj212`);
    }
  }
}

/** Whether the link's driver sets its instruments' clocks, as it does unless it is told not to. */
const isSet = ({ options }: OpenLinkSpec): boolean => isMapping(options) && options.timeSet !== false;
