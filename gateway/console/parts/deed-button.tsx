import type { PeopleView } from '../../api/people-desk.ts';
import { api, type ListedAlarm } from '../api.ts';
import { crewOptions } from '../naming.ts';
import type { AlarmDeed } from '../rights.ts';
import { store, useKnown } from '../store.ts';
import { type Say, useWords } from '../words/words.ts';
import { AskButton, type AskedFields, type AskField } from './ask-form.tsx';
import { useTold } from './told.ts';

const MINUTES = [15, 30, 60, 120, 240, 480] as const;
const VERDICTS = ['true', 'false', 'test', 'fault', 'duplicate'] as const;
/** What needs its reason said. */
const WITH_REASON: readonly AlarmDeed[] = ['refuse', 'pause', 'shelve'];
/** What ends by itself. */
const FOR_A_TIME: readonly AlarmDeed[] = ['pause', 'shelve'];

/** Lengths of time to choose from: values in milliseconds. */
export const spanOptions = (say: Say) =>
  MINUTES.map((n) => [String(n * 60_000), n < 60 ? say('span.min', { n }) : say('span.h', { n: n / 60 })] as const);

function fieldsOf(say: Say, deed: AlarmDeed, people: PeopleView, grid: string | null): readonly AskField[] {
  const fields: AskField[] = [];
  if (deed === 'dispatch') {
    const groups = crewOptions(people, grid, say);
    const isListed = groups.some(([, options]) => options.length > 0);
    const to = { name: 'to', label: say('deed.to'), required: true };
    // A site without people.yaml has nobody to choose from.
    fields.push(isListed ? { kind: 'choice', ...to, groups } : { kind: 'text', ...to });
  }
  if (deed === 'verify') {
    const options = [['true', say('passed.true')] as const, ['false', say('passed.false')] as const];
    fields.push({ kind: 'choice', name: 'passed', label: say('deed.passed'), required: true, options });
  }
  if (deed === 'verdict') {
    const options = VERDICTS.map((verdict) => [verdict, say(`verdict.${verdict}`)] as const);
    fields.push({ kind: 'choice', name: 'verdict', label: say('verdict.name'), required: true, options });
  }
  if (FOR_A_TIME.includes(deed)) {
    fields.push({ kind: 'choice', name: 'forMs', label: say('deed.for'), required: true, options: spanOptions(say) });
  }
  if (deed === 'shelve') fields.push({ kind: 'check', name: 'once', label: say('deed.once') });
  const required = WITH_REASON.includes(deed);
  fields.push({ kind: 'note', name: 'note', label: say(required ? 'deed.reason' : 'deed.note'), required });
  return fields;
}

/** What was said, as the route wants it. */
function bodyOf({ note, forMs, once, passed, ...rest }: AskedFields): object {
  return {
    ...rest,
    ...(note === undefined || note === '' ? {} : { note }),
    ...(forMs === undefined ? {} : { forMs: Number(forMs) }),
    ...(once === 'yes' ? { once: true } : {}),
    ...(passed === undefined ? {} : { passed: passed === 'true' }),
  };
}

interface DeedProps {
  readonly alarm: ListedAlarm;
  readonly deed: AlarmDeed;
  readonly primary: boolean;
  readonly onDone?: () => void;
}

/** One thing that people do about an alarm, with what has to be said of it. */
export function DeedButton({ alarm, deed, primary, onDone }: DeedProps) {
  const { say, language } = useWords();
  const { tell } = useTold();
  const people = useKnown((known) => known.people);
  const text = say.of('deed', deed);
  const act = async (said: AskedFields): Promise<boolean> => {
    const done = await tell(api.act(alarm.id, deed, bodyOf(said)), ({ status }) =>
      status === 'unchanged' ? say('deed.unchanged') : say('deed.done', { deed: text }),
    );
    if (done?.alarm) store.takeAlarm(done.alarm);
    if (done !== undefined) onDone?.();
    return done !== undefined;
  };
  return (
    <AskButton
      text={text}
      label={say('deed.of', { deed: text, title: alarm.watch.title[language], device: alarm.watch.deviceName })}
      primary={primary}
      fields={fieldsOf(say, deed, people, alarm.watch.place.grid)}
      onAsk={act}
    />
  );
}
