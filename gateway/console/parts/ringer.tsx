import { Alert, Button } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { Bell } from '../bell.ts';
import { lengthWords } from '../phrases.ts';
import { isMuted, type Mute, muteNow, ringingOf, ringOf } from '../ringing.ts';
import { useKnown } from '../store.ts';
import { useWords } from '../words/words.ts';

/** How often it rings, real time. */
const STRIKE_MS = 1500;

/** Rings while a red or fire alarm is seen by nobody, says so, and lets itself be muted for a time. */
export function Ringer() {
  const { say } = useWords();
  const alarms = useKnown((known) => known.alarms);
  const ringing = ringingOf(alarms ?? []);
  const ring = ringOf(ringing);
  const bell = useRef<Bell>(undefined);
  const [mute, setMute] = useState<Mute | null>(null);
  const [isAllowed, setIsAllowed] = useState(true);
  const [now, setNow] = useState(() => performance.now());
  const muted = isMuted(mute, ringing, now);

  useEffect(() => {
    const opened = new Bell();
    bell.current = opened;
    // A touch of the page is what a browser waits for; from then on it may sound whenever it must.
    const touched = () => void opened.allow().then(setIsAllowed);
    addEventListener('click', touched);
    addEventListener('keydown', touched);
    return () => {
      removeEventListener('click', touched);
      removeEventListener('keydown', touched);
      opened.close();
    };
  }, []);

  useEffect(() => {
    if (ring === null) return;
    const strike = async () => {
      setNow(performance.now());
      if (muted) return;
      setIsAllowed((await bell.current?.allow()) ?? false);
      bell.current?.strike(ring);
    };
    void strike();
    const timer = setInterval(() => void strike(), STRIKE_MS);
    return () => clearInterval(timer);
  }, [ring, muted]);

  if (ring === null) return null;
  const count = ringing.filter(({ exercise }) => (exercise === undefined) === (ring === 'real')).length;
  const left = lengthWords(say, (mute?.untilMs ?? now) - now);
  return (
    <Alert
      banner
      type={ring === 'real' ? 'error' : 'info'}
      className={muted ? 'ringer' : 'ringer ringer-loud'}
      // New alarms are read out elsewhere, once; a time that runs down is not.
      role="group"
      title={
        <span className="ringer-line">
          <b>{say(ring === 'real' ? 'ring.text' : 'ring.drill-text', { count })}</b>
          {muted ? (
            <span>{say('ring.muted', { length: left })}</span>
          ) : (
            !isAllowed && <span>{say('ring.blocked')}</span>
          )}
        </span>
      }
      action={
        muted ? (
          <Button key="unmute" size="small" onClick={() => setMute(null)}>
            {say('ring.unmute')}
          </Button>
        ) : isAllowed ? (
          <Button key="mute" size="small" onClick={() => setMute(muteNow(ringing, performance.now()))}>
            {say('ring.mute')}
          </Button>
        ) : (
          // Its own key: a touch that allows sound must not land on the button that takes this one's place.
          <Button key="allow" size="small" type="primary" onClick={() => void bell.current?.allow().then(setIsAllowed)}>
            {say('ring.allow')}
          </Button>
        )
      }
    />
  );
}
