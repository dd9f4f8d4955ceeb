import type { Registry } from 'prom-client';
import type { Clock } from '#kit/clock.ts';
import type { Log } from '#kit/log.ts';
import type { LinkStatus, Picture } from '../../drivers/driver.ts';
import type { Reading } from '../../drivers/reading.ts';
import type { Action, Receipt } from '../alarms/action.ts';
import type { Alarm } from '../alarms/alarm.ts';
import type { StandingView } from '../alarms/alarm-book.ts';
import type { HistoryReader } from '../history/history.ts';
import type { Accounts } from '../ledger/accounts.ts';
import type { LedgerReader } from '../ledger/ledger.ts';
import type { Answer, Place, Text } from '../rules/finding.ts';
import type { Permits } from '../rules/permit.ts';
import type { UpstreamStatus } from '../upstream/upstream.ts';
import type { DeviceDesk } from './device-desk.ts';
import type { DutyDesk } from './duty-desk.ts';
import type { LinkDesk } from './link-desk.ts';
import type { PeopleView, PlanView, RuleView } from './people-desk.ts';

/** A point as people see it in a list. */
export interface PointView {
  /** `device/point`. */
  readonly key: string;
  readonly device: string;
  readonly deviceName: string;
  readonly id: string;
  readonly quantity: string;
  readonly unit: string | null;
  readonly scene: string | null;
  readonly place: Place;
  readonly link: string;
  readonly everyMs: number;
  /** The newest reading, good or not. */
  readonly last: Reading | null;
}

/** What a rule answers of a point now, and since when. */
export interface AnswerView {
  readonly rule: string;
  readonly point: string;
  readonly answer: Answer;
  readonly code: string | null;
  readonly value: number | string | null;
  readonly since: number;
}

