import { useKnown } from '../store.ts';
import { dayOf, timeOfDay } from '../time.ts';
import { useWords } from '../words/words.ts';
import { Card } from './card.tsx';
import { Fact } from './fact.tsx';
import { SiteTime } from './site-time.tsx';

/** How far the gateway's clock is trusted, and when it was last put right. */
export function ClockCard() {
  const { say } = useWords();
  const site = useKnown((known) => known.site);
  const corrected = useKnown((known) => known.entries.find(({ type }) => type === 'city.gengfu.clock.corrected'));
  if (site === null) return null;
  const at = corrected === undefined ? null : Date.parse(corrected.time);
  return (
    <Card title={say('clockcard.title')}>
      <SiteTime />
      <dl className="facts">
        <Fact name={say('clockcard.corrected')}>
          {at === null
            ? say('clockcard.never')
            : `${dayOf(at, site.timeZone)} ${timeOfDay(at, site.timeZone)} #${corrected?.sequence}`}
        </Fact>
      </dl>
    </Card>
  );
}
