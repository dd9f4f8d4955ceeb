import { Table, type TableColumnsType } from 'antd';
import type { LogEntry } from '../api.ts';
import { type Naming, useDeviceNames, useNaming } from '../naming.ts';
import { stepWords } from '../phrases.ts';
import { useKnown } from '../store.ts';
import { dayOf, timeOfDay } from '../time.ts';
import { type Language, type Say, useWords } from '../words/words.ts';
import { LevelTag } from './level-tag.tsx';
import { useRoom } from './room.ts';

const logColumns = (say: Say, language: Language, zone: string, names: ReadonlyMap<string, string>, naming: Naming) =>
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
      render: (_, { data, subject }) => {
        const device = names.get(data.device ?? subject.split('/')[0] ?? '');
        return data.title === undefined ? (device ?? subject) : `${device ?? data.device} · ${data.title[language]}`;
      },
    },
    {
      title: say('log.what'),
      key: 'what',
      width: 260,
      render: (_, { data }) =>
        [
          data.to && naming.who(data.to.id),
          data.channel && naming.channel(data.channel),
          data.by && naming.who(data.by),
          data.note,
          data.reason && say.of('reason', data.reason),
        ]
          .filter(Boolean)
          .join(' · '),
    },
  ] satisfies TableColumnsType<LogEntry>;

/** The newest entries of the log. */
export function LogTable() {
  const { say, language } = useWords();
  const entries = useKnown((known) => known.entries);
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const naming = useNaming();
  const { holder, width } = useRoom();
  const names = useDeviceNames();
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
          columns={logColumns(say, language, zone, names, naming)}
          dataSource={entries}
          pagination={false}
          scroll={{ x: Math.max(width, 990), y: 420 }}
        />
      </div>
    </section>
  );
}
