import { addDays, type Zone } from '#kit/zone.ts';
import type { Permit, PermitView } from './permit.ts';
import { HOURS, isDated } from './permit-dates.ts';
import { type RulePoint, selects } from './point.ts';

/** Whether granted work covers an instant, had covered what came before it since a while, or neither. */
export type Standing = 'covered' | 'ended' | 'absent';

const DAY_MS = 86_400_000;
const DAY_MINUTES = 1440;

/** UTC ms; `to` is not in it. */
interface Span {
  readonly from: number;
  readonly to: number;
}

interface Night extends Span {
  readonly date: string;
}

/** Stretches of dates that are remembered; of one site and day there are a few. */
const MOST_KNOWN = 1000;

/** Hours of a day by the site's zone, worked out once for all permits that have them: its calendar is slow. */
export class Nights {
  readonly zone: Zone;
  readonly #known = new Map<string, readonly Night[]>();

  constructor(zone: Zone) {
    this.zone = zone;
  }

  /** Those of the dates from the one before `first` to that of `last`; minutes of the day, `to` past 1440 over midnight. */
  of(from: number, to: number, first: number, last: number): readonly Night[] {
    const [begin, end] = [addDays(this.zone.date(first), -1), this.zone.date(last)];
    const key = `${from} ${to} ${begin} ${end}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const nights: Night[] = [];
    for (let date = begin; date <= end; date = addDays(date, 1)) {
      nights.push({ date, from: this.zone.instant(date, from), to: this.zone.instant(date, to) });
    }
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(key, nights);
    return nights;
  }
}

/** A permit with its times worked out in the site's zone. An opening includes its first instant and not its last. */
export class Filing {
  readonly permit: Permit;
  /** What it cannot cover anything outside of: to a day or two, and worked out without the zone's calendar, which is slow. */
  readonly rough: Span;
  #whole: Span | null = null;
  readonly #zone: Zone;
  readonly #nights: Nights;
  readonly #hours: { readonly from: number; readonly to: number } | null;

  constructor(permit: Permit, zone: Zone, nights = new Nights(zone)) {
    this.permit = permit;
    this.#zone = zone;
    this.#nights = nights;
    const [, fromHour, fromMinute, toHour, toMinute] = HOURS.exec(permit.hours ?? '') ?? [];
    const from = Number(fromHour) * 60 + Number(fromMinute);
    const to = Number(toHour) * 60 + Number(toMinute);
    this.#hours = permit.hours === undefined ? null : { from, to: to > from ? to : to + DAY_MINUTES };
    const slack = isDated(permit) ? DAY_MS : 0;
    this.rough = { from: Date.parse(permit.from) - slack, to: Date.parse(permit.to) + 3 * slack };
  }

  /** Whether their times touch. Dates of one zone are held against each other without its calendar. */
  meets(other: Filing): boolean {
    const isDates = isDated(this.permit) && isDated(other.permit);
    const [own, others] = isDates ? [this.#wall, other.#wall] : [this.whole, other.whole];
    return own.from < others.to && others.from < own.to;
  }

  /** Its dates and hours by the clock on the wall. */
  get #wall(): Span {
    const { from = 0, to = DAY_MINUTES } = this.#hours ?? {};
    const { permit } = this;
    return { from: Date.parse(permit.from) + from * 60_000, to: Date.parse(permit.to) + to * 60_000 };
  }

  /** The first instant that it can cover, and the first after which it never does. */
  get whole(): Span {
    this.#whole ??= isDated(this.permit)
      ? {
          from: this.#zone.instant(this.permit.from, this.#hours?.from ?? 0),
          to: this.#zone.instant(this.permit.to, this.#hours?.to ?? DAY_MINUTES),
        }
      : this.rough;
    return this.#whole;
  }

  covers(at: number): boolean {
    if (at < this.rough.from || at >= this.rough.to) return false;
    return this.#spans(at, at).some(({ from, to }) => from <= at && at < to);
  }

  /** When it last ceased to cover, at `at` or up to a day before; before any time when it did not. */
  endedAt(at: number): number {
    return Math.max(...this.#spans(at - DAY_MS, at).map(({ to }) => (to <= at ? to : Number.NEGATIVE_INFINITY)));
  }

  /** The next instant after `at` at which it may begin or cease to cover; Infinity when there is none. */
  nextChange(at: number): number {
    if (at >= this.whole.to) return Number.POSITIVE_INFINITY;
    if (at < this.whole.from) return this.whole.from;
    const edges = this.#spans(at, at + DAY_MS).flatMap(({ from, to }) => [from, to]);
    return Math.min(...edges.filter((edge) => edge > at), Math.min(this.whole.to, at + DAY_MS));
  }

  /** What it covers that touches `first` to `last`. */
  #spans(first: number, last: number): readonly Span[] {
    const { whole } = this;
    if (last < whole.from || first > whole.to) return [];
    if (this.#hours === null) return [whole];
    const spans: Span[] = [];
    for (const { date, ...night } of this.#nights.of(this.#hours.from, this.#hours.to, first, last)) {
      if (isDated(this.permit) && (date < this.permit.from || date > this.permit.to)) continue;
      const from = Math.max(whole.from, night.from);
      const to = Math.min(whole.to, night.to);
      if (from < to) spans.push({ from, to });
    }
    return spans;
  }
}

/** The permits of a site: what covers a point at an instant, and when that changes next. */
export class PermitBook {
  readonly #nights: Nights;
  readonly #filings = new Map<string, Filing>();
  /** Those that can matter on one day (of UTC), so that years of filings cost an instant nothing. */
  #near = new Map<string, Filing>();
  /** Of these by the devices that they name, and those that name none. */
  #byDevice = new Map<string, Filing[]>();
  #general: Filing[] = [];
  #nearDay = Number.NaN;
  /** When the next begins that is not among them. */
  #later = Number.POSITIVE_INFINITY;

  constructor(permits: readonly Permit[], zone: Zone) {
    this.#nights = new Nights(zone);
    this.set(permits);
  }

  /** Whether these very permits are in it, and no others, by that zone. */
  isOf(permits: readonly Permit[], zone: Zone): boolean {
    const isSame = permits.length === this.#filings.size && zone.name === this.#nights.zone.name;
    return isSame && permits.every((permit) => this.#filings.get(permit.id)?.permit === permit);
  }

  /** New ones, and ones that have changed; gives those that were there under their numbers. */
  set(permits: readonly Permit[]): readonly Permit[] {
    const before: Permit[] = [];
    for (const permit of permits) {
      const old = this.#filings.get(permit.id);
      if (old !== undefined) before.push(old.permit);
      const filing = new Filing(permit, this.#nights.zone, this.#nights);
      this.#filings.set(permit.id, filing);
      if (Number.isNaN(this.#nearDay)) continue;
      // What was near in its place is put in anew with all others.
      if (old === undefined) this.#sort(filing, this.#nearDay);
      else this.#nearDay = Number.NaN;
    }
    return before;
  }

  /** Of these, those that are others than it has. */
  bring(permits: readonly Permit[]): void {
    this.set(permits.filter((permit) => this.#filings.get(permit.id)?.permit !== permit));
  }

  /**
   * The permit to be named for a point at `at`, or null. One whose window is over is named `expired`
   * when it ended at or after `since`; one that has not begun is not named.
   */
  find(kind: string, point: RulePoint, at: number, since: number): PermitView | null {
    let best: Filing | undefined;
    let bestRank = -1;
    for (const filing of this.#nearby(at, point)) {
      const { permit } = filing;
      if (permit.kind !== kind || !selects(permit.on, point)) continue;
      const covers = filing.covers(at);
      if (!covers && filing.endedAt(at) < since) continue;
      // Of several, the one that says most: what covers the instant before what is over, granted before all others.
      const rank = (covers ? 2 : 0) + (permit.status === 'granted' ? 1 : 0);
      if (rank < bestRank || (rank === bestRank && best !== undefined && filing.whole.to <= best.whole.to)) continue;
      best = filing;
      bestRank = rank;
    }
    if (best === undefined) return null;
    const { id, status } = best.permit;
    return { id, status: status === 'granted' && bestRank < 2 ? 'expired' : status };
  }

  /** How granted permits stand to a point at `at`: over are those that ended after `since`. */
  standing(kind: string, point: RulePoint, at: number, since: number): Standing {
    let standing: Standing = 'absent';
    for (const filing of this.#nearby(at, point)) {
      const { permit } = filing;
      if (permit.status !== 'granted' || permit.kind !== kind || !selects(permit.on, point)) continue;
      if (filing.covers(at)) return 'covered';
      if (filing.endedAt(at) > since) standing = 'ended';
    }
    return standing;
  }

  /** The next instant after `at` at which some permit may begin or end, or Infinity; of these permits alone, if given. */
  nextChange(at: number, only?: readonly Permit[]): number {
    this.#look(at);
    const found = only?.flatMap(({ id }) => this.#near.get(id) ?? []) ?? this.#near.values();
    let next = this.#later > at ? this.#later : Number.POSITIVE_INFINITY;
    // Of many that say the same, one is enough.
    const asked = new Set<string>();
    for (const filing of found) {
      const { from, to, hours } = filing.permit;
      const key = `${from} ${to} ${hours}`;
      if (asked.has(key)) continue;
      asked.add(key);
      next = Math.min(next, filing.nextChange(at));
    }
    return next;
  }

  *#nearby(at: number, { device }: RulePoint): Generator<Filing> {
    this.#look(at);
    yield* this.#byDevice.get(device) ?? [];
    yield* this.#general;
  }

  #look(at: number): void {
    const day = Math.floor(at / DAY_MS);
    if (day === this.#nearDay) return;
    this.#nearDay = day;
    this.#later = Number.POSITIVE_INFINITY;
    this.#near = new Map();
    this.#byDevice = new Map();
    this.#general = [];
    for (const filing of this.#filings.values()) this.#sort(filing, day);
  }

  #sort(filing: Filing, day: number): void {
    const { from, to } = filing.rough;
    if (from >= (day + 1) * DAY_MS) {
      this.#later = Math.min(this.#later, from);
      return;
    }
    // What has ended is remembered for a day.
    if (to < (day - 1) * DAY_MS) return;
    const { id, on } = filing.permit;
    this.#near.set(id, filing);
    if (on.device === undefined) this.#general.push(filing);
    for (const device of [on.device ?? []].flat()) {
      const here = this.#byDevice.get(device);
      if (here === undefined) this.#byDevice.set(device, [filing]);
      else here.push(filing);
    }
  }
}
