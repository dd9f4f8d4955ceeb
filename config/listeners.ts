import type { OpenLinkSpec } from './devices.ts';
import { type Entry, isMapping } from './document.ts';
import { listen as listenField } from './fields.ts';
import type { Report } from './report.ts';
import type { Listen } from './site.ts';

/** The kind of link that is a broker of the gateway's own, on `broker.listen` where it has no `listen` itself. */
const BROKER = 'mqtt';

interface Head {
  readonly console: { readonly listen: Listen };
  readonly broker?: { readonly listen: Listen } | undefined;
}

/**
 * Whether every broker has an address to listen on, and no two links or parts of the gateway the same one; told at the later. The
 * site's own broker on the console's port is a warning: a site that is only replayed listens nowhere.
 */
export function checkListeners(site: Head, head: Entry, links: readonly OpenLinkSpec[], report: Report): void {
  const inherited = site.broker?.listen;
  if (inherited !== undefined && isSame(inherited, site.console.listen)) {
    const message = `broker.listen: ${encode(inherited)} is where the console listens: give it another port`;
    report.warn(head.at(['broker', 'listen']), head.prefix + message);
  }
  const taken: { readonly id: string; readonly address: Listen }[] = [];
  for (const { id, kind, options, entry } of links) {
    const own = isMapping(options) ? listenField.safeParse(options.listen).data : undefined;
    // A broker's link with a url uses another broker: it listens nowhere.
    const isBroker = kind === BROKER && !(isMapping(options) && options.url);
    if (own === undefined && !isBroker) continue;
    const address = own ?? inherited;
    const refuse = (message: string) => report.error(entry.at(['listen']), `${entry.prefix}link ${id}: ${message}`);
    if (address === undefined) {
      const remedy = 'give site.yaml broker: { listen: "127.0.0.1:1883" }, or the link a listen of its own';
      refuse(`nobody says where its broker listens; ${remedy}`);
      continue;
    }
    const first = taken.find((other) => isSame(other.address, address));
    if (first !== undefined) {
      const remedy = 'give it a listen of its own, or put its devices on that link';
      refuse(`${encode(address)} is where link ${first.id} listens: ${remedy}`);
    } else if (own !== undefined && isSame(own, site.console.listen)) {
      refuse(`${encode(own)} is where the console listens: give it another port`);
    }
    taken.push({ id, address });
  }
}

/** Whether one address cannot be listened on while the other is. Port 0 is whatever is free. */
function isSame(a: Listen, b: Listen): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  const [one, other] = [hostOf(a), hostOf(b)];
  return one === other || isEvery(one, other) || isEvery(other, one);
}

const hostOf = ({ host }: Listen): string => (host === 'localhost' ? '127.0.0.1' : host.toLowerCase());

/** Whether the first is every address of the box, the second among them: `::` is also those of IPv4. */
const isEvery = (every: string, host: string): boolean =>
  every === '::' || (every === '0.0.0.0' && !host.includes(':'));

const encode = ({ host, port }: Listen): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;
