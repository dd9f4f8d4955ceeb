import type { Session } from '../api.ts';
import { Card } from '../parts/card.tsx';
import { ChannelsCard } from '../parts/channels-card.tsx';
import { ClockCard } from '../parts/clock-card.tsx';
import { Fact } from '../parts/fact.tsx';
import { JobsCard } from '../parts/jobs-card.tsx';
import { Counters, DeviceAnswers, StateWord, Unknown, Use, Warnings } from '../parts/link-words.tsx';
import { LogTable } from '../parts/log-table.tsx';
import { OutputsCard } from '../parts/outputs-card.tsx';
import { SiteCard } from '../parts/site-card.tsx';
import { StandingCard } from '../parts/standing-card.tsx';
import { rightsOf } from '../rights.ts';
import { useKnown } from '../store.ts';
import { useWords } from '../words/words.ts';

/** How the gateway itself does: what it hears, where it sends, what it has written down. */
export function System({ session }: { readonly session: Session }) {
  const { say } = useWords();
  const rights = rightsOf(session.role);
  return (
    <>
      <h1 className="only-read">{say('system.title')}</h1>
      <div className="cards">
        <GatewayCard />
        <ClockCard />
        <UpstreamsCard />
        <JobsCard rights={rights} />
        <ChannelsCard mayTest={rights['test-channel']} />
        <OutputsCard maySet={rights.outputs} />
        <StandingCard rights={rights} />
        {rights.site && <SiteCard />}
        <LinksCard />
      </div>
      <LogTable />
    </>
  );
}

function GatewayCard() {
  const { say } = useWords();
  const { site, ledger, health } = useKnown((known) => known);
  return (
    <Card title={say('system.gateway')}>
      <dl className="facts">
        <Fact name={say('header.gateway')}>
          <span className="code">{site?.gateway}</span>{' '}
          {health !== null && (
            <StateWord good={health.ready} word={say(health.ready ? 'system.ready' : 'system.not-ready')} />
          )}
        </Fact>
        <Fact name={say('system.version')}>{site?.version}</Fact>
        <Fact name={say('system.zone')}>{site?.timeZone}</Fact>
        {ledger !== null && (
          <>
            <Fact name={say('system.ledger')}>
              <StateWord good={ledger.durable} word={say(ledger.durable ? 'system.durable' : 'system.not-durable')} />
            </Fact>
            <Fact name={say('system.head')}>#{ledger.head}</Fact>
            <Fact name={say('system.waiting')}>{ledger.waiting}</Fact>
          </>
        )}
      </dl>
    </Card>
  );
}

function UpstreamsCard() {
  const { say } = useWords();
  const upstreams = Object.entries(useKnown((known) => known.upstreams));
  return (
    <Card title={say('system.upstreams')}>
      {upstreams.length === 0 && <p className="quiet">{say('system.no-upstreams')}</p>}
      {upstreams.map(([id, { state, error, backlog, sent }]) => (
        <dl key={id} className="facts">
          <Fact name={id}>
            <StateWord good={state === 'online'} word={say(`state.${state}`)} />
          </Fact>
          <Fact name={say('system.backlog')}>{backlog}</Fact>
          <Fact name={say('system.sent')}>{sent}</Fact>
          {error !== undefined && <p className="bad">{error}</p>}
        </dl>
      ))}
    </Card>
  );
}

function LinksCard() {
  const { say } = useWords();
  const links = Object.entries(useKnown((known) => known.links));
  return (
    <Card title={say('system.links')} wide>
      {links.length === 0 && <p className="quiet">{say('system.no-links')}</p>}
      <ul className="links">
        {links.map(([id, link]) => (
          <li key={id}>
            <div className="link-head">
              <strong className="code">{id}</strong>
              <StateWord good={link.state === 'up'} word={say(`state.${link.state}`)} />
              {link.error !== undefined && <span className="bad">{link.error}</span>}
            </div>
            <Warnings warnings={link.warnings ?? []} />
            <Use use={link.use} />
            <DeviceAnswers devices={link.devices} />
            <Unknown unknown={link.unknown} />
            <Counters counters={link.counters} />
          </li>
        ))}
      </ul>
    </Card>
  );
}