export interface Health {
  /** It does its work: ledger durable, rules running. */
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

/** What to do, as a site's card says it in both languages. */
export interface CardView {
  readonly id: string;
  readonly title: Text;
  /** `close`: who closes it; `pump`: where it stands; `detour`; `step`. */
  readonly lines: readonly { readonly what: 'close' | 'pump' | 'detour' | 'step'; readonly text: Text }[];
}

/** What a changed site is otherwise in, in short: by kind, what was added, removed and changed. */
export type SiteChangesView = Readonly<Record<string, unknown>>;

/** Why a site is not applied; the one before goes on. */
export type SiteRefusal =
  | 'site-invalid'
  | 'site-needs-restart'
  | 'site-busy'
  | 'site-differs'
  | 'site-failed'
  | 'site-edit'
  | 'site-unwritable'
  | 'no-such-device'
  | 'no-such-site';

/** The answer to a change of the site. */
export type SiteAnswer =
  | {
      /** Unchanged: what the files say runs already. */
      readonly status: 'applied' | 'unchanged';
      readonly number: number;
      readonly hash: string;
      readonly changes: SiteChangesView;
      /** Each as `file:line:column: message`. */
      readonly warnings: readonly string[];
    }
  | {
      readonly status: 'refused';
      readonly code: SiteRefusal;
      readonly message: string;
      readonly hint?: string | undefined;
      /** Every one, at its place `file:line:column`. */
      readonly problems: readonly { readonly path: string; readonly message: string }[];
    };

/** One of the sites that were applied last. */
export interface AppliedSite {
  readonly number: number;
  readonly at: number;
  readonly hash: string;
  readonly by: string;
  readonly from: 'directory' | 'back' | 'upstream';
  readonly of: number | null;
}

export interface SiteHistory {
  /** Newest first: the first one runs. */
  readonly sites: readonly AppliedSite[];
  /** Files of the site's directory that are otherwise than those that run; null where there is no directory. */
  readonly difference: readonly { readonly file: string; readonly change: 'added' | 'removed' | 'changed' }[] | null;
}

/** Something that the gateway may switch, as people see it: see gateway/outputs/output.ts. */
export interface OutputView {
  readonly id: string;
  readonly name: string;
  readonly kind: 'siren' | 'beacon' | 'board' | 'pump' | 'barrier' | 'relay';
  readonly point: string;
  readonly values: readonly (string | number)[];
  readonly safe: string | number;
  readonly silence: 'duty' | 'admin' | 'nobody';
  readonly wanted: string | number;
  readonly is: string | number | null;
  readonly state: 'starting' | 'safe' | 'on' | 'failed';
  readonly code: string | null;
  readonly alarm: string | null;
  readonly by: string | null;
  readonly until: number | null;
  readonly failures: number;
}

/** The outputs by hand. Both throw a Fault why not. */
export interface OutputDesk {
  list(): readonly OutputView[];
  set(id: string, value: string | number, forMs: number, who: { by: string; isAdmin: boolean }): OutputView;
  release(id: string, by: string): OutputView;
}

/** One job on a link, as people see it: see gateway/commissioning/job.ts. */
export interface JobView {
  readonly id: string;
  readonly kind: string;
  readonly link: string | null;
  readonly by: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly state: 'running' | 'done' | 'stopped' | 'timed-out' | 'failed';
  readonly progress: { done: number; total: number; etaMs: number | null; at: string } | null;
  readonly result: unknown;
  readonly fault: { code: string; message: string; hint?: string | undefined } | null;
}

/** What installers have the gateway do on its links: see gateway/installer/jobs.ts. */
export interface JobOffice {
  /** Throws a Fault why not. */
  start(wish: { readonly kind: string }, by: string): JobView;
  list(): readonly JobView[];
  find(id: string): JobView | undefined;
  news(id: string, after: number): readonly { readonly number: number; readonly is: string; readonly said: unknown }[];
  /** Resolves when it has given back what it had. */
  stop(id: string): Promise<JobView | undefined>;
}

/** Walk tests: see gateway/exercises/walk-tests.ts. */
export interface WalkTestOffice extends Omit<JobOffice, 'start'> {
  start(
    wish: { device: string; point?: string | undefined; rule?: string | undefined; withinMs?: number | undefined },
    by: string,
  ): JobView;
}

export interface DrillView {
  readonly drill: string;
  readonly startedAt: string;
  readonly ended: string | null;
}

/** Drills: see gateway/exercises/drills.ts. All but `report` throw a Fault why not. */
export interface DrillDesk {
  start(
    wish: { drill: string; place?: string | undefined; speed?: number | undefined },
    by: string,
  ): Promise<DrillView>;
  stop(by: string): Promise<DrillView>;
  report(): DrillView | null;
}

/** A way to people, as it stands: see gateway/notify/channels/channel.ts. */
export interface ChannelView {
  readonly state: 'ready' | 'failing' | 'starting';
  readonly error?: string;
  readonly sent: number;
  readonly failed: number;
  readonly waiting: number;
  readonly warnings: readonly string[];
  readonly tokens?: number;
  readonly testedAt?: number | null;
}

/** A call that is not done with: see gateway/notify/call.ts. */
export interface CallView {
  readonly sequence: number;
  readonly alarm: string;
  readonly step: string;
  readonly to: { readonly kind: 'person' | 'group'; readonly id: string };
  readonly tier: number;
  readonly urgent: boolean;
  readonly state: 'wanted' | 'sending' | 'sent' | 'delivered';
  readonly channels: readonly string[];
  /** Which of them has it. */
  readonly channel: number;
  readonly tries: number;
  readonly repeated: boolean;
  readonly wantedAt: number;
  readonly notBefore: number | null;
  readonly sentAt: number | null;
}

/** Calls to people. */
export interface CallOffice {
  readonly calls: Iterable<CallView>;
  status(): {
    readonly waiting: number;
    readonly sending: number;
    readonly refused: number;
    readonly backlog: number;
    readonly strangers: number;
    readonly channels: Readonly<Record<string, ChannelView>>;
  };
  /** Sends a real message that says that it is a test. Throws a Fault `no-such-channel`, `no-such-person`. */
  test(
    channel: string,
    person: string,
    by: string,
  ): Promise<{ readonly status: string; readonly message: string | null }>;
}

/** What a phone makes of a scene at its best. */
export const RESPONSE_PHOTO_BYTES = 8 * 1024 * 1024;

/** Photos from the spot, by alarm: see gateway/commissioning/assets-photos.ts. All but `list` throw a Fault why not. */
export interface PhotoDesk {
  list(
    alarm: string,
  ): Promise<readonly { name: string; type: 'image/jpeg' | 'image/png'; bytes: number; at: number }[]>;
  read(alarm: string, name: string): Promise<{ readonly type: string; readonly bytes: Uint8Array }>;
  add(
    alarm: string,
    bytes: Uint8Array,
    at: number,
  ): Promise<{ name: string; type: 'image/jpeg' | 'image/png'; bytes: number; at: number }>;
}

/** All that the API is handed by the gateway. */
export interface ApiContext {
  readonly clock: Clock;
  /** Real time, for sessions, one-time links and the pace of live changes: a demo's faster clock must not sign people out. */
  readonly wire: Clock;
  readonly log: Log;
  readonly version: string;
  /** As it is now: the site may change. */
  site(): { readonly gateway: string; readonly name: string; readonly timeZone: string };
  readonly accounts: Accounts;
  readonly ledger: LedgerReader;
  readonly history: HistoryReader;
  readonly metrics: Registry;
  /** Alarms that are not closed. */
  alarms(): readonly Alarm[];
  points(): readonly PointView[];
  answers(): readonly AnswerView[];
  links(): Readonly<Record<string, LinkStatus>>;
  upstreams(): Readonly<Record<string, UpstreamStatus>>;
  /** The last picture of a device that came at that time or before it. */
  picture(device: string, at: number): Promise<Picture | undefined>;
  health(): Health;
  act(action: Action): Promise<Receipt>;
  /** What keeps alarms from people. */
  standing(): StandingView;
  readonly permits: Permits;
  readonly outputs: OutputDesk;
  readonly walkTests: WalkTestOffice;
  readonly drills: DrillDesk;
  /** Applies the site's directory as it is now. */
  reloadSite(by: string, from: string): Promise<SiteAnswer>;
  /** Puts a site back that was applied before. */
  backSite(number: number, by: string, from: string): Promise<SiteAnswer>;
  siteHistory(): Promise<SiteHistory>;
  readonly duty: DutyDesk;
  /** One-time links of those who are sent without an account. */
  readonly responders: LinkDesk;
  /** Photos from the spot. */
  readonly photos: PhotoDesk;
  /** Who may be sent and called; numbers are masked. */
  people(): PeopleView;
  plans(): readonly PlanView[];
  rules(): readonly RuleView[];
  /** Whether it is he, by the name of his account, who was sent to an alarm; where nobody knows who that is, anybody may be. */
  isSentTo(account: string, alarm: string): boolean;
  /** What to do about an alarm, by its card (处置卡). */
  cards(alarm: Alarm): readonly CardView[];
  /** `YYYY-MM-DD` of the night that an instant belongs to. */
  nightOf(at: number): string;
  readonly devices: DeviceDesk;
  readonly jobs: JobOffice;
  readonly calls: CallOffice;
  /** Called with every batch of readings, on the reading path: the listener only takes note. Returns the way to stop it. */
  onReadings(listener: (batch: readonly Reading[]) => void): () => void;
}
