import { isRise } from './alarm-order.ts';
import { api, type GatewayStatus, type LiveReading, type LogEntry } from './api.ts';
import { siteClock } from './site-clock.ts';
import { MOST_ENTRIES, store } from './store.ts';

/** How often the gateway is asked for its time; without an answer it counts as lost. */
const BEAT_MS = 5000;
/** An open stream that says nothing for so long is opened anew: it may be half dead. */
const SILENCE_MS = 25_000;
const REOPEN_MS = 2000;
const MOST_ALARMS = 1000;
const SITE_CHANGED = 'city.gengfu.site.changed';

/** Runs `work` now, or once more after the run that is under way, however often it is asked meanwhile. */
function coalesce(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let again = false;
  const run = async (): Promise<void> => {
    do {
      again = false;
      await work();
    } while (again);
    running = undefined;
  };
  return () => {
    if (running === undefined) running = run();
    else again = true;
    return running;
  };
}

const lose = (): void => {
  if (store.get().connection !== 'lost') store.set({ connection: 'lost' });
};

const refreshAlarms = coalesce(async () => {
  const answer = await api.alarms('open', MOST_ALARMS);
  if (answer.ok) store.set({ alarms: answer.value.alarms });
  else lose();
});

const refreshAnswers = coalesce(async () => {
  const answer = await api.answers();
  if (answer.ok) store.set({ answers: answer.value.answers });
});

/** What the site says of people and rules: without it names are ids, and the rest goes on. */
const refreshSite = coalesce(async () => {
  const [people, plans, rules] = await Promise.all([api.people(), api.plans(), api.rules()]);
  if (people.ok) store.set({ people: people.value });
  if (plans.ok) store.set({ plans: plans.value.plans });
  if (rules.ok) store.set({ rules: rules.value.rules });
});

/** Every list, as it is now. False when one could not be had: then nothing shown is known to be live. */
async function fetchAll(): Promise<boolean> {
  const [site, points, links, upstreams, events, alarms] = await Promise.all([
    api.site(),
    api.points(),
    api.links(),
    api.upstreams(),
    api.events(MOST_ENTRIES),
    api.alarms('open', MOST_ALARMS),
  ]);
  if (!(site.ok && points.ok && links.ok && upstreams.ok && events.ok && alarms.ok)) return false;
  siteClock.hear(site.value.now, performance.now());
  store.set({
    site: site.value,
    heardAt: site.value.now,
    points: new Map(points.value.points.map((point) => [point.key, point])),
    links: links.value,
    upstreams: upstreams.value,
    alarms: alarms.value.alarms,
  });
  store.takeEntries(events.value.events);
  await Promise.all([refreshAnswers(), refreshSite()]);
  return true;
}

/**
 * Keeps the store as the gateway is, until the returned function is called. `onSignedOut` is called once the
 * gateway no longer knows the session.
 */
export function openLive(onSignedOut: () => void): () => void {
  let stream: EventSource | undefined;
  let heard = performance.now();
  let closed = false;
  let reopening: ReturnType<typeof setTimeout> | undefined;

  const settle = coalesce(async () => {
    const whole = await fetchAll();
    if (closed) return;
    if (whole && stream?.readyState === EventSource.OPEN) store.set({ connection: 'live' });
    else lose();
  });

  const listen = <T>(source: EventSource, name: string, take: (data: T) => void): void => {
    source.addEventListener(name, (event) => {
      heard = performance.now();
      // The stream is our own gateway's: its shapes are the contract of `/api/v1/live`.
      if (!closed && source === stream) take(JSON.parse(event.data) as T);
    });
  };

  const open = (): void => {
    stream?.close();
    if (closed) return;
    heard = performance.now();
    const source = new EventSource('/api/v1/live');
    stream = source;
    source.onopen = () => void settle();
    source.onerror = () => {
      lose();
      if (source.readyState === EventSource.CLOSED && source === stream && !closed) {
        clearTimeout(reopening);
        reopening = setTimeout(open, REOPEN_MS);
        void beat();
      }
    };
    listen<LogEntry>(source, 'entry', (entry) => {
      store.takeEntries([entry]);
      if (isRise(entry)) store.set({ newest: entry });
      // Points and links may be others, too.
      if (entry.type === SITE_CHANGED) void settle();
      void refreshAlarms();
      void refreshAnswers();
    });
    listen<readonly LiveReading[]>(source, 'readings', (batch) => {
      const newest = batch.reduce((most, { at }) => Math.max(most, at), store.get().heardAt ?? 0);
      store.set({ heardAt: newest });
      store.takeReadings(batch);
    });
    listen<GatewayStatus>(source, 'status', ({ health, links, upstreams, ledger }) => {
      store.set({ health, links, upstreams, ledger });
    });
  };

  const beat = coalesce(async () => {
    const answer = await api.site();
    if (closed) return;
    if (!answer.ok) {
      lose();
      if (answer.problem.status === 401) onSignedOut();
      return;
    }
    siteClock.hear(answer.value.now, performance.now());
    store.set({ site: answer.value, heardAt: answer.value.now });
    if (performance.now() - heard > SILENCE_MS) open();
    else if (stream?.readyState === EventSource.OPEN && store.get().connection !== 'live') await settle();
    else void refreshAnswers();
  });

  const wake = (): void => {
    if (!document.hidden) void beat();
  };
  document.addEventListener('visibilitychange', wake);
  const timer = setInterval(beat, BEAT_MS);
  open();
  return () => {
    closed = true;
    clearInterval(timer);
    clearTimeout(reopening);
    document.removeEventListener('visibilitychange', wake);
    stream?.close();
    store.clear();
  };
}
