import { pictureUrl } from '../api.ts';
import { useKnown } from '../store.ts';
import { dateOf, timeOfDay } from '../time.ts';
import { useWords } from '../words/words.ts';

/** The picture that the alarm's device sent with it, or last before it: its time says which. */
export function AlarmPicture({ id, at }: { readonly id: string; readonly at: number }) {
  const { say } = useWords();
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const time = `${dateOf(at, zone)} ${timeOfDay(at, zone)}`;
  return (
    <>
      <h3>{say('detail.picture')}</h3>
      <figure className="detail-picture">
        <a href={pictureUrl(id)} target="_blank" rel="noreferrer">
          <img src={pictureUrl(id)} alt={say('detail.picture')} />
        </a>
        <figcaption className="quiet">{say('detail.picture-at', { time })}</figcaption>
      </figure>
    </>
  );
}
