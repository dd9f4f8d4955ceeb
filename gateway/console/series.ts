import { useEffect, useRef, useState } from 'react';
import { api, type LiveReading, type Problem } from './api.ts';
import { store, useKnown } from './store.ts';

/** So many values are asked for: more than a screen has columns. */
const ASKED = 1500;
/** Live readings are added up to so many, then the series is asked for anew. */
const MOST = 6000;

export interface SeriesNow {
  readonly at: number[];
  readonly value: (number | string | null)[];
  readonly quality: ('good' | 'uncertain' | 'bad')[];
}

/** What was read of a point from `from` on (to `to`, or on and on where it is null), and why it could not be had. */
export function useSeries(
  key: string,
  from: number,
  to: number | null,
): { readonly series: SeriesNow | undefined; readonly problem: Problem | undefined } {
  const [series, setSeries] = useState<SeriesNow>();
  const [problem, setProblem] = useState<Problem>();
  const [round, setRound] = useState(0);
  const live = useKnown((known) => known.connection === 'live');
  const waiting = useRef<LiveReading[]>([]);
  const end = useRef(to);
  end.current = to;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `live` and `round` say when to ask again
  useEffect(() => {
    let here = true;
    let frame = 0;
    let known: SeriesNow | undefined;
    waiting.current = [];
    const add = () => {
      frame = 0;
      if (known === undefined) return;
      const last = known.at.at(-1) ?? Number.NEGATIVE_INFINITY;
      const fresh = waiting.current.filter(({ at }) => at > last).sort((a, b) => a.at - b.at);
      waiting.current = [];
      if (fresh.length === 0) return;
      known = {
        at: [...known.at, ...fresh.map(({ at }) => at)],
        value: [...known.value, ...fresh.map(({ value }) => value)],
        quality: [...known.quality, ...fresh.map(({ quality }) => quality)],
      };
      if (known.at.length > MOST) setRound((n) => n + 1);
      setSeries(known);
    };
    const stop = store.onReadings((batch) => {
      if (end.current !== null) return;
      const mine = batch.filter(({ point }) => point === key);
      if (mine.length === 0) return;
      waiting.current = [...waiting.current, ...mine].slice(-MOST);
      if (frame === 0) frame = requestAnimationFrame(add);
    });
    const { heardAt } = store.get();
    void api.series(key, from, to ?? (heardAt ?? from) + 60_000, ASKED).then((answer) => {
      if (!here) return;
      setProblem(answer.ok ? undefined : answer.problem);
      if (!answer.ok) return;
      const { at, value, quality } = answer.value;
      known = { at: [...at], value: [...value], quality: [...quality] };
      setSeries(known);
      add();
    });
    return () => {
      here = false;
      cancelAnimationFrame(frame);
      stop();
    };
  }, [key, from, to, live, round]);
  return { series, problem };
}
