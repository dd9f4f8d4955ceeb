import { isDeepStrictEqual } from 'node:util';
import type { SiteDevice, SiteLink, SitePoint } from '../../config/site.ts';
import type { GatewaySite } from '../kinds.ts';

const LISTS = ['rules', 'permits', 'cards', 'outputs'] as const;
type ListName = (typeof LISTS)[number];

/** A site without its long lists. */
export interface SiteHead extends Omit<GatewaySite, ListName | 'links' | 'points'> {
  readonly links: readonly Omit<SiteLink, 'devices'>[];
}

/** Some entries of one list, few enough to be taken in a moment. */
export type Piece =
  | { readonly list: 'devices'; readonly link: string; readonly items: readonly SiteDevice[] }
  /** Those that are of no device of a link. */
  | { readonly list: 'points'; readonly items: readonly SitePoint[] }
  | { [L in ListName]: { readonly list: L; readonly items: GatewaySite[L] } }[ListName];

/** Points of one piece, or entries of a list that weigh about as much. */
const MOST = 50;

function* parted<T>(list: readonly T[], weightOf: (each: T) => number = () => 1): Generator<readonly T[]> {
  let [from, weight] = [0, 0];
  for (const [i, each] of list.entries()) {
    weight += weightOf(each);
    if (weight < MOST) continue;
    yield list.slice(from, i + 1);
    [from, weight] = [i + 1, 0];
  }
  if (from < list.length) yield list.slice(from);
}

/** A site taken apart, for one thread to give to another. */
export function piecesOf(site: GatewaySite): { readonly head: SiteHead; readonly pieces: Iterator<Piece, void> } {
  const { rules: _, permits: __, cards: ___, outputs: ____, points, links, ...rest } = site;
  const measured = links.reduce(
    (sum, { devices }) => sum + devices.reduce((all, each) => all + each.points.length, 0),
    0,
  );
  function* pieces(): Generator<Piece, void> {
    for (const { id, devices } of links) {
      const weightOf = (device: SiteDevice) => Math.max(1, device.points.length);
      for (const items of parted(devices, weightOf)) yield { list: 'devices', link: id, items };
    }
    // Before them are those of the devices, in the order of the links.
    for (const items of parted(points.slice(measured))) yield { list: 'points', items };
    for (const items of parted(site.rules)) yield { list: 'rules', items };
    for (const items of parted(site.permits)) yield { list: 'permits', items };
    for (const items of parted(site.cards)) yield { list: 'cards', items };
    for (const items of parted(site.outputs)) yield { list: 'outputs', items };
  }
  return { head: { ...rest, links: links.map(({ devices: _, ...link }) => link) }, pieces: pieces() };
}

/**
 * A site put together from its pieces. What is equal to a part of the site before is that very part, so that who looks for
 * what has changed need only look at what is new.
 */
export class SiteBuilder {
  readonly #head: SiteHead;
  readonly #before: GatewaySite | null;
  readonly #known: Readonly<Record<'devices' | 'points' | ListName, ReadonlyMap<string, unknown>>>;
  readonly #devices: ReadonlyMap<string, SiteDevice[]>;
  readonly #points: SitePoint[] = [];
  readonly #lists: { readonly [L in ListName]: GatewaySite[L][number][] } = {
    rules: [],
    permits: [],
    cards: [],
    outputs: [],
  };

  constructor(head: SiteHead, before: GatewaySite | null) {
    this.#head = head;
    this.#before = before;
    const byName = <T>(list: readonly T[] | undefined, nameOf: (each: T) => string) =>
      new Map((list ?? []).map((each) => [nameOf(each), each]));
    const byId = ({ id }: { readonly id: string }) => id;
    this.#known = {
      devices: byName(
        before?.links.flatMap(({ devices }) => devices),
        byId,
      ),
      points: byName(before?.points, ({ key }) => key),
      rules: byName(before?.rules, byId),
      permits: byName(before?.permits, byId),
      cards: new Map(),
      outputs: byName(before?.outputs, byId),
    };
    this.#devices = new Map(head.links.map(({ id }) => [id, []]));
  }

  add(piece: Piece): void {
    switch (piece.list) {
      case 'devices':
        this.#devices.get(piece.link)?.push(...piece.items.map((device) => this.#device(device)));
        return;
      case 'points':
        this.#points.push(...piece.items.map((point) => this.#same('points', point.key, point)));
        return;
      case 'cards':
        this.#lists.cards.push(...piece.items);
        return;
      case 'rules':
        this.#lists.rules.push(...piece.items.map((each) => this.#same('rules', each.id, each)));
        return;
      case 'permits':
        this.#lists.permits.push(...piece.items.map((each) => this.#same('permits', each.id, each)));
        return;
      case 'outputs':
        this.#lists.outputs.push(...piece.items.map((each) => this.#same('outputs', each.id, each)));
        return;
      default:
        piece satisfies never;
    }
  }

  /** When all pieces are in. */
  build(): GatewaySite {
    const links = this.#head.links.map((link): SiteLink => {
      const made = { ...link, devices: this.#devices.get(link.id) ?? [] };
      const old = this.#before?.links.find(({ id }) => id === link.id);
      return old !== undefined && isSameLink(old, made) ? old : made;
    });
    const measured = links.flatMap(({ devices }) => devices.flatMap(({ points }) => points));
    return { ...this.#head, ...this.#lists, links, points: [...measured, ...this.#points] };
  }

  #device(device: SiteDevice): SiteDevice {
    const same = this.#same('devices', device.id, device);
    if (same !== device) return same;
    return { ...device, points: device.points.map((point) => this.#same('points', point.key, point)) };
  }

  #same<T>(list: 'devices' | 'points' | ListName, name: string, made: T): T {
    const old = this.#known[list].get(name);
    // Of the same list, and equal.
    return isDeepStrictEqual(old, made) ? (old as T) : made;
  }
}

function isSameLink({ devices, ...old }: SiteLink, { devices: others, ...made }: SiteLink): boolean {
  const isSame = devices.length === others.length && devices.every((device, i) => device === others[i]);
  return isSame && isDeepStrictEqual(old, made);
}
