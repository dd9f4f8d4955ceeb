import { App, Button, Input, Popover, Space } from 'antd';
import { type FormEvent, useState } from 'react';
import { api, type ListedAlarm } from '../api.ts';
import type { Rights } from '../rights.ts';
import { store, useKnown } from '../store.ts';
import { useWords } from '../words/words.ts';

/** The gateway keeps notes up to this length. */
const LONGEST_NOTE = 1000;

/** Acknowledge in one click, or with a note; once it is acknowledged, a note alone. */
export function Acknowledge({ alarm, rights }: { readonly alarm: ListedAlarm; readonly rights: Rights }) {
  const { say, language } = useWords();
  const { message } = App.useApp();
  const live = useKnown((known) => known.connection === 'live');
  const [busy, setBusy] = useState(false);
  const [open, setOpen] = useState(false);
  const [note, setNote] = useState('');
  if (!(alarm.acknowledged ? rights.note : rights.acknowledge)) return null;
  const of = { title: alarm.watch.title[language], device: alarm.watch.deviceName };

  const act = async (text: string) => {
    setBusy(true);
    const fresh = !alarm.acknowledged;
    const answer = fresh ? await api.acknowledge(alarm.id, text) : await api.note(alarm.id, text);
    setBusy(false);
    if (!answer.ok) {
      const { code, title, detail } = answer.problem;
      const known = say.of('problem', code ?? '');
      message.error(`${say('act.failed')}: ${known === (code ?? '') ? (detail ?? title) : known}`, 8);
      return;
    }
    setOpen(false);
    setNote('');
    store.takeAlarm(answer.value.alarm);
    message.success(say(answer.value.status === 'unchanged' ? 'act.unchanged' : fresh ? 'act.done' : 'act.noted'));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void act(note.trim());
  };
  const form = (
    <form className="note-form" onSubmit={submit}>
      <Input.TextArea
        autoFocus
        rows={2}
        maxLength={LONGEST_NOTE}
        value={note}
        aria-label={say('act.note-needed')}
        placeholder={alarm.acknowledged ? say('act.note-needed') : say('act.note-hint')}
        onChange={(event) => setNote(event.target.value)}
        onPressEnter={(event) => {
          if (event.ctrlKey || event.metaKey) submit(event);
        }}
      />
      <div className="note-buttons">
        <Button size="small" onClick={() => setOpen(false)}>
          {say('act.cancel')}
        </Button>
        <Button
          size="small"
          type="primary"
          htmlType="submit"
          loading={busy}
          disabled={alarm.acknowledged && note.trim() === ''}
        >
          {say(alarm.acknowledged ? 'act.note' : 'act.acknowledge-with-note')}
        </Button>
      </div>
    </form>
  );
  const why = live ? undefined : say('act.while-lost');
  return (
    <Space.Compact className="acknowledge">
      {!alarm.acknowledged && (
        <Button
          type="primary"
          disabled={!live}
          loading={busy && !open}
          title={why}
          aria-label={say('act.acknowledge-of', of)}
          onClick={() => void act('')}
        >
          {say('act.acknowledge')}
        </Button>
      )}
      <Popover content={form} trigger="click" open={open && live} onOpenChange={setOpen} destroyOnHidden>
        <Button disabled={!live} title={why} aria-label={say('act.note-of', of)}>
          {say(alarm.acknowledged ? 'act.note' : 'act.with-note')}
        </Button>
      </Popover>
    </Space.Compact>
  );
}
