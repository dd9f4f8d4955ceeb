import type { JobOffice, JobView } from '../../gateway/api/context.ts';
import { Fault } from '../../gateway/kit/fault.ts';

/** Jobs in memory: each runs until it is stopped; a link that is `taken` has an owner already. */
export interface FakeJobs extends JobOffice {
  readonly views: JobView[];
  readonly wishes: object[];
  readonly taken: Map<string, string>;
}

export function fakeJobs(): FakeJobs {
  const jobs: FakeJobs = {
    views: [],
    wishes: [],
    taken: new Map(),
    start(wish, by) {
      const link = 'link' in wish && typeof wish.link === 'string' ? wish.link : null;
      const owner = jobs.taken.get(link ?? '');
      if (owner !== undefined) throw new Fault('link-busy', `${link} is in use by ${owner}`);
      const id = `job-${jobs.views.length + 1}`;
      const view: JobView = {
        ...{ id, kind: wish.kind, link, by, startedAt: 1, endedAt: null, state: 'running' },
        ...{ progress: null, result: null, fault: null },
      };
      jobs.wishes.push(wish);
      jobs.views.unshift(view);
      return view;
    },
    list: () => jobs.views,
    find: (id) => jobs.views.find((view) => view.id === id),
    news: (_, after) => [{ number: after + 1, is: 'found', said: { unit: 3 } }],
    async stop(id) {
      const at = jobs.views.findIndex((view) => view.id === id);
      const view = jobs.views[at];
      if (view === undefined) return undefined;
      const ended: JobView = { ...view, state: 'stopped', endedAt: 2 };
      jobs.views[at] = ended;
      return ended;
    },
  };
  return jobs;
}
