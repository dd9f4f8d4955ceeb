import type { OutputView } from '../../api/context.ts';
import { useAsked } from '../asked.ts';
import { deskApi } from '../desk-api.ts';
import { useKnown } from '../store.ts';
import { minuteOfDay } from '../time.ts';
import { useWords } from '../words/words.ts';
import { AskButton, type AskedFields } from './ask-form.tsx';
import { Card } from './card.tsx';
import { spanOptions } from './deed-button.tsx';
import { StateWord } from './link-words.tsx';
import { useTold } from './told.ts';

const EVERY_MS = 5000;

/** Sirens, beacons, boards and pumps: how they are, and by hand. */
export function OutputsCard({ maySet }: { readonly maySet: boolean }) {
  const { say } = useWords();
  const connection = useKnown((known) => known.connection);
  const last = useKnown((known) => known.entries.find(({ type }) => type.includes('.output.'))?.sequence);
  const { value, again } = useAsked(deskApi.outputs, `${connection} ${last}`, EVERY_MS);
  const outputs = value?.outputs ?? [];
  return (
    <Card title={say('outputs.title')}>
      {value !== undefined && outputs.length === 0 && <p className="quiet">{say('outputs.none')}</p>}
      <ul className="links">
        {outputs.map((output) => (
          <Output key={output.id} output={output} maySet={maySet} onDone={again} />
        ))}
      </ul>
    </Card>
  );
}

interface OutputProps {
  readonly output: OutputView;
  readonly maySet: boolean;
  readonly onDone: () => void;
}

function Output({ output, maySet, onDone }: OutputProps) {
  const { say } = useWords();
  const { tell } = useTold();
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const { id, name, kind, values, wanted, is, state, code, alarm, by, until, failures, silence } = output;
  const word = (value: string | number | null) => (value === null ? '—' : say.of('value', String(value)));
  const set = async ({ value = '', forMs = '' }: AskedFields): Promise<boolean> => {
    // A choice is text; the output's own value may be a number.
    const chosen = values.find((each) => String(each) === value);
    if (chosen === undefined) return false;
    const done = await tell(deskApi.setOutput(id, chosen, Number(forMs)), () => say('outputs.done'));
    onDone();
    return done !== undefined;
  };
  const release = async (): Promise<boolean> => {
    const done = await tell(deskApi.releaseOutput(id), () => say('outputs.released'));
    onDone();
    return done !== undefined;
  };
  return (
    <li>
      <div className="link-head">
        <strong>{name}</strong> <span className="quiet">{say(`output-kind.${kind}`)}</span>
        <StateWord good={state !== 'failed'} word={say(`output-state.${state}`)} />
        {code !== null && <span className="bad">{say.of('code', code)}</span>}
      </div>
      <p>
        {say('outputs.wanted')} <b>{word(wanted)}</b> · {say('outputs.is')} <b>{word(is)}</b>
        {failures > 0 && <span className="bad"> · {say('outputs.failures', { count: failures })}</span>}
      </p>
      {alarm !== null && <p className="quiet">{say('outputs.alarm', { key: alarm })}</p>}
      {by !== null && until !== null && (
        <p className="uncertain">{say('outputs.by', { by, time: minuteOfDay(until, zone) })}</p>
      )}
      {silence !== 'duty' && <p className="quiet">{say(`outputs.silence-${silence}`)}</p>}
      {maySet && (
        <div className="deeds">
          <AskButton
            text={say('outputs.set')}
            label={say('outputs.set-of', { name })}
            fields={[
              {
                ...{ kind: 'choice', name: 'value', label: say('outputs.value'), required: true },
                options: values.map((value) => [String(value), word(value)]),
              },
              {
                ...{ kind: 'choice', name: 'forMs', label: say('deed.for'), required: true, options: spanOptions(say) },
                // The shortest: what stands too long is worse than to set it once more.
                value: spanOptions(say)[0]?.[0] ?? '',
              },
            ]}
            onAsk={set}
          />
          {by !== null && (
            <AskButton
              text={say('outputs.release')}
              label={say('outputs.release-of', { name })}
              fields={[]}
              onAsk={release}
            />
          )}
        </div>
      )}
    </li>
  );
}
