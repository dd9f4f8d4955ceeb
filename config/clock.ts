import { z } from 'zod';
import type { Entry } from './document.ts';
import type { Report } from './report.ts';

/** Kinds of link that have a modem, and of upstream that take commands. */
const MODEM_LINK = 'cabinet';
const COMMANDED = 'mqtt';

/** What makes the clock trusted, and who may tell the time while the system has none: the one believed most first. */
export const clock = z.strictObject({
  trust: z.enum(['auto', 'chrony', 'timesyncd', 'always']).default('auto'),
  sources: z
    .array(z.enum(['modem', 'platform']))
    .refine((sources) => new Set(sources).size === sources.length, 'must name each source once')
    .default([]),
});

interface OfKind {
  readonly kind: string;
}

/** Whether the site has what its clock's sources are asked by. */
export function checkClock(
  sources: z.output<typeof clock>['sources'],
  head: Entry,
  links: readonly OfKind[],
  upstreams: readonly OfKind[],
  report: Report,
): void {
  const wants = {
    modem: [links, MODEM_LINK, 'a link'],
    platform: [upstreams, COMMANDED, 'an upstream'],
  } as const;
  for (const [index, source] of sources.entries()) {
    const [those, kind, what] = wants[source];
    if (those.some((each) => each.kind === kind)) continue;
    const path = ['clock', 'sources', index];
    report.error(
      head.at(path),
      `${head.prefix}clock.sources: ${source} needs ${what} of kind ${kind}, and there is none`,
    );
  }
}
