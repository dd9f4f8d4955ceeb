import type { LiveReading } from '../api.ts';
import { useWords } from '../words/words.ts';

const SIGNS = { good: '✓', uncertain: '○', bad: '×' } as const;

/** Whether a reading is valid, by sign, word and, where it is not, why. */
export function QualityWords({ reading }: { readonly reading: LiveReading }) {
  const { say } = useWords();
  const { quality, code } = reading;
  return (
    <span className={`quality quality-${quality}`}>
      <span aria-hidden="true">{SIGNS[quality]}</span> {say(`quality.${quality}`)}
      {code !== undefined && <span className="quality-code"> {say.of('code', code)}</span>}
    </span>
  );
}
