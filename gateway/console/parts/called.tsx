import type { CallView } from '../../api/context.ts';
import type { LogEntry } from '../api.ts';
import { CALL_PREFIX, type CallLine, callLines } from '../called.ts';
import { useNaming } from '../naming.ts';
import { useKnown } from '../store.ts';
import { timeOfDay } from '../time.ts';
import { useWords } from '../words/words.ts';

interface CalledProps {
  readonly events: readonly LogEntry[];
  /** Calls under way for this alarm. */
  readonly calls: readonly CallView[];
}

/** Who was called for an alarm, by which channel, and what came of it. */
export function Called({ events, calls }: CalledProps) {
  const { say } = useWords();
  const lines = callLines(
    events.filter(({ type }) => type.startsWith(CALL_PREFIX)),
    calls,
  );
  if (lines.length === 0) return <p className="quiet">{say('detail.no-calls')}</p>;
  return (
    <ul className="called">
      {lines.map((line) => (
        <Line key={line.key} line={line} />
      ))}
    </ul>
  );
}

function Line({ line }: { readonly line: CallLine }) {
  const { say } = useWords();
  const naming = useNaming();
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const { at, to, channel, state, step, tier, repeated, why } = line;
  const [kind = '', more] = step.split(':');
  return (
    <li>
      <time>{timeOfDay(at, zone)}</time>
      <span>
        <b>{to.kind === 'nobody' ? say('called.nobody') : naming.who(to.id)}</b>{' '}
        {to.kind === 'group' && say('called.group')}{' '}
        {channel !== '' && <span className="quiet">{naming.channel(channel)}</span>}
      </span>
      <span className={state === 'failed' ? 'bad' : state === 'delivered' ? 'state-normal' : ''}>
        {state === 'failed' ? '× ' : state === 'delivered' ? '✓ ' : ''}
        {say(`called.${state}`)} {why}
      </span>
      <span className="quiet">
        {say.of('called-for', kind)}
        {more !== undefined && kind === 'risen' && ` ${say.of('level', more)}`}
        {tier > 1 && ` · ${say('called.tier', { tier })}`}
        {repeated && ` · ${say('called.repeated')}`}
      </span>
    </li>
  );
}
