import { Alert } from 'antd';
import type { Problem } from '../api.ts';
import { useWords } from '../words/words.ts';

/** What the gateway could not do: in the page's language where the code is known, with the gateway's own words below. */
export function ProblemNote({ problem }: { readonly problem: Problem }) {
  const { say } = useWords();
  const { code, title, detail, hint } = problem;
  const told = code === undefined ? title : say.of('problem', code);
  // Its own words add nothing where the page knows better ones in the reader's language.
  const text = told === code || code === undefined ? [detail, hint].filter((part) => part !== undefined).join(' ') : '';
  return (
    <Alert type="error" showIcon role="alert" title={told === code ? title : told} description={text || undefined} />
  );
}
