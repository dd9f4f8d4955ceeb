import { Segmented, Spin } from 'antd';
import { useState } from 'react';
import type { Session } from '../api.ts';
import { useAsked } from '../asked.ts';
import { deskApi, type ListedPermit } from '../desk-api.ts';
import { useDeviceNames, useNaming } from '../naming.ts';
import { AddPermit, ChangePermit } from '../parts/permit-forms.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { momentWords } from '../permit-time.ts';
import { rightsOf } from '../rights.ts';
import { useKnown } from '../store.ts';
import { useWords } from '../words/words.ts';

const EVERY_MS = 30_000;
const PARTS = ['now', 'all'] as const;
/** What no longer says anything of tonight. */
const isOver = ({ permit }: ListedPermit, now: number): boolean =>
  permit.to.includes('T') ? Date.parse(permit.to) < now : Date.parse(`${permit.to}T23:59:59Z`) + 86_400_000 < now;

/** Filings for night work (夜间施工报备): which stand, which cover this instant, and what becomes of them. */
export function Permits({ session }: { readonly session: Session }) {
  const { say } = useWords();
  const [part, setPart] = useState<(typeof PARTS)[number]>('now');
  const last = useKnown((known) => known.entries.find(({ type }) => type.startsWith('city.gengfu.permit.'))?.sequence);
  const connection = useKnown((known) => known.connection);
  const heardAt = useKnown((known) => known.site?.now ?? 0);
  const { value, problem, again } = useAsked(deskApi.permits, `${last} ${connection}`, EVERY_MS);
  const mayKeep = rightsOf(session.role).permits;
  const devices = useDeviceNames();
  const all = value?.permits ?? [];
  const shown = (part === 'all' ? all : all.filter((entry) => !isOver(entry, heardAt))).toSorted(
    (a, b) => Number(b.covers) - Number(a.covers) || b.permit.from.localeCompare(a.permit.from),
  );
  return (
    <>
      <h1 className="only-read">{say('permits.title')}</h1>
      <div className="bar">
        {mayKeep && <AddPermit onDone={again} />}
        <Segmented
          value={part}
          onChange={setPart}
          aria-label={say('permits.title')}
          options={PARTS.map((each) => ({ value: each, label: say(`permits.${each}`) }))}
        />
      </div>
      {problem !== undefined && <ProblemNote problem={problem} />}
      {value === undefined ? (
        problem === undefined && <Spin className="wait" />
      ) : shown.length === 0 ? (
        <p className="wait quiet">{say('permits.none')}</p>
      ) : (
        <ul className="permits">
          {shown.map((entry) => (
            <Row key={entry.permit.id} entry={entry} devices={devices} mayKeep={mayKeep} onDone={again} />
          ))}
        </ul>
      )}
      {value !== undefined && value.total > all.length && (
        <p className="quiet">{say('permits.more', { count: value.total - all.length })}</p>
      )}
    </>
  );
}

interface RowProps {
  readonly entry: ListedPermit;
  /** Names by id. */
  readonly devices: ReadonlyMap<string, string>;
  readonly mayKeep: boolean;
  readonly onDone: () => void;
}

function Row({ entry, devices, mayKeep, onDone }: RowProps) {
  const { say } = useWords();
  const naming = useNaming();
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const { permit, covers, source, by, differs } = entry;
  const on = Object.entries(permit.on).map(([what, which]) =>
    [which]
      .flat()
      .map((each) =>
        what === 'device'
          ? (devices.get(String(each)) ?? String(each))
          : `${say.of('permit-on', what)} ${String(each)}`,
      )
      .join('、'),
  );
  return (
    <li className={covers ? 'permit permit-covers' : 'permit'} data-permit={permit.id}>
      <div>
        <strong>{on.join(' · ')}</strong>{' '}
        <span className={`chip chip-${permit.status}`}>{say(`permit.${permit.status}`)}</span>
        {covers && <span className="chip chip-granted">{say('permits.covers')}</span>}
      </div>
      <div>
        {momentWords(zone, permit.from)} — {momentWords(zone, permit.to)} {permit.hours}
      </div>
      <div className="quiet">
        <span className="code">{permit.id}</span>
        {[
          permit.processes.join('、'),
          permit.note ?? '',
          `${say(`permit-source.${source}`)} ${by === null ? '' : naming.who(by)}`,
        ]
          .filter((part) => part.trim() !== '')
          .map((part) => ` · ${part}`)}
        {differs !== null && <span className="bad"> {say('permits.differs')}</span>}
      </div>
      {mayKeep && <ChangePermit entry={entry} onDone={onDone} />}
    </li>
  );
}
