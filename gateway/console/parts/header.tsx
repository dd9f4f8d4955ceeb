import { Button } from 'antd';
import type { Session } from '../api.ts';
import { useKnown } from '../store.ts';
import { useWords } from '../words/words.ts';
import { LanguageSwitch } from './language-switch.tsx';
import { SiteTime } from './site-time.tsx';
import { Wordmark } from './wordmark.tsx';

/** Which site, what time it is there, whether what one sees is live, and who one is. */
export function Header({ session, onLeave }: { readonly session: Session; readonly onLeave: () => void }) {
  const { say } = useWords();
  const site = useKnown((known) => known.site);
  const connection = useKnown((known) => known.connection);
  return (
    <header className="head">
      <Wordmark />
      <div className="head-site">
        <strong>{site?.name ?? '…'}</strong>
        <span className="quiet code" title={say('header.gateway')}>
          {site?.gateway}
        </span>
      </div>
      <SiteTime />
      <span className={`live live-${connection}`} role="status">
        <i aria-hidden="true" />
        {say(`live.${connection}`)}
      </span>
      <div className="head-who">
        <LanguageSwitch />
        <span className="who">
          {session.name} <span className="quiet">{say.of('role', session.role)}</span>
        </span>
        <Button type="text" size="small" onClick={onLeave}>
          {say('sign-out')}
        </Button>
      </div>
    </header>
  );
}
