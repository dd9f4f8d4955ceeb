import type { Clock } from '#kit/clock.ts';
import { codeOf, Fault, textOf } from '#kit/fault.ts';
import { uuid7 } from '#kit/uuid.ts';

export interface Progress {
  readonly done: number;
  readonly total: number;
  /** Until it ends as things go, milliseconds; null while nobody can tell. */
  readonly etaMs: number | null;
  /** What it is at, for a person. */
  readonly at: string;
}

/** What a job says while it runs. `is` names what `said` holds. */
export interface News {
  /** From 1, without gaps: by it a reader knows what it has missed. */
  readonly number: number;
  readonly is: string;
  readonly said: unknown;
}

export type JobState = 'running' | 'done' | 'stopped' | 'timed-out' | 'failed';

/** One job as people see it. */
export interface JobView {
  readonly id: string;
  readonly kind: string;
  /** The link that it has for itself; null for none. */
  readonly link: string | null;
  readonly by: string;
  /** UTC milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly state: JobState;
  readonly progress: Progress | null;
  /** What it found; of one that was stopped, what it had found until then. */
  readonly result: unknown;
  readonly fault: { readonly code: string; readonly message: string; readonly hint?: string | undefined } | null;
}

/** What a job is handed. */
export interface JobTools {
  /** Aborted when it is stopped or its time is over. */
  readonly signal: AbortSignal;
  progress(progress: Progress): void;
  tell(is: string, said: unknown): void;
}

export interface JobSpec {
  readonly kind: string;
  readonly link: string | null;
  readonly by: string;
  /** It is ended after so long, milliseconds. */
  readonly limitMs: number;
  /** Gives its result, also when the signal is aborted; whatever it borrowed it has given back by then. */
  run(tools: JobTools): Promise<unknown>;
}

const MOST_RUNNING = 8;
/** Jobs that have ended are looked up so long as they are among the last of them. */
const MOST_ENDED = 20;
const MOST_NEWS = 1000;
const STOPPED = 'stopped';
const TIMED_OUT = 'timed-out';

interface Job {
  view: JobView;
  readonly stop: AbortController;
  readonly news: News[];
  readonly listeners: Set<(news: News) => void>;
  readonly ended: Promise<void>;
  count: number;
}

/** Runs jobs, one a link, each with an owner, a time limit and a stop. */
export class JobDesk implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #wire: Clock;
  readonly #jobs = new Map<string, Job>();

  /** `clock` gives the times that people see; limits are real time. */
  constructor(clock: Clock, wire: Clock) {
    this.#clock = clock;
    this.#wire = wire;
  }

  /** Throws the Fault `link-busy`, which says who has the link, or `too-many-jobs`. */
  start(spec: JobSpec): JobView {
    const { kind, link, by } = spec;
    const running = [...this.#jobs.values()].filter(({ view }) => view.state === 'running');
    const owner = link === null ? undefined : running.find(({ view }) => view.link === link);
    if (owner !== undefined) {
      const since = new Date(owner.view.startedAt).toISOString();
      throw new Fault('link-busy', `${link} is in use by ${owner.view.by} (${owner.view.kind}, since ${since})`, {
        hint: `wait for it, or stop it: job ${owner.view.id}`,
      });
    }
    if (running.length >= MOST_RUNNING) throw new Fault('too-many-jobs', `${MOST_RUNNING} jobs run already`);
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const startedAt = this.#clock.now();
    const job: Job = {
      view: {
        ...{ id: uuid7(startedAt), kind, link, by, startedAt, endedAt: null, state: 'running' },
        ...{ progress: null, result: null, fault: null },
      },
      ...{ stop: new AbortController(), news: [], listeners: new Set(), ended, count: 0 },
    };
    this.#jobs.set(job.view.id, job);
    void this.#run(job, spec).then(resolve);
    return job.view;
  }

  /** The newest first. */
  list(): JobView[] {
    return [...this.#jobs.values()].map(({ view }) => view).reverse();
  }

  find(id: string): JobView | undefined {
    return this.#jobs.get(id)?.view;
  }

  /** What it said after that number; the oldest may be gone. */
  news(id: string, after: number): readonly News[] {
    return this.#jobs.get(id)?.news.filter(({ number }) => number > after) ?? [];
  }

  /** What it says from now on. Returns the way to stop listening. */
  listen(id: string, listener: (news: News) => void): () => void {
    const listeners = this.#jobs.get(id)?.listeners;
    listeners?.add(listener);
    return () => listeners?.delete(listener);
  }

  /** Resolves when it has ended and given back what it had; undefined where there is no such job. */
  async ended(id: string): Promise<JobView | undefined> {
    await this.#jobs.get(id)?.ended;
    return this.find(id);
  }

  stop(id: string): Promise<JobView | undefined> {
    this.#jobs.get(id)?.stop.abort(STOPPED);
    return this.ended(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#jobs.keys()].map((id) => this.stop(id)));
  }

  async #run(job: Job, { run, limitMs }: JobSpec): Promise<void> {
    const { signal } = job.stop;
    const cancel = this.#wire.after(limitMs, () => job.stop.abort(TIMED_OUT));
    const tell = (is: string, said: unknown) => {
      const news: News = { number: ++job.count, is, said };
      job.news.push(news);
      if (job.news.length > MOST_NEWS) job.news.shift();
      for (const listener of job.listeners) listener(news);
    };
    const progress = (said: Progress) => {
      job.view = { ...job.view, progress: said };
      tell('progress', said);
    };
    let end: Pick<JobView, 'state' | 'result' | 'fault'>;
    try {
      const result = (await run({ signal, tell, progress })) ?? null;
      const state = !signal.aborted ? 'done' : signal.reason === TIMED_OUT ? 'timed-out' : 'stopped';
      end = { state, result, fault: null };
    } catch (error) {
      end = signal.aborted
        ? { state: signal.reason === TIMED_OUT ? 'timed-out' : 'stopped', result: null, fault: null }
        : { state: 'failed', result: null, fault: faultOf(error) };
    } finally {
      cancel();
    }
    job.view = { ...job.view, ...end, endedAt: this.#clock.now() };
    const old = [...this.#jobs.values()].filter(({ view }) => view.state !== 'running').slice(0, -MOST_ENDED);
    for (const { view } of old) this.#jobs.delete(view.id);
  }
}

function faultOf(error: unknown): NonNullable<JobView['fault']> {
  const hint = error instanceof Fault ? error.hint : undefined;
  return { code: codeOf(error) ?? 'failed', message: textOf(error), ...(hint === undefined ? {} : { hint }) };
}
