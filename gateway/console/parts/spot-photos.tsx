import { api, type ListedAlarm, photoUrl } from '../api.ts';
import { useAsked } from '../asked.ts';
import { useKnown } from '../store.ts';
import { dateOf, timeOfDay } from '../time.ts';
import { useWords } from '../words/words.ts';

/** What people took at the spot. `last`: the newest entry about the alarm, with which one more may have come. */
export function SpotPhotos({ alarm, last }: { readonly alarm: ListedAlarm; readonly last: string }) {
  const { say } = useWords();
  const zone = useKnown((known) => known.site?.timeZone ?? 'UTC');
  const photos = useAsked(() => api.photos(alarm.id), `${alarm.id} ${last}`).value?.photos ?? [];
  if (photos.length === 0) return null;
  return (
    <>
      <h3>{say('detail.photos')}</h3>
      <div className="spot-photos">
        {photos.map(({ name, at }) => {
          const time = `${dateOf(at, zone)} ${timeOfDay(at, zone)}`;
          return (
            <figure key={name} className="detail-picture">
              <a href={photoUrl(alarm.id, name)} target="_blank" rel="noreferrer">
                <img src={photoUrl(alarm.id, name)} alt={say('detail.photo-at', { time })} loading="lazy" />
              </a>
              <figcaption className="quiet">{time}</figcaption>
            </figure>
          );
        })}
      </div>
    </>
  );
}
