import { useSiteNow } from '../site-now.ts';
import { useKnown } from '../store.ts';
import { dateOf, timeOfDay } from '../time.ts';
import { useWords } from '../words/words.ts';

/** What time it is at the site, and how far that clock is trusted. */
export function SiteTime() {
  const { say } = useWords();
  const now = useSiteNow();
  const site = useKnown((known) => known.site);
  if (site === null || Number.isNaN(now)) return null;
  return (
    <div className="site-time" title={`${say('header.site-time')} (${site.timeZone})`}>
      <span className="quiet">{dateOf(now, site.timeZone)}</span>
      <time className="clock" role="timer" aria-label={say('header.site-time')}>
        {timeOfDay(now, site.timeZone)}
      </time>
      <span className={`trust trust-${site.clock}`}>{say(`clock.${site.clock}`)}</span>
    </div>
  );
}
