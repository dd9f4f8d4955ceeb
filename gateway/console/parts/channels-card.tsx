import { Spin } from 'antd';
import type { CallView, ChannelView } from '../../api/context.ts';
import { useAsked } from '../asked.ts';
import { deskApi } from '../desk-api.ts';
import { useNaming } from '../naming.ts';
import { useSiteNow } from '../site-now.ts';
import { useKnown } from '../store.ts';
import { timeNear, timeOfDay } from '../time.ts';
import { useWords } from '../words/words.ts';
import { AskButton, type AskedFields } from './ask-form.tsx';
import { Card } from './card.tsx';
import { StateWord, Warnings } from './link-words.tsx';
import { useTold } from './told.ts';

const EVERY_MS = 5000;
const CALLS_SHOWN = 20;

/** The ways to people, with a real message to try each, and the calls that are under way. */
export function ChannelsCard({ mayTest }: { readonly mayTest: boolean }) {
  const { say } = useWords();
  const connection = useKnown((known) => known.connection);
  const channels = useAsked(deskApi.channels, connection, EVERY_MS);
  const calls = useAsked(deskApi.calls, connection, EVERY_MS).value;
  const people = useKnown((known) => known.people.contacts);
  const all = Object.entries(channels.value ?? {});
  // One that came is kept only because it may be replied to.
  const underWay = calls?.calls.filter(({ state }) => state !== 'delivered') ?? [];
  return (
    <Card title={say('channels.title')}>
      {channels.value === undefined && <Spin />}
      {channels.value !== undefined && all.length === 0 && <p className="quiet">{say('channels.none')}</p>}
      <ul className="links">
        {all.map(([id, channel]) => (
          <Channel
            key={id}
            id={id}
            channel={channel}
            people={people.map(({ id: contact, name }) => [contact, name] as const)}
            mayTest={mayTest}
            onDone={channels.again}
          />
        ))}
      </ul>
      {all.length > 0 && calls !== undefined && (
        <>
          <h3>{say('channels.calls')}</h3>
          {calls.backlog > 0 && <p className="quiet">{say('channels.backlog', { count: calls.backlog })}</p>}
          {calls.refused > 0 && <p className="bad">{say('channels.refused', { count: calls.refused })}</p>}
          {underWay.length === 0 && <p className="quiet">{say('channels.no-calls')}</p>}
          <ul className="called">
            {underWay.slice(0, CALLS_SHOWN).map((call) => (
              <Call key={`${call.sequence} ${call.to.kind} ${call.to.id}`} call={call} />
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}

interface ChannelProps {
  readonly id: string;
  readonly channel: ChannelView;
  readonly people: readonly (readonly [id: string, name: string])[];
  readonly mayTest: boolean;
  readonly onDone: () => void;
}

function Channel({ id, channel, people, mayTest, onDone }: ChannelProps) {
  const { say } = useWords();
  const { tell } = useTold();
  const naming = useNaming();
  const now = useSiteNow();
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const { state, error, sent, failed, waiting, warnings, testedAt = null } = channel;
  const test = async ({ person = '' }: AskedFields): Promise<boolean> => {
    const done = await tell(deskApi.testChannel(id, person), ({ status, message }) =>
      say('channels.test-done', { status: [say.of('sent', status), message ?? ''].join(' ') }),
    );
    if (done !== undefined) onDone();
    return done !== undefined;
  };
  return (
    <li>
      <div className="link-head">
        <strong>{naming.channel(id)}</strong> <span className="quiet code">{id}</span>
        <StateWord good={state === 'ready'} word={say(`state.${state}`)} />
        {error !== undefined && <span className="bad">{error}</span>}
        {mayTest && (
          <AskButton
            text={say('channels.test')}
            label={say('channels.test-of', { id })}
            hint={say('channels.test-text')}
            fields={[
              { kind: 'choice', name: 'person', label: say('channels.person'), required: true, options: people },
            ]}
            onAsk={test}
          />
        )}
      </div>
      <Warnings warnings={warnings} />
      <p className="quiet">
        {say('channels.sent')} {sent} · {say('channels.failed')} {failed} · {say('channels.waiting')} {waiting} ·{' '}
        {testedAt === null
          ? say('channels.never-tested')
          : say('channels.tested', { time: timeNear(testedAt, now, zone) })}
      </p>
    </li>
  );
}

function Call({ call }: { readonly call: CallView }) {
  const { say } = useWords();
  const naming = useNaming();
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const [kind = ''] = call.step.split(':');
  return (
    <li>
      <time>{timeOfDay(call.sentAt ?? call.wantedAt, zone)}</time>
      <span>
        <b>{naming.who(call.to.id)}</b>{' '}
        <span className="quiet">{naming.channel(call.channels[call.channel] ?? '')}</span>
      </span>
      <span>{say(`called.${call.state}`)}</span>
      <a className="quiet" href={`#/alarms?alarm=${encodeURIComponent(call.alarm)}`}>
        {say.of('called-for', kind)}
        {call.tier > 1 && ` · ${say('called.tier', { tier: call.tier })}`}
        {call.repeated && ` · ${say('called.repeated')}`}
      </a>
    </li>
  );
}
