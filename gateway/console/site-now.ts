import { useSyncExternalStore } from 'react';
import { siteClock } from './site-clock.ts';
import { store } from './store.ts';

/** One timer for all that shows a time or an age. */
const TELL_MS = 1000;

let now = Number.NaN;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** Runs on while the gateway is heard, and stands at its last word when it is lost. */
function tell(): void {
  const { connection, heardAt } = store.get();
  now = connection === 'live' ? siteClock.now(performance.now()) : (heardAt ?? Number.NaN);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    tell();
    timer = setInterval(tell, TELL_MS);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The site's time, UTC ms, told anew each second; NaN before the gateway has said it. */
export const useSiteNow = (): number =>
  useSyncExternalStore(subscribe, () => (Number.isNaN(now) ? (store.get().heardAt ?? now) : now));
