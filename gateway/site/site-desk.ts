import { codeOf, Fault, textOf } from '#kit/fault.ts';
import { encodeProblem } from '../../config/check-report.ts';
import type { LoadOptions } from '../../config/load.ts';
import type { Loaded } from '../../config/site.ts';
import { NOTHING } from '../alarms/step.ts';
import type { SiteAnswer, SiteHistory, SiteRefusal } from '../api/context.ts';
import type { DeviceAuthor } from '../api/device-desk.ts';
import type { GatewaySite } from '../kinds.ts';
import type { LedgerBatch } from '../ledger/ledger.ts';
import { reload, type Works } from '../reload.ts';
import { DirectoryLook } from './directory-look.ts';
import { type About, type KeptSite, KeptSites } from './kept-sites.ts';
import { changesOf, isNothing, type SiteChanged, siteChanged } from './site-changed.ts';
import { changedFiles, checkFiles, type SiteEdit, textsOf, writeFiles } from './site-editing.ts';
import { differFiles, hashFiles, hashSite, readSiteFiles, type SiteFiles } from './site-files.ts';
import { lockSite } from './site-lock.ts';
import { planSite, type SitePlan } from './site-plan.ts';
import { editRefusalOf, notRight, refused, textOfRefused } from './site-refused.ts';
import { loadFiles, type SiteSource } from './site-start.ts';
import { SiteWorker } from './site-worker.ts';

export interface SiteStatus {
  readonly number: number | null;
  readonly hash: string;
  /** Since start. */
  readonly reloads: number;
  readonly failures: number;
  /** Why the last one was refused; null once one was not. */
  readonly error: string | null;
  /** Files of the directory that are otherwise than what runs, when it was last looked at. */
  readonly difference: SiteHistory['difference'];
}

/** A site that is wanted in the place of the present one. */
interface Wanted {
  readonly files: SiteFiles;
  readonly loaded: Loaded<GatewaySite>;
  readonly from: About['from'];
  readonly of: number | null;
}

/** Under which the ledger knows which site it was last told of, beside the states of rules. */
const TOLD_SITE = 'gengfu.site';

/**
 * Where the site of a gateway at work is changed, by whoever asks: one change at a time, its answer, and the sites that
 * were applied before. On any failure the site before goes on.
 */
export class SiteDesk implements AsyncDisposable {
  readonly #works: Works;
  readonly #source: SiteSource;
  readonly #kept: KeptSites;
  readonly #closing = new AbortController();
  /** Of the files of what runs, each and all. */
  #files: ReadonlyMap<string, string>;
  #hash: string;
  /** The copy that was kept of it, once it is. */
  #present: KeptSite | null;
  #begun: Promise<void> = Promise.resolve();
  #running: Promise<unknown> | null = null;
  /** Who asked by a signal while a change was under way. */
  #again: string | null = null;
  #reloads = 0;
  #failures = 0;
  #error: string | null = null;
  readonly #look: DirectoryLook;
  /** Changes of the site's files are worked out by it. */
  readonly worker: SiteWorker;

  constructor(works: Works, source: SiteSource) {
    this.#works = works;
    this.#source = source;
    this.#files = hashFiles(source.files);
    this.#hash = hashSite(source.files);
    this.#present = source.kept;
    this.#kept = new KeptSites(works.data);
    this.worker = new SiteWorker(works.wire);
    this.#look = new DirectoryLook(source.dir, () => this.#files, works.wire, works.log);
  }

  status(): SiteStatus {
    return {
      number: this.#present?.number ?? null,
      hash: this.#hash,
      reloads: this.#reloads,
      failures: this.#failures,
      error: this.#error,
      difference: this.#look.difference,
    };
  }

  /** At the start: keeps what runs, and tells of it where the ledger was last told of another. A change waits for it. */
  begin(saved: ReadonlyMap<string, object>): void {
    const told = (saved.get(TOLD_SITE) as { readonly hash: string } | undefined)?.hash ?? null;
    this.#begun = this.#begin(told);
  }

