import { Button } from 'antd';
import type { JobView } from '../../api/context.ts';
import type { Answered } from '../ask.ts';
import { useAsked } from '../asked.ts';
import { deskApi } from '../desk-api.ts';
import type { Rights } from '../rights.ts';
import { useSiteNow } from '../site-now.ts';
import { useKnown } from '../store.ts';
import { timeNear } from '../time.ts';
import { useWords } from '../words/words.ts';
import { Card } from './card.tsx';
import { StateWord } from './link-words.tsx';
import { useTold } from './told.ts';

const EVERY_MS = 5000;
const SHOWN = 8;
const NONE: Answered<readonly JobView[]> = { ok: true, value: [] };

/** One line of the list: a job on a link, a walk test, or a drill. */
interface Work {
  readonly id: string;
  readonly kind: string;
  readonly on: string | null;
  readonly by: string | null;
  readonly startedAt: number;
  readonly state: JobView['state'];
  readonly progress: JobView['progress'];
  readonly mayStop: boolean;
  readonly stop: () => Promise<Answered<unknown>>;
}

/** Jobs on links, walk tests and the drill: what runs, and stopping it. Jobs are for installers, drills for duty staff. */
export function JobsCard({ rights }: { readonly rights: Rights }) {
  const { say } = useWords();
  const connection = useKnown((known) => known.connection);
  const nothing = async () => NONE;
  const when = `${connection} ${rights.jobs}`;
  const jobs = useAsked(rights.jobs ? deskApi.jobs : nothing, when, EVERY_MS);
  const walks = useAsked(rights.jobs ? deskApi.walkTests : nothing, when, EVERY_MS);
  const drill = useAsked(deskApi.drill, connection, EVERY_MS);
  const report = drill.value?.report ?? null;
  const works: Work[] = [
    ...(jobs.value ?? []).map((job) => ({
      ...job,
      on: job.link,
      mayStop: rights.jobs,
      stop: () => deskApi.stopJob(job.id),
    })),
    ...(walks.value ?? []).map((walk) => ({
      ...walk,
      ...{ kind: 'walk-test', on: null, progress: null, mayStop: rights.jobs },
      stop: () => deskApi.stopWalkTest(walk.id),
    })),
  ].sort((a, b) => b.startedAt - a.startedAt);
  if (report !== null) {
    works.unshift({
      ...{ id: `drill ${report.startedAt}`, kind: 'drill', on: report.drill, by: null },
      startedAt: Date.parse(report.startedAt),
      state: report.ended === null ? 'running' : report.ended === 'stopped' ? 'stopped' : 'done',
      ...{ progress: null, mayStop: rights.drill, stop: deskApi.stopDrill },
    });
  }
  const again = () => {
    for (const asked of [jobs, walks, drill]) asked.again();
  };
  return (
    <Card title={say('jobs.title')}>
      {jobs.value !== undefined && drill.value !== undefined && works.length === 0 && (
        <p className="quiet">{say('jobs.none')}</p>
      )}
      <ul className="links">
        {works.slice(0, SHOWN).map((work) => (
          <Line key={work.id} work={work} onDone={again} />
        ))}
      </ul>
    </Card>
  );
}

function Line({ work, onDone }: { readonly work: Work; readonly onDone: () => void }) {
  const { say } = useWords();
  const { busy, tell } = useTold();
  const now = useSiteNow();
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const live = useKnown((known) => known.connection === 'live');
  const { kind, on, by, startedAt, state, progress, mayStop } = work;
  const time = timeNear(startedAt, now, zone);
  const name = [say.of('job-kind', kind), on].filter(Boolean).join(' ');
  const stop = async () => {
    await tell(work.stop(), () => say('jobs.stopped'));
    onDone();
  };
  const good = state === 'done' || state === 'running';
  return (
    <li>
      <div className="link-head">
        <strong>{name}</strong>
        <StateWord good={good} word={say(`job-state.${state}`)} />
        {progress !== null && state === 'running' && (
          <span>
            {progress.done} / {progress.total}
          </span>
        )}
        {state === 'running' && mayStop && (
          <Button
            size="small"
            disabled={!live}
            loading={busy}
            aria-label={say('jobs.stop-of', { name })}
            onClick={() => void stop()}
          >
            {say('jobs.stop')}
          </Button>
        )}
      </div>
      <p className="quiet">{by === null ? say('jobs.since', { time }) : say('jobs.by', { by, time })}</p>
    </li>
  );
}
