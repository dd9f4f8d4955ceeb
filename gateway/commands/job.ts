import { tmpdir } from 'node:os';
import { openClock } from '#kit/clock.ts';
import { codeOf, Fault } from '#kit/fault.ts';
import { silentLog } from '#kit/log.ts';
import type { LinkSpec } from '../../drivers/driver.ts';
import { drivers } from '../../drivers/index.ts';
import type { JobWish } from '../api/job-request.ts';
import type { JobView, News, Progress } from '../commissioning/job.ts';
import { jobAtGateway } from '../door.ts';
import { Jobs } from '../installer/jobs.ts';
import { type DriverLink, linkSpecs } from '../site/link-spec.ts';
import { dataDirectory, siteOf, wrongUsage } from './arguments.ts';

/** Where a job is done: by a gateway that runs, else on a line that is opened for it. */
export interface JobPlace {
  readonly data?: string | undefined;
  readonly site?: string | undefined;
  /** Without a site: a link of this id. */
  readonly link?: DriverLink | undefined;
}

export const placeOptions = { data: { type: 'string' }, site: { type: 'string' }, json: { type: 'boolean' } } as const;

const CONNECT_MS = 6000;
const WHO = 'command';
const REWRITE = process.stderr.isTTY === true;

/** Does the job until it ends or is stopped by Ctrl-C; what it says is told as it comes. Null: the site is not right. */
export async function doJob(wish: JobWish, place: JobPlace, onNews: (news: News) => void): Promise<JobView | null> {
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const told = (news: News) => (news.is === 'progress' ? tellProgress(news.said as Progress) : onNews(news));
  try {
    if (place.link !== undefined) return await doAlone(wish, [place.link], told, stop.signal);
    const site = place.site === undefined ? undefined : await siteOf(place.site, { missingSecrets: 'warning' });
    if (site === null) return null;
    const data = place.data ?? (site === undefined ? undefined : dataDirectory(undefined, site.gateway));
    if (data === undefined) throw wrongUsage('--site, --data or --port is wanted');
    try {
      return await jobAtGateway(data, wish, told, stop.signal);
    } catch (error) {
      if (codeOf(error) !== 'no-gateway' || site === undefined) throw error;
      return await doAlone(wish, linkSpecs(site), told, stop.signal, site.links);
    }
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    if (REWRITE) process.stderr.write('\r\x1b[K');
  }
}

/** The same without a gateway: the line is opened with nobody on it, so that only the job speaks. */
async function doAlone(
  wish: JobWish,
  specs: readonly DriverLink[],
  onNews: (news: News) => void,
  signal: AbortSignal,
  siteLinks: ConstructorParameters<typeof Jobs>[0]['site'] extends () => { links: infer L } ? L : never = [],
): Promise<JobView> {
  await using stack = new AsyncDisposableStack();
  const clock = openClock();
  const device = 'device' in wish ? wish.device : undefined;
  const link = 'link' in wish ? wish.link : undefined;
  const spec = specs.find(({ id, devices }) => id === link || devices.some((each) => each.id === device));
  const links = new Map();
  if (spec !== undefined) {
    const driver = drivers.find(({ protocol }) => protocol === spec.protocol);
    const alone: LinkSpec = { ...spec, devices: [] };
    const context = { clock, wire: clock, log: silentLog, dir: tmpdir() };
    // Its own schema has checked the options.
    const open = await driver?.open(alone as never, context);
    if (open !== undefined) {
      links.set(spec.id, stack.use(open));
      for (let waited = 0; open.status().state === 'connecting' && waited < CONNECT_MS; waited += 20)
        await clock.sleep(20);
      const { state, error } = open.status();
      if (state !== 'up') throw new Fault('link-down', error ?? `${spec.id} does not come up`);
    }
  }
  const known = siteLinks.length > 0 ? siteLinks : specs.map((each) => ({ ...each, devices: [] }));
  const jobs = stack.use(new Jobs({ site: () => ({ links: known }), links, clock, wire: clock, log: silentLog }));
  const { id } = jobs.start(wish, WHO);
  jobs.listen(id, onNews);
  signal.addEventListener('abort', () => void jobs.stop(id), { once: true });
  const view = await jobs.ended(id);
  if (view === undefined) throw new Error('a job that ran is not there');
  return view;
}

let toldAt = 0;

function tellProgress({ done, total, etaMs, at }: Progress): void {
  const left = etaMs === null ? '' : `, ${Math.ceil(etaMs / 1000)} s left`;
  const text = `${done}/${total} ${at}${left}`;
  if (REWRITE) process.stderr.write(`\r\x1b[K${text}`);
  else if (performance.now() - toldAt > 5000) {
    toldAt = performance.now();
    console.error(text);
  }
}

/** A job that failed is the world's failure; what it found is its result. */
export function resultOf<T>(view: JobView): T {
  if (view.fault !== null) {
    const { code, message, hint } = view.fault;
    throw new Fault(code, message, hint === undefined ? {} : { hint });
  }
  if (view.state === 'timed-out') console.error('its time was over: what it had found until then');
  return view.result as T;
}
