const PAGES = ['alarms', 'points', 'system', 'welcome'] as const;
export type PageName = (typeof PAGES)[number];

/** Where one is, as the address says it after `#/`: it can be bookmarked, and Back works. */
export interface PlaceNow {
  readonly page: PageName;
  /** The alarm that is open beside the list. */
  readonly alarm: string | null;
  readonly point: string | null;
  /** Of a one-time link. */
  readonly secret: string;
}

const isPage = (name: string): name is PageName => PAGES.some((page) => page === name);

let read: string | undefined;
let place: PlaceNow = { page: 'alarms', alarm: null, point: null, secret: '' };

/** The same object while the address is the same. */
function now(): PlaceNow {
  if (location.hash === read) return place;
  read = location.hash;
  const [path = '', query = ''] = read.replace(/^#\/?/, '').split('?');
  const given = new URLSearchParams(query);
  place = {
    page: isPage(path) ? path : 'alarms',
    alarm: given.get('alarm'),
    point: given.get('point'),
    secret: given.get('secret') ?? '',
  };
  return place;
}

export const Place = {
  now,
  go(page: PageName, query: Readonly<Record<string, string>> = {}): void {
    const text = new URLSearchParams(query).toString();
    location.hash = `#/${page}${text === '' ? '' : `?${text}`}`;
  },
};

export function subscribePlace(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
}
