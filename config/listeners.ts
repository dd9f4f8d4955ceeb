import { type BrokerListens, encodeListen, listensOf } from './broker-listens.ts';
import type { OpenLinkSpec } from './devices.ts';
import { type Entry, isMapping } from './document.ts';
import { listen as listenField } from './fields.ts';
import type { Report } from './report.ts';
import type { Listen } from './site.ts';

/** The kind of link that is a broker of the gateway's own, where the site's broker listens if it has no address itself. */
const BROKER = 'mqtt';

interface Head {
  readonly console: { readonly listen: Listen };
  readonly broker?: BrokerListens | undefined;
}

interface Taken {
  readonly who: string;
  readonly address: Listen;
}

/**
 * Whether every broker has an address to listen on, and no two links or parts of the gateway the same one; told at the later. The
 * site's own broker on the console's port is a warning: a site that is only replayed listens nowhere.
 */
export function checkListeners(site: Head, head: Entry, links: readonly OpenLinkSpec[], report: Report): void {
  const inherited = listensOf(site.broker ?? {});
  for (const [index, { path, address }] of inherited.entries()) {
    const place = ['broker', ...path];
    const say = (what: string) => `${head.prefix}${place.join('.')}: ${encodeListen(address)} ${what}`;
    if (isSame(address, site.console.listen)) {
      report.warn(head.at(place), say('is where the console listens: give it another port'));
    }
    const other = inherited.slice(0, index).find((each) => isSame(each.address, address));
    if (other !== undefined) {
      report.error(head.at(place), say(`is also broker.${other.path.join('.')}: give it another port`));
    }
  }
  const taken: Taken[] = [];
  for (const { id, kind, options, entry } of links) {
    const own = ownListens(options);
    // A broker's link with a url uses another broker: it listens nowhere.
    const isBroker = kind === BROKER && !(isMapping(options) && options.url);
    if (own.length === 0 && !isBroker) continue;
    const refuse = (path: string[], message: string) =>
      report.error(entry.at(path), `${entry.prefix}link ${id}: ${message}`);
    const addresses = own.length > 0 ? own : inherited;
    if (addresses.length === 0) {
      const remedy = 'give site.yaml broker: { listen: "127.0.0.1:1883" }, or the link a listen of its own';
      refuse(['listen'], `nobody says where its broker listens; ${remedy}`);
      continue;
    }
    for (const { path, address } of addresses) {
      const first = taken.find((other) => isSame(other.address, address));
      const place = own.length > 0 ? path : ['listen'];
      if (first !== undefined) {
        const remedy = 'give it a listen of its own, or put its devices on that link';
        refuse(place, `${encodeListen(address)} is where ${first.who} listens: ${remedy}`);
      } else if (own.length > 0 && isSame(address, site.console.listen)) {
        refuse(place, `${encodeListen(address)} is where the console listens: give it another port`);
      }
      taken.push({ who: `link ${id}`, address });
    }
  }
}

/** Where a link says that it listens; what is no address is told by its own kind. */
function ownListens(options: unknown): ReturnType<typeof listensOf> {
  if (!isMapping(options)) return [];
  const parse = (value: unknown) => listenField.safeParse(value).data;
  const within = (part: unknown) => {
    const listen = isMapping(part) ? parse(part.listen) : undefined;
    return listen === undefined ? undefined : { listen };
  };
  return listensOf({
    listen: parse(options.listen),
    tls: within(options.tls),
    websocket: within(options.websocket),
  });
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
