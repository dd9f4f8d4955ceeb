import { useKnown } from '../store.ts';
import { useWords } from '../words/words.ts';

/** Reads out what was raised or rose, to those who do not see it. */
export function Announcer() {
  const { say, language } = useWords();
  const entry = useKnown((known) => known.newest);
  const device = useKnown(
    (known) => known.points.get(`${entry?.data.device}/${entry?.data.point}`)?.deviceName ?? entry?.data.device ?? '',
  );
  const { title, level } = entry?.data ?? {};
  const text =
    title === undefined || !level
      ? ''
      : say('alarms.new', { title: title[language], device, level: say(`level.${level}`) });
  return (
    <div role="status" aria-live="assertive" className="only-read">
      {text}
    </div>
  );
}
