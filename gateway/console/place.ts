const PAGES = ['alarms', 'duty', 'permits', 'points', 'system', 'welcome'] as const;
export type PageName = (typeof PAGES)[number];

/** Where one is, as the address says it after `#/`: it can be bookmarked, and Back works. */
export interface PlaceNow {
  readonly page: PageName;
  /** The alarm that is open beside the list. */
  readonly alarm: string | null;
  /** The part of the list that is shown alone. */
  readonly only: string | null;
  readonly point: string | null;
  /** Of a one-time link. */
  readonly secret: string;
}

const isPage = (name: string): name is PageName => PAGES.some((page) => page === name);

let read: string | undefined;
let place: PlaceNow = { page: 'alarms', alarm: null, only: null, point: null, secret: '' };

/** The same object while the address is the same. */
function now(): PlaceNow {
  if (location.hash === read) return place;
  read = location.hash;
  const [path = '', query = ''] = read.replace(/^#\/?/, '').split('?');
  const given = new URLSearchParams(query);
  place = {
    page: isPage(path) ? path : 'alarms',
    alarm: given.get('alarm'),
    only: given.get('only'),
    point: given.get('point'),
    secret: given.get('secret') ?? '',
  };
  return place;
}

export const Place = {
  now,
  /** What stays in the address while an alarm is opened and closed. */
  kept(): Readonly<Record<string, string>> {
    const { only } = now();
    return only === null ? {} : { only };
  },
  go(page: PageName, query: Readonly<Record<string, string>> = {}): void {
    const text = new URLSearchParams(query).toString();
    location.hash = `#/${page}${text === '' ? '' : `?${text}`}`;
  },
};

export function subscribePlace(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
}
