import { App } from 'antd';
import { useState } from 'react';
import type { Answered, Problem } from '../ask.ts';
import { type Say, useWords } from '../words/words.ts';

/** Why the gateway did not do it, in the page's language where the code is known. */
export function problemWords(say: Say, { code, title, detail }: Problem): string {
  const known = say.of('problem', code ?? '');
  return `${say('act.failed')}: ${known === (code ?? '') ? (detail ?? title) : known}`;
}

/** Has the gateway do something: tells what came of it, and gives the answer, undefined where it was refused. */
export function useTold(): {
  readonly busy: boolean;
  readonly tell: <T>(asked: Promise<Answered<T>>, done: (value: T) => string) => Promise<T | undefined>;
} {
  const { say } = useWords();
  const { message } = App.useApp();
  const [busy, setBusy] = useState(false);
  return {
    busy,
    async tell(asked, done) {
      setBusy(true);
      const answer = await asked;
      setBusy(false);
      if (!answer.ok) {
        message.error(problemWords(say, answer.problem), 8);
        return undefined;
      }
      message.success(done(answer.value));
      return answer.value;
    },
  };
}
