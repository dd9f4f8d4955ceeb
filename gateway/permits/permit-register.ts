import { isDeepStrictEqual } from 'node:util';
import { Fault } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { Slices } from '#kit/slices.ts';
import { openZone, type Zone } from '#kit/zone.ts';
import type { EntryDraft } from '../alarms/alarm-event.ts';
import type { Instant } from '../judge/judge.ts';
import type { AuditLine } from '../ledger/accounts.ts';
import type {
  Overlap,
  Permit,
  PermitAuthor,
  PermitChange,
  PermitEntry,
  PermitPage,
  PermitQuery,
  PermitReceipt,
  Permits,
} from '../rules/permit.ts';
import { Filing, Nights } from '../rules/permit-book.ts';
import { type RulePoint, selects } from '../rules/point.ts';
import { PERMIT_FAULTS } from './faults.ts';
import { overlapping, overlaps } from './overlaps.ts';

export const PERMIT_CHANGED = 'city.gengfu.permit.changed';
/** Permits that are kept beside those of the site's files. */
export const MOST_PERMITS = 20_000;
const MOST_MATCHED = 1000;
/** What has ended so long ago makes room when the bound is reached; the log keeps its changes. */
const KEEP_MS = 400 * 86_400_000;

/** A permit that did not come from the site's files, as the ledger keeps it. */
export interface PermitRecord {
  readonly permit: Permit;
  /** Counts its changes; what comes with a number that is not above it has been done already. */
  readonly revision: number;
  readonly source: PermitAuthor['source'];
  readonly by: string;
  /** UTC milliseconds of the change. */
  readonly at: number;
}

/** What is stored of a change, in one transaction. */
export interface PermitBatch {
  readonly told: readonly EntryDraft[];
  readonly permits: readonly { readonly id: string; readonly state: PermitRecord | null }[];
  readonly audit: readonly AuditLine[];
}

export interface PermitSite {
  readonly timeZone: string;
  readonly permits: readonly Permit[];
  readonly points: readonly RulePoint[];
}

export interface PermitRegisterOptions {
  readonly site: PermitSite;
  /** As the ledger had them at the start. */
  readonly stored: readonly PermitRecord[];
  instant(): Instant;
  /** Takes them to the rules at that instant, and to the disk; false when they are not durable in time. */
  apply(permits: readonly Permit[], batch: PermitBatch, instant: Instant): Promise<boolean>;
}

/**
 * The permits of a gateway: those of the site's files, and those that the API, a CSV or the platform has brought, which
 * are kept by the ledger and win over a file's of the same number. What differs is shown and never lost.
 */
export class PermitRegister implements Permits {
  readonly #options: PermitRegisterOptions;
  readonly #stored = new Map<string, PermitRecord>();
  /** Whether a selector matches a point of the site. */
  readonly #matched = new Map<string, boolean>();
  #site: PermitSite;
  #zone: Zone;
  #nights: Nights;
  #sorted: readonly string[] | null = null;
  /** Those of the site's files by number. */
  #files: ReadonlyMap<string, Permit>;

  constructor(options: PermitRegisterOptions) {
    this.#options = options;
    this.#site = options.site;
    this.#zone = openZone(options.site.timeZone);
    this.#nights = new Nights(this.#zone);
    this.#files = byNumber(options.site.permits);
    for (const record of options.stored) this.#stored.set(record.permit.id, record);
  }

  get zone(): Zone {
    return this.#zone;
  }

  /** The site has been changed: its files' permits, points and zone are others. */
  changeSite(site: PermitSite): void {
    this.#site = site;
    this.#zone = openZone(site.timeZone);
    this.#nights = new Nights(this.#zone);
    this.#files = byNumber(site.permits);
    this.#sorted = null;
    this.#matched.clear();
  }

