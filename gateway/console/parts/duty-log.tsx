import type { DutyEntry, NewDutyEntry } from '../../api/duty-desk.ts';
import { deskApi } from '../desk-api.ts';
import { useNaming } from '../naming.ts';
import { useKnown } from '../store.ts';
import { dayOf, timeOfDay } from '../time.ts';
import { useWords } from '../words/words.ts';
import { AskButton, type AskedFields } from './ask-form.tsx';
import { Card } from './card.tsx';
import { useTold } from './told.ts';

const KINDS = ['first', 'further', 'final', 'note'] as const;
const CAME = ['call', 'letter', 'other'] as const;

/** What a person filled in, as the route wants it; undefined where no kind was chosen. */
function entryOf({ kind, of, came, from, text = '' }: AskedFields): NewDutyEntry | undefined {
  const wanted = KINDS.find((each) => each === kind);
  if (wanted === undefined) return undefined;
  const number = Number.parseInt(of ?? '', 10);
  return {
    kind: wanted,
    text,
    of: Number.isNaN(number) ? undefined : number,
    came: CAME.find((each) => each === came),
    from: from === '' ? undefined : from,
  };
}

interface DutyLogProps {
  readonly entries: readonly DutyEntry[];
  readonly mayWrite: boolean;
  readonly onDone: () => void;
}

/** The duty log (值班日志), newest first: reports that came in, hand-overs, changes of the mode. */
export function DutyLog({ entries, mayWrite, onDone }: DutyLogProps) {
  const { say } = useWords();
  const { tell } = useTold();
  const firsts = entries.filter(({ kind }) => kind === 'first').map(({ number }) => String(number));
  const write = async (said: AskedFields): Promise<boolean> => {
    const entry = entryOf(said);
    if (entry === undefined) return false;
    const done = await tell(deskApi.write(entry), () => say('dutylog.done'));
    if (done !== undefined) onDone();
    return done !== undefined;
  };
  return (
    <Card title={say('dutylog.title')}>
      {mayWrite && (
        <AskButton
          text={say('dutylog.submit')}
          label={`${say('dutylog.submit')}: ${say('dutylog.title')}`}
          fields={[
            {
              ...{ kind: 'choice', name: 'kind', label: say('dutylog.kind'), required: true },
              options: KINDS.map((kind) => [kind, say(`dutykind.${kind}`)]),
            },
            { kind: 'text', name: 'of', label: say('dutylog.of'), suggestions: firsts },
            {
              ...{ kind: 'choice', name: 'came', label: say('dutylog.came') },
              options: CAME.map((came) => [came, say(`came.${came}`)]),
            },
            { kind: 'text', name: 'from', label: say('dutylog.from') },
            { kind: 'note', name: 'text', label: say('dutylog.text'), required: true },
          ]}
          onAsk={write}
        />
      )}
      {entries.length === 0 && <p className="quiet">{say('dutylog.none')}</p>}
      <ol className="duty-log">
        {entries.map((entry) => (
          <Line key={entry.number} entry={entry} />
        ))}
      </ol>
    </Card>
  );
}

function Line({ entry }: { readonly entry: DutyEntry }) {
  const { say } = useWords();
  const naming = useNaming();
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const { number, at, by, kind, of, came, from, text, handOver } = entry;
  return (
    <li>
      <time>
        {timeOfDay(at, zone)} <small className="quiet">{dayOf(at, zone)}</small>
      </time>
      <div>
        <b>{say(`dutykind.${kind}`)}</b> {of !== null && <span>{say('dutylog.goes-on', { of })} </span>}
        {came !== null && <span>{say(`came.${came}`)} </span>}
        {from !== null && <span>{from} </span>}
        <span className="quiet">{by}</span>
        {handOver !== null && (
          <p>
            {say('dutylog.handed', {
              from: handOver.from.map(naming.who).join('、') || '—',
              to: handOver.to.map(naming.who).join('、'),
              open: handOver.open.length,
            })}
          </p>
        )}
        {text !== '' && <p className="duty-text">{text}</p>}
      </div>
      <span className="quiet code">{number}</span>
    </li>
  );
}
