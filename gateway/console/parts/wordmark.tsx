import lantern from '../lantern.svg';
import { useWords } from '../words/words.ts';

/** The watchman's lantern and the name. */
export function Wordmark({ large = false }: { readonly large?: boolean }) {
  const { say } = useWords();
  return (
    <span className={large ? 'wordmark wordmark-large' : 'wordmark'}>
      <img src={lantern} alt="" width={large ? 56 : 26} height={large ? 56 : 26} />
      <b>{say('app.name')}</b>
    </span>
  );
}
