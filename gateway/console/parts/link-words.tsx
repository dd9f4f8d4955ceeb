import type { Links } from '../api.ts';
import { clockWords } from '../phrases.ts';
import { useKnown } from '../store.ts';
import { dayOf, timeOfDay } from '../time.ts';
import { useWords } from '../words/words.ts';

type Link = Links[string];

/** A state as a word with a sign. */
export function StateWord({ good, word }: { readonly good: boolean; readonly word: string }) {
  return (
    <span className={good ? 'chip chip-ok' : 'chip chip-warn'}>
      <span aria-hidden="true">{good ? '✓' : '!'}</span> {word}
    </span>
  );
}

type Device = Link['devices'][string];

/** Those that do not answer first, then those of which something must be known. */
const byConcern = (a: Device, b: Device): number =>
  Number(a.answers) - Number(b.answers) || Number(a.code === undefined) - Number(b.code === undefined);

const signOf = ({ answers, code }: Device): string => {
  if (!answers) return '×';
  return code === undefined ? '✓' : '!';
};

/** Which devices of a link answer, and what else must be known of one; with why. */
export function DeviceAnswers({ devices }: { readonly devices: Link['devices'] }) {
  const { say } = useWords();
  const all = Object.entries(devices).sort(([, a], [, b]) => byConcern(a, b));
  const answering = all.filter(([, { answers }]) => answers).length;
  return (
    <div className="device-answers">
      <span>{say('system.device-summary', { answering, all: all.length })}</span>
      <ul>
        {all.map(([id, device]) => (
          <li key={id} className={device.answers && device.code === undefined ? '' : 'bad'}>
            <span aria-hidden="true">{signOf(device)}</span> <span className="code">{id}</span>
            {device.code !== undefined && ` ${say.of('code', device.code)}`}
            {device.clock !== undefined && `: ${clockWords(say, device.clock)}`}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What a person must know of a link as it is. */
export function Warnings({ warnings }: { readonly warnings: readonly string[] }) {
  const { say } = useWords();
  return warnings.map((code) => (
    <p key={code} className="bad">
      {say.of('warning', code)}
    </p>
  ));
}

/** How much of a link's time is used, and what the plan of its devices needs. */
export function Use({ use }: { readonly use: Link['use'] }) {
  const { say } = useWords();
  if (use === undefined) return null;
  const percent = (share: number) => Math.round(share * 100);
  return (
    <p className="quiet">{say('system.use', { measured: percent(use.measured), planned: percent(use.planned) })}</p>
  );
}

/** Who speaks on a link and is no device of the site: what an installer adopts. */
export function Unknown({ unknown }: { readonly unknown: Link['unknown'] }) {
  const { say } = useWords();
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  if (unknown === undefined || unknown.length === 0) return null;
  return (
    <div className="device-answers">
      <span>{say('system.unknown')}</span>
      <ul>
        {unknown.map(({ id, from, count, lastAt, sample }) => (
          <li key={id}>
            <span className="code">{id}</span> {from}{' '}
            {say('system.unknown-times', { count, at: `${dayOf(lastAt, zone)} ${timeOfDay(lastAt, zone)}` })}
            {sample !== undefined && <span className="quiet code"> {sample}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What was counted since the gateway started; what is zero says nothing. */
export function Counters({ counters }: { readonly counters: Link['counters'] }) {
  const { say } = useWords();
  const counted = Object.entries(counters).filter(([, count]) => count > 0);
  if (counted.length === 0) return null;
  return (
    <ul className="counters quiet">
      {counted.map(([name, count]) => (
        <li key={name}>
          {say.of('counter', name)} <b>{count}</b>
        </li>
      ))}
    </ul>
  );
}
