import { Table, type TableColumnsType } from 'antd';
import type { ReactNode } from 'react';
import type { LogEntry } from '../api.ts';
import { Fact } from '../parts/fact.tsx';
import { LevelTag } from '../parts/level-tag.tsx';
import { Counters, DeviceAnswers, StateWord, Unknown, Use, Warnings } from '../parts/link-words.tsx';
import { useRoom } from '../parts/room.ts';
import { stepWords } from '../phrases.ts';
import { useKnown } from '../store.ts';
import { dayOf, timeOfDay } from '../time.ts';
import { type Language, type Say, useWords } from '../words/words.ts';

/** How the gateway itself does: what it hears, where it sends, what it has written down. */
export function System() {
  const { say } = useWords();
  return (
    <>
      <h1 className="only-read">{say('system.title')}</h1>
      <div className="cards">
        <GatewayCard />
        <UpstreamsCard />
        <LinksCard />
      </div>
      <Log />
    </>
  );
}

interface CardProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly wide?: boolean;
}

function Card({ title, children, wide = false }: CardProps) {
  return (
    <section className={wide ? 'card card-wide' : 'card'}>
      <h2>{title}</h2>
      {children}
    </section>
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

const logColumns = (say: Say, language: Language, zone: string, names: ReadonlyMap<string, string>) =>
  [
    { title: say('log.sequence'), key: 'sequence', width: 70, render: (_, entry) => `#${entry.sequence}` },
    {
      title: say('log.time'),
      key: 'time',
      width: 130,
      render: (_, entry) => {
        const at = Date.parse(entry.time);
        return `${dayOf(at, zone)} ${timeOfDay(at, zone)}`;
      },
    },
    {
      title: say('log.event'),
      key: 'event',
      width: 210,
      render: (_, entry) => (
        <>
          {stepWords(say, entry)} {entry.data.level && <LevelTag level={entry.data.level} />}
        </>
      ),
    },
    {
      title: say('log.subject'),
      key: 'subject',
      width: 320,
      render: (_, { data, subject }) =>
        data.title === undefined ? subject : `${names.get(data.device ?? '') ?? data.device} · ${data.title[language]}`,
    },
    {
      title: say('log.what'),
      key: 'what',
      width: 260,
      render: (_, { data }) =>
        [data.by, data.note, data.reason && say.of('reason', data.reason)].filter(Boolean).join(' · '),
    },
  ] satisfies TableColumnsType<LogEntry>;

function Log() {
  const { say, language } = useWords();
  const entries = useKnown((known) => known.entries);
  const points = useKnown((known) => known.points);
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const { holder, width } = useRoom();
  const names = new Map([...points.values()].map(({ device, deviceName }) => [device, deviceName]));
  return (
    <section className="card">
      <h2>
        {say('system.log')} <small className="quiet">{say('system.log-text', { count: entries.length })}</small>
      </h2>
      <div ref={holder}>
        <Table<LogEntry>
          virtual
          size="small"
          rowKey="sequence"
          columns={logColumns(say, language, zone, names)}
          dataSource={entries}
          pagination={false}
          scroll={{ x: Math.max(width, 990), y: 420 }}
        />
      </div>
    </section>
  );
}