  /** What counts: the files' permits, and over them those that were brought. */
  over(permits: readonly Permit[]): readonly Permit[] {
    const own = permits.filter(({ id }) => !this.#stored.has(id));
    return [...own, ...this.brought()];
  }

  /** Those that did not come from the site's files. */
  brought(): readonly Permit[] {
    return [...this.#stored.values()].map((record) => record.permit);
  }

  /** Tells the log of those of the site's files that say otherwise than what was brought. */
  tellDiffering(log: Log): void {
    const now = this.#options.instant().at;
    for (const record of this.#stored.values()) {
      if (this.#storedEntry(record, now).differs === null) continue;
      log.warn(
        { permit: record.permit.id },
        "a permit of the site's files says otherwise than the one that was brought, which counts",
      );
    }
  }

  /** By number. */
  list(): readonly PermitEntry[] {
    const now = this.#options.instant().at;
    const stored = [...this.#stored.values()].map((record) => this.#storedEntry(record, now));
    const own = this.#site.permits
      .filter(({ id }) => !this.#stored.has(id))
      .map((permit) => this.#fileEntry(permit, now));
    return [...own, ...stored].sort((a, b) => (a.permit.id < b.permit.id ? -1 : 1));
  }

  async page({ status, covers, after = '', limit }: PermitQuery): Promise<PermitPage> {
    const now = this.#options.instant().at;
    const permits: PermitEntry[] = [];
    let total = 0;
    const slices = new Slices();
    for (const id of this.#ids()) {
      if (slices.isOver) await slices.next();
      const permit = this.#stored.get(id)?.permit ?? this.#files.get(id);
      if (permit === undefined || (status !== undefined && permit.status !== status)) continue;
      if (covers !== undefined && this.#covers(permit, now) !== covers) continue;
      total++;
      const entry = id > after && permits.length < limit ? this.#entry(id, now) : null;
      if (entry !== null) permits.push(entry);
    }
    return { permits, total };
  }

  /** Throws a Fault `no-such-permit`. */
  find(id: string): PermitEntry {
    const entry = this.#entry(id, this.#options.instant().at);
    if (entry === null) throw new Fault(PERMIT_FAULTS.unknown, `There is no permit ${id}.`);
    return entry;
  }

  #entry(id: string, now: number): PermitEntry | null {
    const [record, file] = [this.#stored.get(id), this.#files.get(id)];
    if (record !== undefined) return this.#storedEntry(record, now);
    return file === undefined ? null : this.#fileEntry(file, now);
  }

  /** Numbers in their order, sorted once for all that ask before the next one is added. */
  #ids(): readonly string[] {
    this.#sorted ??= [...new Set([...this.#files.keys(), ...this.#stored.keys()])].sort();
    return this.#sorted;
  }

  #storedEntry(record: PermitRecord, now: number): PermitEntry {
    const file = this.#files.get(record.permit.id);
    const differs = file === undefined || isDeepStrictEqual(file, record.permit) ? null : file;
    return { ...record, covers: this.#covers(record.permit, now), differs };
  }

  #fileEntry(permit: Permit, now: number): PermitEntry {
    const covers = this.#covers(permit, now);
    return { permit, revision: 0, source: 'site', by: null, at: null, covers, differs: null };
  }

  /** Why a permit cannot be taken, whatever its number: it is on nothing that this site has. */
  flawOf({ on }: Permit): string | null {
    const key = JSON.stringify(on);
    const isThere = this.#matched.get(key) ?? this.#site.points.some((point) => selects(on, point));
    if (this.#matched.size >= MOST_MATCHED) this.#matched.clear();
    this.#matched.set(key, isThere);
    if (isThere) return null;
    const wanted = Object.entries(on).map(([name, value]) => `${name} ${[value].flat().join(', ')}`);
    return `no point of this site is of ${wanted.join(' and ')}`;
  }

  /** Whether all of them can be taken at once, and which of them overlap; in slices. Throws the Fault `too-many-permits`. */
  async look(permits: readonly Permit[], slices: Slices): Promise<readonly Overlap[]> {
    const ids = permits.map(({ id }) => id);
    this.#makeRoom(ids, this.#options.instant().at);
    const known = new Set(ids);
    const others = this.over(this.#site.permits).filter(({ id }) => !known.has(id));
    const { points, timeZone } = this.#site;
    const found = await slices.run(overlapping([...others, ...permits], points, timeZone));
    return found.filter((overlap) => known.has(overlap.id) || known.has(overlap.with));
  }

  /** Takes permits that were looked at together, as `change` does, without a word of those that overlap. */
  take(permits: readonly Permit[], author: PermitAuthor): Promise<PermitReceipt> {
    return this.#change(
      permits.map((permit) => ({ permit })),
      author,
      true,
    );
  }

  /**
   * Takes all of them or none, at this instant, and answers when that is durable. Throws a Fault: `permit-site`,
   * `permit-exists`, `permit-revision`, `too-many-permits`, `not-durable`.
   */
  change(changes: readonly PermitChange[], author: PermitAuthor): Promise<PermitReceipt> {
    return this.#change(changes, author, false);
  }

  async #change(changes: readonly PermitChange[], author: PermitAuthor, isLooked: boolean): Promise<PermitReceipt> {
    const instant = this.#options.instant();
    const { at } = instant;
    const files = this.#files;
    const records: { readonly record: PermitRecord; readonly before: Permit | null }[] = [];
    const unchanged: string[] = [];
    for (const change of changes) {
      const { permit } = change;
      const known = this.#stored.get(permit.id);
      const before = known?.permit ?? files.get(permit.id) ?? null;
      const present = known?.revision ?? 0;
      if (this.#isDone(change, before, present)) {
        unchanged.push(permit.id);
        continue;
      }
      const flaw = isLooked ? null : this.flawOf(permit);
      if (flaw !== null) throw new Fault(PERMIT_FAULTS.site, `Permit ${permit.id}: ${flaw}.`);
      const revision = change.revision ?? present + 1;
      records.push({ record: { permit, revision, source: author.source, by: author.by, at }, before });
    }
    const warnings = isLooked ? [] : this.#overlaps(records.map(({ record }) => record.permit));
    const changed = records.map(({ record }) => record.permit.id);
    if (records.length === 0) return { status: 'unchanged', changed, unchanged, warnings };
    const dropped = this.#makeRoom(changed, at);

    const isNew = records.some(({ record: { permit } }) => !this.#stored.has(permit.id) && !files.has(permit.id));
    if (isNew || dropped.length > 0) this.#sorted = null;
    for (const id of dropped) this.#stored.delete(id);
    for (const { record } of records) this.#stored.set(record.permit.id, record);
    const isDurable = await this.#options.apply(
      records.map(({ record }) => record.permit),
      {
        told: records.map(({ record, before }) => this.#told(record, before, author)),
        permits: [
          ...dropped.map((id) => ({ id, state: null })),
          ...records.map(({ record }) => ({ id: record.permit.id, state: record })),
        ],
        audit: records.map(({ record, before }) => auditOf(record, before, author)),
      },
      instant,
    );
    if (!isDurable) {
      throw new Fault(PERMIT_FAULTS.notDurable, 'Taken, but not on disk yet: look at the state of the ledger.');
    }
    return { status: 'done', changed, unchanged, warnings };
  }

  /** Whether it was done already: the same content, or an older number, which a newer one has overtaken. */
  #isDone({ permit, revision, isNew }: PermitChange, before: Permit | null, present: number): boolean {
    const isSame = before !== null && isDeepStrictEqual(before, permit);
    if (isNew === true && before !== null && !isSame) {
      throw new Fault(PERMIT_FAULTS.exists, `There is a permit ${permit.id} already.`, {
        hint: 'Change that one, or give the new one its own number.',
      });
    }
    if (revision === undefined) return isSame;
    if (revision < present) return true;
    if (revision > present) return false;
    if (isSame) return true;
    throw new Fault(
      PERMIT_FAULTS.revision,
      `Permit ${permit.id} has a revision ${revision} already, and it says something else.`,
      { hint: 'Look at it, and send the change with the next revision.' },
    );
  }

  #covers(permit: Permit, at: number): boolean {
    return permit.status === 'granted' && new Filing(permit, this.#zone, this.#nights).covers(at);
  }

  #overlaps(changed: readonly Permit[]): readonly Overlap[] {
    const ids = new Set(changed.map(({ id }) => id));
    const devices = new Set(changed.flatMap(({ on }) => on.device ?? []));
    const isEvery = changed.some(({ on }) => on.device === undefined);
    // The others need not be looked at, of which there may be thousands.
    const isNear = ({ on }: Permit) =>
      isEvery || on.device === undefined || [on.device].flat().some((device) => devices.has(device));
    const others = this.over(this.#site.permits).filter((permit) => !ids.has(permit.id) && isNear(permit));
    const own = overlaps([...others, ...changed], this.#site.points, this.#site.timeZone);
    return own.filter((overlap) => ids.has(overlap.id) || ids.has(overlap.with));
  }

  /** The numbers that go so that the others have room. */
  #makeRoom(wanted: readonly string[], at: number): string[] {
    const added = wanted.filter((id) => !this.#stored.has(id)).length;
    const over = this.#stored.size + added - MOST_PERMITS;
    if (over <= 0) return [];
    const old = [...this.#stored.values()]
      .map(({ permit }) => ({ id: permit.id, to: new Filing(permit, this.#zone).whole.to }))
      .filter(({ id, to }) => to < at - KEEP_MS && !wanted.includes(id))
      .sort((a, b) => a.to - b.to);
    if (old.length >= over) return old.slice(0, over).map(({ id }) => id);
    throw new Fault(PERMIT_FAULTS.tooMany, `No more than ${MOST_PERMITS} permits are kept, and ${over} are over that.`);
  }

  #told({ permit, revision, at }: PermitRecord, before: Permit | null, author: PermitAuthor): EntryDraft {
    const { by, source, note = null } = author;
    return {
      type: PERMIT_CHANGED,
      subject: permit.id,
      time: this.#zone.encode(at),
      data: { permit, previous: before, revision, source, by, note },
    };
  }
}

const byNumber = (permits: readonly Permit[]) => new Map(permits.map((permit) => [permit.id, permit]));

function auditOf({ permit, revision, at }: PermitRecord, before: Permit | null, author: PermitAuthor): AuditLine {
  const { by, source, from, note } = author;
  return {
    at,
    who: by,
    what: 'permit-changed',
    ...(from === undefined ? {} : { from }),
    detail: { permit: permit.id, revision, source, before, after: permit, ...(note === undefined ? {} : { note }) },
  };
}
