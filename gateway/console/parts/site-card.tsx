import { Alert, Button, Spin } from 'antd';
import { useState } from 'react';
import type { Answered, Problem } from '../ask.ts';
import { useAsked } from '../asked.ts';
import { deskApi } from '../desk-api.ts';
import { useNaming } from '../naming.ts';
import { useSiteNow } from '../site-now.ts';
import { useKnown } from '../store.ts';
import { timeNear } from '../time.ts';
import { useWords } from '../words/words.ts';
import { AskButton } from './ask-form.tsx';
import { Card } from './card.tsx';
import { ProblemNote } from './problem-note.tsx';
import { useTold } from './told.ts';

/** Which site runs, in what the directory differs from it, and the sites before, to be put back. */
export function SiteCard() {
  const { say } = useWords();
  const naming = useNaming();
  const now = useSiteNow();
  const { busy, tell } = useTold();
  const [refusal, setRefusal] = useState<Problem | null>(null);
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const live = useKnown((known) => known.connection === 'live');
  const last = useKnown((known) => known.entries.find(({ type }) => type === 'city.gengfu.site.changed')?.sequence);
  const { value, problem, again } = useAsked(deskApi.siteHistory, `${last} ${live}`);
  /** What is wrong in the files is shown whole: each line at its place. */
  const apply = async (asked: Promise<Answered<{ status: string; number: number }>>): Promise<boolean> => {
    const kept = asked.then((answer) => {
      setRefusal(answer.ok ? null : answer.problem);
      return answer;
    });
    const done = await tell(kept, ({ status, number }) =>
      status === 'unchanged' ? say('site.unchanged') : say('site.applied', { number }),
    );
    again();
    return done !== undefined;
  };
  if (value === undefined) {
    return (
      <Card title={say('site.title')}>{problem === undefined ? <Spin /> : <ProblemNote problem={problem} />}</Card>
    );
  }
  const difference = value.difference ?? [];
  return (
    <Card title={say('site.title')}>
      {value.difference === null ? (
        <p className="quiet">{say('site.no-directory')}</p>
      ) : difference.length === 0 ? (
        <p>✓ {say('site.same')}</p>
      ) : (
        <>
          <p className="bad">{say('site.differs', { count: difference.length })}</p>
          <ul className="open-items">
            {difference.map(({ file, change }) => (
              <li key={file}>
                <span className="code">{file}</span> <span className="quiet">{say(`site-change.${change}`)}</span>
              </li>
            ))}
          </ul>
          <Button disabled={!live} loading={busy} onClick={() => void apply(deskApi.reloadSite())}>
            {say('site.reload')}
          </Button>
        </>
      )}
      {refusal !== null && (
        <Alert
          type="error"
          className="site-refusal"
          title={refusal.detail ?? refusal.title}
          description={
            <ul>
              {(refusal.errors ?? []).map(({ path, message }) => (
                <li key={`${path} ${message}`}>
                  <span className="code">{path}</span> {message}
                </li>
              ))}
            </ul>
          }
        />
      )}
      <h3>{say('site.history')}</h3>
      <ul className="open-items">
        {value.sites.map(({ number, at, by, from, of }, index) => (
          <li key={number}>
            <b>#{number}</b> {timeNear(at, now, zone)} {naming.who(by)}{' '}
            <span className="quiet">
              {say(`site-from.${from}`)}
              {of !== null && ` #${of}`}
            </span>{' '}
            {index === 0 ? (
              <span className="chip">{say('site.runs')}</span>
            ) : (
              <AskButton
                text={say('site.back')}
                label={say('site.back-to', { number })}
                hint={say('site.back-hint', { number })}
                fields={[]}
                onAsk={() => apply(deskApi.backSite(number))}
              />
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}
