import { Spin } from 'antd';
import type { Session } from '../api.ts';
import { useAsked } from '../asked.ts';
import { deskApi } from '../desk-api.ts';
import { DutyLog } from '../parts/duty-log.tsx';
import { HandOver } from '../parts/hand-over.tsx';
import { Night } from '../parts/night.tsx';
import { OnDuty } from '../parts/on-duty.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { rightsOf } from '../rights.ts';
import { useKnown } from '../store.ts';
import { useWords } from '../words/words.ts';

const LINES = 100;
const DUTY_PREFIX = 'city.gengfu.duty.';
/** A shift begins and ends without an entry of the log. */
const EVERY_MS = 30_000;

/** Who watches, what is handed over, what was written down, and the night on one page. */
export function Duty({ session }: { readonly session: Session }) {
  const { say } = useWords();
  const last = useKnown((known) => known.entries.find(({ type }) => type.startsWith(DUTY_PREFIX))?.sequence);
  const open = useKnown((known) => known.alarms?.length);
  const connection = useKnown((known) => known.connection);
  const now = useAsked(deskApi.duty, `${last} ${open} ${connection}`, EVERY_MS);
  const log = useAsked(() => deskApi.dutyLog(LINES), `${last} ${connection}`);
  const mayWrite = rightsOf(session.role).duty;
  const again = () => {
    now.again();
    log.again();
  };
  return (
    <>
      <h1 className="only-read">{say('duty.title')}</h1>
      {now.problem !== undefined && <ProblemNote problem={now.problem} />}
      {now.value === undefined ? (
        now.problem === undefined && <Spin className="wait" />
      ) : (
        <div className="cards">
          <OnDuty duty={now.value} mayChange={mayWrite} onDone={again} />
          <HandOver duty={now.value} mayWrite={mayWrite} onDone={again} />
        </div>
      )}
      <Night />
      {log.problem !== undefined && <ProblemNote problem={log.problem} />}
      {log.value !== undefined && <DutyLog entries={log.value.entries} mayWrite={mayWrite} onDone={again} />}
    </>
  );
}
