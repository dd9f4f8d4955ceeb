import { Alert } from 'antd';
import { useKnown } from '../store.ts';
import { timeOfDay } from '../time.ts';
import { useWords } from '../words/words.ts';

/** What stands between duty staff and the truth, worst first: one line each, there as long as it is so. */
export function Banners() {
  const { say } = useWords();
  const { connection, heardAt, site, ledger, health, upstreams } = useKnown((known) => known);
  const away = Object.entries(upstreams).filter(([, { state }]) => state === 'offline');
  const zone = site?.timeZone ?? 'UTC';
  if (connection === 'lost') {
    // Whatever else was so may be so no longer.
    return (
      <div className="banners">
        <Alert
          banner
          type="error"
          role="alert"
          title={<b>{say('banner.lost')}</b>}
          description={heardAt === null ? undefined : say('banner.lost-since', { time: timeOfDay(heardAt, zone) })}
        />
      </div>
    );
  }
  return (
    <div className="banners">
      {ledger?.durable === false && (
        <Alert
          banner
          type="error"
          role="alert"
          title={<b>{say('banner.ledger')}</b>}
          description={say('banner.ledger-text', { waiting: ledger.waiting, error: ledger.error ?? '' })}
        />
      )}
      {health?.ready === false && ledger?.durable !== false && (
        <Alert banner type="error" title={<b>{say('banner.health')}</b>} description={health.reasons.join('; ')} />
      )}
      {away.map(([id, { backlog, error }]) => (
        <Alert
          key={id}
          banner
          type="warning"
          title={<b>{say('banner.upstream', { id })}</b>}
          description={say('banner.upstream-text', { backlog, error: error ?? '' })}
        />
      ))}
      {site?.clock === 'unknown' && (
        <Alert banner type="warning" title={<b>{say('banner.clock')}</b>} description={say('banner.clock-text')} />
      )}
    </div>
  );
}
