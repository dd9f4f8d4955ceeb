import { Badge, Spin } from 'antd';
import { lazy, Suspense, useEffect, useSyncExternalStore } from 'react';
import { api, type Session } from '../api.ts';
import { openLive } from '../live.ts';
import { Announcer } from '../parts/announcer.tsx';
import { Banners } from '../parts/banners.tsx';
import { FaultScreen } from '../parts/fault-screen.tsx';
import { Header } from '../parts/header.tsx';
import { Ringer } from '../parts/ringer.tsx';
import { type PageName, Place, subscribePlace } from '../place.ts';
import { isSilenced } from '../response.ts';
import { ringingOf } from '../ringing.ts';
import { useKnown } from '../store.ts';
import { useWords } from '../words/words.ts';
import { Alarms } from './alarms.tsx';

const Duty = lazy(async () => ({ default: (await import('./duty.tsx')).Duty }));
const Permits = lazy(async () => ({ default: (await import('./permits.tsx')).Permits }));
const Points = lazy(async () => ({ default: (await import('./points.tsx')).Points }));
const System = lazy(async () => ({ default: (await import('./system.tsx')).System }));

const TABS = ['alarms', 'duty', 'permits', 'points', 'system'] as const satisfies readonly PageName[];

/** What one who is signed in sees. */
export function Desk({ session, onSignedOut }: { readonly session: Session; readonly onSignedOut: () => void }) {
  const { say } = useWords();
  const { page } = useSyncExternalStore(subscribePlace, Place.now);
  const connection = useKnown((known) => known.connection);
  const unseen = useKnown(
    (known) => known.alarms?.filter((alarm) => !alarm.acknowledged && !isSilenced(alarm)).length ?? 0,
  );
  const rings = useKnown((known) => ringingOf(known.alarms ?? []).length > 0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the stream is one for the session, whatever the page renders
  useEffect(() => openLive(onSignedOut), [session.name]);
  useEffect(() => {
    document.title = `${rings ? '‼ ' : ''}${unseen > 0 ? `(${unseen}) ` : ''}${say('app.name')} · ${say(`nav.${page === 'welcome' ? 'alarms' : page}`)}`;
  }, [unseen, rings, say, page]);

  const leave = async () => {
    await api.signOut();
    onSignedOut();
  };
  return (
    <div className="desk" data-connection={connection}>
      <Header session={session} onLeave={leave} />
      <nav className="tabs" aria-label={say('nav.label')}>
        {TABS.map((tab) => (
          <a key={tab} href={`#/${tab}`} aria-current={tab === page ? 'page' : undefined}>
            {say(`nav.${tab}`)}
            {tab === 'alarms' && <Badge count={unseen} size="small" className="tab-badge" />}
          </a>
        ))}
      </nav>
      <Ringer />
      <Banners />
      <Announcer />
      <main className={connection === 'lost' ? 'content stale' : 'content'}>
        <FaultScreen key={page}>
          <Suspense fallback={<Spin className="wait" />}>
            {page === 'points' ? (
              <Points session={session} />
            ) : page === 'duty' ? (
              <Duty session={session} />
            ) : page === 'permits' ? (
              <Permits session={session} />
            ) : page === 'system' ? (
              <System session={session} />
            ) : (
              <Alarms session={session} />
            )}
          </Suspense>
        </FaultScreen>
      </main>
    </div>
  );
}
