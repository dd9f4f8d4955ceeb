import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Gauge, Registry } from 'prom-client';
import type { Trust } from '#kit/clock.ts';
import type { LinkStatus, OpenLink } from '../drivers/driver.ts';
import type { CallOffice } from './api/context.ts';
import type { Board } from './board.ts';
import type { HistoryReader } from './history/history.ts';
import type { Judge } from './judge/judge.ts';
import type { Lateness } from './judge/late.ts';
import type { LedgerReader } from './ledger/ledger.ts';
import type { OutputView } from './outputs/output.ts';
import { LEVELS } from './rules/finding.ts';
import type { SiteStatus } from './site/site-desk.ts';
import type { TimeStatus } from './time/time-keeper.ts';
import type { OpenUpstream } from './upstream/upstream.ts';

/** What the figures are read from, when somebody asks for them. */
export interface Measured {
  readonly ledger: LedgerReader;
  readonly history: HistoryReader;
  readonly links: ReadonlyMap<string, OpenLink>;
  readonly sinks: ReadonlyMap<string, OpenUpstream>;
  readonly judge: Judge;
  readonly lateness: Lateness;
  readonly board: Board;
}

export interface Metrics extends Disposable {
  readonly registry: Registry;
  /** How the gateway knows the time, told from then on. */
  watchTime(status: () => TimeStatus): void;
  /** The outputs, told from then on. */
  watchOutputs(list: () => readonly OutputView[]): void;
  /** Calls to people and their channels, told from then on. */
  watchCalls(status: CallOffice['status']): void;
  /** How changes of the site went, told from then on. */
  watchSite(status: () => Pick<SiteStatus, 'number' | 'reloads' | 'failures' | 'difference'>): void;
}

const NANOSECONDS = 1e9;
const LOOP_RESOLUTION_MS = 10;
const TRUSTS: readonly Trust[] = ['synchronised', 'holding', 'unknown'];

