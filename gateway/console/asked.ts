import { useEffect, useState } from 'react';
import type { Answered, Problem } from './ask.ts';

interface Asked<T> {
  /** The last good answer; kept while a newer one is not there. */
  readonly value: T | undefined;
  readonly problem: Problem | undefined;
  /** Asks once more. */
  readonly again: () => void;
}

/** Asks the gateway when it is shown, whenever `when` is another, and each `everyMs` of real time. */
export function useAsked<T>(ask: () => Promise<Answered<T>>, when: string, everyMs?: number): Asked<T> {
  const [value, setValue] = useState<T>();
  const [problem, setProblem] = useState<Problem>();
  const [turn, setTurn] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `when` and `turn` say when to ask again
  useEffect(() => {
    let here = true;
    const run = () =>
      void ask().then((answer) => {
        if (!here) return;
        if (answer.ok) setValue(answer.value);
        setProblem(answer.ok ? undefined : answer.problem);
      });
    run();
    const timer = everyMs === undefined ? undefined : setInterval(run, everyMs);
    return () => {
      here = false;
      clearInterval(timer);
    };
  }, [when, turn, everyMs]);
  return { value, problem, again: () => setTurn((last) => last + 1) };
}
