import type { Level } from '../../rules/finding.ts';
import { useWords } from '../words/words.ts';

/** The warning colour and its word: the colour is never the only sign. */
export function LevelTag({ level }: { readonly level: Level | null }) {
  const { say } = useWords();
  if (level === null) return <span className="level level-none">{say('condition.normal')}</span>;
  return <span className={`level level-${level}`}>{say(`level.${level}`)}</span>;
}
