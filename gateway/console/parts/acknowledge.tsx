import { Button, Space } from 'antd';
import { api, type ListedAlarm } from '../api.ts';
import type { Rights } from '../rights.ts';
import { store, useKnown } from '../store.ts';
import { useWords } from '../words/words.ts';
import { AskButton } from './ask-form.tsx';
import { useTold } from './told.ts';

/** Acknowledge in one click, or with a note; once it is acknowledged, a note alone. */
export function Acknowledge({ alarm, rights }: { readonly alarm: ListedAlarm; readonly rights: Rights }) {
  const { say, language } = useWords();
  const { busy, tell } = useTold();
  const live = useKnown((known) => known.connection === 'live');
  const isSeen = alarm.acknowledged;
  if (!(isSeen ? rights.note : rights.acknowledge)) return null;
  const of = { title: alarm.watch.title[language], device: alarm.watch.deviceName };

  const act = async (note: string): Promise<boolean> => {
    const asked = api.act(alarm.id, isSeen ? 'note' : 'acknowledge', note === '' ? {} : { note });
    const done = await tell(asked, ({ status }) =>
      say(status === 'unchanged' ? 'act.unchanged' : isSeen ? 'act.noted' : 'act.done'),
    );
    if (done?.alarm) store.takeAlarm(done.alarm);
    return done !== undefined;
  };
  const why = live ? undefined : say('act.while-lost');
  return (
    <Space.Compact className="acknowledge">
      {!isSeen && (
        <Button
          type="primary"
          disabled={!live}
          loading={busy}
          title={why}
          aria-label={say('act.acknowledge-of', of)}
          onClick={() => void act('')}
        >
          {say('act.acknowledge')}
        </Button>
      )}
      <AskButton
        text={say(isSeen ? 'act.note' : 'act.with-note')}
        submit={say(isSeen ? 'act.note' : 'act.acknowledge-with-note')}
        label={say('act.note-of', of)}
        fields={[
          { kind: 'note', name: 'note', label: say('act.note-needed'), hint: say('act.note-hint'), required: isSeen },
        ]}
        onAsk={({ note = '' }) => act(note)}
      />
    </Space.Compact>
  );
}
