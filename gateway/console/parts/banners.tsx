import { Alert } from 'antd';
import { useKnown } from '../store.ts';
import { timeOfDay } from '../time.ts';
import { useWords } from '../words/words.ts';

interface BannerProps {
  readonly type: 'error' | 'warning' | 'info';
  readonly what: string;
  readonly more: string;
}

function Banner({ type, what, more }: BannerProps) {
  const title = (
    <>
      <b>{what}</b> <span>{more}</span>
    </>
  );
  return <Alert banner type={type} role="alert" title={title} />;
}

/** What stands between duty staff and the truth, worst first: one line each, there as long as it is so. */
export function Banners() {
  const { say } = useWords();
  const { connection, heardAt, site, ledger, health, upstreams, alarms } = useKnown((known) => known);
  if (connection === 'lost') {
    // Whatever else was so may be so no longer.
    const time = heardAt === null ? null : timeOfDay(heardAt, site?.timeZone ?? 'UTC');
    return (
      <Banner type="error" what={say('banner.lost')} more={time === null ? '' : say('banner.lost-since', { time })} />
    );
  }
  const away = Object.entries(upstreams).filter(([, { state }]) => state === 'offline');
  const exercises = (alarms ?? []).filter(({ exercise }) => exercise !== undefined).length;
  return (
    <>
      {exercises > 0 && (
        <Banner type="info" what={say('exercise.banner')} more={say('exercise.banner-text', { count: exercises })} />
      )}
      {ledger?.durable === false && (
        <Banner
          type="error"
          what={say('banner.ledger')}
          more={say('banner.ledger-text', { waiting: ledger.waiting, error: ledger.error ?? '' })}
        />
      )}
      {health?.ready === false && ledger?.durable !== false && (
        <Banner type="error" what={say('banner.health')} more={health.reasons.join('; ')} />
      )}
      {away.map(([id, { backlog, error }]) => (
        <Banner
          key={id}
          type="warning"
          what={say('banner.upstream', { id })}
          more={say('banner.upstream-text', { backlog, error: error ?? '' })}
        />
      ))}
      {site?.clock === 'unknown' && (
        <Banner type="warning" what={say('banner.clock')} more={say('banner.clock-text')} />
      )}
    </>
  );
}