/** Every figure of the gateway, worked out at the moment of asking; nothing of it costs anything between. */
export function openMetrics(measured: Measured): Metrics {
  const registry = new Registry();
  const delay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  delay.enable();
  const gauge = (name: string, help: string, labelNames: string[], collect: (gauge: Gauge) => void) =>
    new Gauge({
      name: `gengfu_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        collect(this);
      },
    });
  const { ledger, history, links, sinks, judge, lateness, board } = measured;

  gauge('loop_delay_seconds', 'Delay of the main loop since the last scrape.', ['quantile'], (each) => {
    for (const q of [0.5, 0.99, 0.999]) each.set({ quantile: q }, delay.percentile(q * 100) / NANOSECONDS);
    each.set({ quantile: 1 }, delay.max / NANOSECONDS);
    delay.reset();
  });
  gauge('resident_bytes', 'Resident memory of the process.', [], (each) => each.set(process.memoryUsage.rss()));
  gauge('cpu_seconds', 'Processor time of the process, user and system.', [], (each) => {
    const { user, system } = process.cpuUsage();
    each.set((user + system) / 1e6);
  });
  gauge('readings', 'Readings taken since the start, by quality.', ['quality'], (each) => {
    for (const [quality, count] of Object.entries(board.counts)) each.set({ quality }, count);
  });
  gauge('readings_late', 'Readings since the start that came too late for the rules.', [], (each) =>
    each.set(lateness.count),
  );
  gauge('alarms', 'Alarms that are not closed, by level; level none has returned.', ['level'], (each) => {
    const levels = [...LEVELS, 'none'] as const;
    for (const level of levels) {
      each.set({ level }, judge.alarms.open.filter((alarm) => (alarm.level ?? 'none') === level).length);
    }
  });
  gauge('ledger_head', 'Highest durable sequence.', [], (each) => each.set(ledger.status().head));
  gauge('ledger_waiting', 'Entries that are not durable yet.', [], (each) => each.set(ledger.status().waiting));
  gauge('ledger_durable', '1 while events reach the disk.', [], (each) => each.set(Number(ledger.status().durable)));
  gauge('ledger_bytes', 'Size of the ledger on disk.', [], (each) => each.set(ledger.status().bytes));
  gauge('ledger_commits', 'Transactions since the start.', [], (each) => each.set(ledger.status().commits));
  gauge('history_bytes', 'Size of the history on disk.', [], (each) => each.set(history.status().bytes));
  gauge(
    'history_written_bytes',
    'Bytes that history gave to the disk since the start: what a flash card wears by.',
    [],
    (each) => each.set(history.status().written ?? 0),
  );
  gauge('history_dropped', 'Readings that history could not keep.', [], (each) => each.set(history.status().dropped));
  gauge('link_up', '1 while the link is up.', ['link'], (each) => {
    for (const [link, open] of links) each.set({ link }, Number(open.status().state === 'up'));
  });
  gauge('link_count', 'Counters of a link since the start, by name.', ['link', 'counter'], (each) => {
    for (const [link, open] of links) {
      for (const [counter, count] of Object.entries(open.status().counters)) each.set({ link, counter }, count);
    }
  });
  gauge('link_use_planned', "Share of the link's time that its plan needs.", ['link'], (each) => {
    for (const [link, { use }] of statuses(links)) if (use !== undefined) each.set({ link }, use.planned);
  });
  gauge('link_use_measured', "Share of the link's time used over the last minute.", ['link'], (each) => {
    for (const [link, { use }] of statuses(links)) if (use !== undefined) each.set({ link }, use.measured);
  });
  gauge('device_answers', '1 while the device answers.', ['link', 'device'], (each) => {
    for (const [link, open] of links) {
      for (const [device, { answers }] of Object.entries(open.status().devices)) {
        each.set({ link, device }, Number(answers));
      }
    }
  });
  gauge('upstream_online', '1 while the upstream is connected.', ['upstream'], (each) => {
    for (const [upstream, sink] of sinks) each.set({ upstream }, Number(sink.status().state === 'online'));
  });
  gauge('upstream_backlog', 'Entries that the upstream has not confirmed.', ['upstream'], (each) => {
    for (const [upstream, sink] of sinks) each.set({ upstream }, sink.status().backlog);
  });
  return {
    registry,
    watchTime(status) {
      gauge('clock_trust', '1 at how far the clock is trusted now.', ['trust'], (each) => {
        for (const trust of TRUSTS) each.set({ trust }, Number(status().trust === trust));
      });
      gauge('clock_offset_seconds', "What the gateway's time is ahead of the system's.", ['source'], (each) => {
        const { source, offsetMs } = status();
        each.set({ source }, offsetMs / 1000);
      });
      gauge('clock_steps', 'Steps of the wall clock since the start.', [], (each) => each.set(status().steps));
      gauge('clock_refused', 'Times that sources told since the start and that could not be true.', [], (each) =>
        each.set(status().refused),
      );
    },
    watchOutputs(list) {
      gauge('output_on', '1 while the output is to be other than safe.', ['output'], (each) => {
        for (const { id, wanted, safe } of list()) each.set({ output: id }, Number(wanted !== safe));
      });
      gauge('output_follows', '1 while the world shows what is wanted of the output.', ['output'], (each) => {
        for (const { id, state } of list()) each.set({ output: id }, Number(state === 'on' || state === 'safe'));
      });
      gauge('output_failures', 'How often the output did not follow since the start.', ['output'], (each) => {
        for (const { id, failures } of list()) each.set({ output: id }, failures);
      });
    },
    watchCalls(status) {
      gauge('calls', 'Calls to people that are not done with, by state.', ['state'], (each) => {
        const { waiting, sending } = status();
        each.set({ state: 'wanted' }, waiting);
        each.set({ state: 'sending' }, sending);
      });
      gauge('calls_refused', 'Calls since the start that were not taken, because too many stood.', [], (each) =>
        each.set(status().refused),
      );
      gauge('calls_backlog', 'Entries that were not looked at yet for whom to call.', [], (each) =>
        each.set(status().backlog),
      );
      gauge('channel_ready', '1 while the channel to people works.', ['channel'], (each) => {
        for (const [id, { state }] of Object.entries(status().channels)) {
          each.set({ channel: id }, Number(state === 'ready'));
        }
      });
      gauge('channel_messages', 'Messages since the start.', ['channel', 'outcome'], (each) => {
        for (const [id, { sent, failed }] of Object.entries(status().channels)) {
          each.set({ channel: id, outcome: 'sent' }, sent);
          each.set({ channel: id, outcome: 'failed' }, failed);
        }
      });
    },
    watchSite(status) {
      gauge('site_number', 'Number of the applied site that runs.', [], (each) => each.set(status().number ?? 0));
      gauge('site_reloads', 'Changes of the site that were applied since the start.', [], (each) =>
        each.set(status().reloads),
      );
      gauge(
        'site_reload_failures',
        'Changes of the site since the start that failed; the site before went on.',
        [],
        (each) => each.set(status().failures),
      );
      gauge(
        'site_directory_differs',
        'Files of the directory of the site that are otherwise than what runs.',
        [],
        (each) => each.set(status().difference?.length ?? 0),
      );
    },
    [Symbol.dispose]: () => delay.disable(),
  };
}

const statuses = (links: Measured['links']): [string, LinkStatus][] =>
  [...links].map(([link, open]) => [link, open.status()]);
