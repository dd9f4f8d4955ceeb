import { useSiteNow } from '../site-now.ts';
import { useKnown } from '../store.ts';
import { dateOf, dayOf, timeOfDay } from '../time.ts';
import { useWords } from '../words/words.ts';

/** What time it is at the site, and how far that clock is trusted. */
export function SiteTime() {
  const { say } = useWords();
  const now = useSiteNow();
  const site = useKnown((known) => known.site);
  const lost = useKnown((known) => known.connection === 'lost');
  if (site === null || Number.isNaN(now)) return null;
  return (
    <div className={lost ? 'site-time stale' : 'site-time'} title={`${say('header.site-time')} (${site.timeZone})`}>
      <span className="quiet">
        <span className="wide-only">{dateOf(now, site.timeZone).slice(0, 5)}</span>
        {dayOf(now, site.timeZone)}
      </span>
      <time className="clock" role="timer" aria-label={say('header.site-time')}>
        {timeOfDay(now, site.timeZone)}
      </time>
      <span className={`trust trust-${site.clock}`}>{say(`clock.${site.clock}`)}</span>
    </div>
  );
}