  /** Applies the site's directory as it is now. Refused while another change is under way. */
  reload(by: string, from?: string): Promise<SiteAnswer> {
    return this.#inTurn(by, from, async () => {
      const { dir, env } = this.#source;
      return { ...(await loadFiles(dir, env === undefined ? {} : { env }, this.#read)), from: 'directory', of: null };
    });
  }

  /** Puts a kept site back, in the place of the directory as it is now, until that is changed or applied. */
  back(number: number, by: string, from?: string): Promise<SiteAnswer> {
    return this.#inTurn(by, from, async () => {
      const kept = (await this.#kept.list()).find((each) => each.number === number);
      if (kept === undefined) return refused('no-such-site', `no applied site ${number} is kept`, HISTORY);
      const { dir: secretsDir, env } = this.#source;
      const found = await loadFiles(kept.path, { secretsDir, ...(env === undefined ? {} : { env }) }, this.#read);
      return { ...found, from: 'back', of: number };
    });
  }

  /**
   * Applies a site that an upstream sends, in the place of the directory. Where the directory has changes that are not
   * applied it is refused, with the difference, unless `over` is the hash of the directory: whoever sends it has seen them.
   */
  apply(files: SiteFiles, by: string, over: string | null): Promise<SiteAnswer> {
    return this.#inTurn(by, undefined, async () => {
      const directory = await readSiteFiles(this.#source.dir);
      const seen = this.#present?.directory ?? this.#hash;
      if (hashSite(directory) !== seen && hashSite(directory) !== over) {
        return this.#differs(directory);
      }
      const about = { at: this.#works.clock.now(), by, from: 'upstream' as const, of: null, directory: null };
      const pending = await this.#kept.write(files, about);
      return { files, loaded: await this.#load(pending.path, 'error'), from: 'upstream', of: null };
    });
  }

  /**
   * Changes files of the site's directory and applies them: checked whole before one is written, and put back as they were
   * where the change is refused. Where the directory has what is not applied, it is refused unless `withEdits`.
   */
  edit(edit: SiteEdit, { by, from, withEdits, isTrial }: DeviceAuthor): Promise<SiteAnswer> {
    const { dir, env } = this.#source;
    return this.#inTurn(
      by,
      from,
      async () => {
        await using _ = await lockSite(dir);
        const directory = await readSiteFiles(dir);
        if (withEdits !== true && hashSite(directory) !== this.#hash) return this.#differs(directory, WITH_EDITS);
        const changes = await edit(textsOf(directory));
        const files = changedFiles(directory, changes);
        const loaded = await checkFiles(files, dir, env === undefined ? {} : { env }, this.#read);
        if (loaded.site === null) return notRight(loaded);
        if (isTrial === true) return this.#wouldBe(loaded.site, loaded.problems.map(encodeProblem));
        const undo = await writeFiles(dir, directory, changes);
        try {
          const answer = await this.#apply({ files, loaded, from: 'directory', of: null }, by, from);
          if (answer.status === 'refused') await undo();
          return answer;
        } catch (error) {
          await undo();
          throw error;
        }
      },
      true,
    );
  }

  async history(): Promise<SiteHistory> {
    await this.#look.look();
    const sites = (await this.#kept.list()).map(({ number, at, hash, by, from, of }) => ({
      number,
      at,
      hash,
      by,
      from,
      of,
    }));
    return { sites, difference: this.#look.difference };
  }

  /** SIGHUP: as `reload`; while one is under way, once more after it, however often it is asked. */
  hangUp(by: string): void {
    if (this.#closing.signal.aborted) return;
    if (this.#running === null) void this.reload(by);
    else this.#again = by;
  }

  /** A change under way is brought to its end, or given up where it only waits. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#look[Symbol.dispose]();
    await this.#begun;
    await this.#running;
    await this.worker[Symbol.asyncDispose]();
  }

  async #begin(told: string | null): Promise<void> {
    const { log, live, present } = this.#works;
    const hash = this.#hash;
    try {
      this.#present = await this.#keepAtStart(hash);
      if (told !== hash) {
        const before = (await this.#kept.list()).find((each) => each.hash === told);
        const old = before === undefined ? null : (await this.#load(before.path, 'warning')).site;
        // A new box has nothing to tell.
        const plan = old === null ? null : planSite(old, present.site);
        const entries = told === null ? [] : [this.#entry(plan, told, this.#present)];
        void live.keep(NOTHING, entries, toldState(hash));
      }
    } catch (error) {
      // A disk that takes nothing must not keep the watch from starting: it is told of at the next start.
      log.error({ code: codeOf(error) }, `the site that runs is not kept: ${textOf(error)}`);
    }
    await this.#look.look();
  }

  async #keepAtStart(hash: string): Promise<KeptSite> {
    const [last] = await this.#kept.list();
    if (last?.hash === hash) return last;
    const about = { at: this.#works.clock.now(), by: 'start', from: 'directory', of: null, directory: hash } as const;
    return await (await this.#kept.write(this.#source.files, about)).commit();
  }

  async #inTurn(
    by: string,
    from: string | undefined,
    want: () => Promise<Wanted | SiteAnswer>,
    isEdit = false,
  ): Promise<SiteAnswer> {
    if (this.#closing.signal.aborted) return refused('site-busy', 'the gateway is ending');
    if (this.#running !== null) return refused('site-busy', 'another change of the site is under way', 'try again');
    const running = this.#begun.then(() => this.#try(by, from, want));
    this.#running = running;
    const answer = await running;
    this.#note(answer, by, isEdit);
    this.#ended();
    return answer;
  }

  #differs(directory: SiteFiles, hint?: string): SiteAnswer {
    const problems = differFiles(this.#files, hashFiles(directory)).map(({ file, change }) => ({
      path: file,
      message: `${change} on the box, and not applied`,
    }));
    const message = `the site's directory was changed on the box: its hash is ${hashSite(directory)}`;
    return refused('site-differs', message, hint, problems);
  }

  #wouldBe(site: GatewaySite, warnings: readonly string[]): SiteAnswer {
    const changes = changesOf(planSite(this.#works.present.site, site));
    return { status: 'unchanged', number: this.#present?.number ?? 0, hash: this.#hash, changes, warnings };
  }

  #ended(): void {
    this.#running = null;
    const again = this.#again;
    this.#again = null;
    if (again !== null) this.hangUp(again);
  }

  async #try(by: string, from: string | undefined, want: () => Promise<Wanted | SiteAnswer>): Promise<SiteAnswer> {
    try {
      const wanted = await want();
      return 'status' in wanted ? wanted : await this.#apply(wanted, by, from);
    } catch (error) {
      const hint = error instanceof Fault ? error.hint : undefined;
      return refused(editRefusalOf(error) ?? 'site-failed', textOf(error), hint);
    }
  }

  async #apply(wanted: Wanted, by: string, from: string | undefined): Promise<SiteAnswer> {
    const works = this.#works;
    const { site, problems } = wanted.loaded;
    if (site === null) return notRight(wanted.loaded);
    const warnings = problems.map(encodeProblem);
    const plan = planSite(works.present.site, site);
    if (plan.needsRestart.length > 0) {
      const what = plan.needsRestart.join(' and ');
      return refused('site-needs-restart', `${what} cannot be changed while the gateway runs`, 'restart the gateway');
    }
    const hash = hashSite(wanted.files);
    const isPresent = wanted.from === 'directory' && this.#present?.from === 'directory' && this.#present.hash === hash;
    const changes = changesOf(plan);
    if (isPresent && isNothing(plan)) {
      return { status: 'unchanged', number: this.#present?.number ?? 0, hash, changes, warnings };
    }
    const { durable, error = 'nothing can be stored' } = works.ledger.status();
    if (!durable) return refused('site-failed', `a change of the site must be stored first: ${error}`);

    const isDirectory = wanted.from === 'directory';
    const directory = isDirectory ? hash : hashSite(await readSiteFiles(this.#source.dir));
    const about = { at: works.clock.now(), by, from: wanted.from, of: wanted.of, directory };
    const pending = await this.#kept.write(wanted.files, about);
    const previous = this.#hash;
    const kept = await reload(works, {
      ...{ site, plan, pending, signal: this.#closing.signal },
      tell: (as) => ({ told: [this.#entry(plan, previous, as)], states: toldState(hash) }),
    });
    this.#files = hashFiles(wanted.files);
    this.#hash = hash;
    this.#present = kept;
    this.#audit(kept, by, from);
    return { status: 'applied', number: kept.number, hash, changes, warnings };
  }

  #entry(plan: SitePlan | null, previous: string, kept: Pick<KeptSite, 'number' | 'hash' | 'by' | 'from' | 'of'>) {
    const { live, clock } = this.#works;
    const { number, hash, by, from, of } = kept;
    const changes = plan === null ? null : changesOf(plan);
    const data: SiteChanged = { number, hash, previous, by, from, of, changes };
    return siteChanged(live.judge.zone.encode(clock.now()), data);
  }

  /** Not on the loop that alarms run on. */
  readonly #read = (dir: string, options: LoadOptions) => this.worker.load(dir, options, this.#works.present.site);

  #load(path: string, missingSecrets: 'error' | 'warning'): Promise<Loaded<GatewaySite>> {
    const { dir: secretsDir, env } = this.#source;
    return this.#read(path, { secretsDir, missingSecrets, ...(env === undefined ? {} : { env }) });
  }

  #audit({ number, hash, from: source, of }: KeptSite, by: string, from: string | undefined): void {
    const { accounts, clock, log } = this.#works;
    const line = { at: clock.now(), who: by, what: 'site-applied', detail: { number, hash, source, of } };
    accounts.audit({ ...line, ...(from === undefined ? {} : { from }) }).catch((error: unknown) => {
      log.error({ what: line.what, error: textOf(error) }, 'audit line not stored');
    });
  }

  #note(answer: SiteAnswer, by: string, isEdit: boolean): void {
    const { log } = this.#works;
    if (answer.status === 'refused') {
      const { code, message, hint, problems } = answer;
      // Asked wrongly, or too often: nothing failed.
      if (ASKED_WRONGLY.has(code) || (isEdit && code === 'site-invalid')) return;
      this.#failures++;
      this.#error = textOfRefused(answer);
      log.error({ by, code, hint, problems }, `the site is not changed, the one before goes on: ${message}`);
      void this.#look.look();
      return;
    }
    this.#error = null;
    const { status, number, hash, warnings } = answer;
    if (status === 'applied') this.#reloads++;
    log.info({ by, number, hash, warnings }, `the site is ${status}`);
    void this.#look.look();
  }
}

/** What only says that it was not asked for in the right way, or at the right time. */
const ASKED_WRONGLY: ReadonlySet<SiteRefusal> = new Set([
  ...(['site-busy', 'no-such-site', 'site-differs', 'site-edit', 'no-such-device', 'site-unwritable'] as const),
]);

const WITH_EDITS = 'apply or undo them first (gengfu site reload), or ask for them with it (--with-edits)';
const HISTORY = 'gengfu site history tells which are';

const toldState = (hash: string): LedgerBatch['rules'] => [{ key: TOLD_SITE, state: { hash } }];
