import { Registry } from 'prom-client';
import type { Picture } from '../../drivers/driver.ts';
import type { Alarm } from '../../gateway/alarms/alarm.ts';
import type {
  AnswerView,
  ApiContext,
  Health,
  JobView,
  OutputView,
  PointView,
  SiteAnswer,
} from '../../gateway/api/context.ts';
import type { DutyEntry } from '../../gateway/api/duty-desk.ts';
import { Fault } from '../../gateway/kit/fault.ts';
import { silentLog } from '../../gateway/kit/log.ts';
import type { Account, Accounts, Role, Session } from '../../gateway/ledger/accounts.ts';
import type { Entry, LedgerReader } from '../../gateway/ledger/ledger.ts';
import { type PermitBatch, PermitRegister } from '../../gateway/permits/permit-register.ts';
import { permit } from '../../gateway/rules/permit.ts';
import { FakeClock } from './fake-clock.ts';
import { type FakeDevices, fakeDevices } from './fake-devices.ts';
import { type FakeJobs, fakeJobs } from './fake-jobs.ts';
import { aPoint } from './judged.ts';

/** Accounts in memory. `down` makes every call fail, as when the disk does not answer. */
export class FakeAccounts implements Accounts {
  readonly accounts = new Map<string, Account>();
  readonly sessions = new Map<string, Session>();
  readonly lines: { at: number; who: string; what: string; from?: string; detail?: object }[] = [];
  invitation: { id: string; role: Role; expiresAt: number } | undefined;
  down: Error | undefined;

  async #up(): Promise<void> {
    if (this.down !== undefined) throw this.down;
  }
  async list() {
    await this.#up();
    return [...this.accounts.values()].map(({ name, role, createdAt }) => ({ name, role, createdAt }));
  }
  async find(name: string) {
    await this.#up();
    return this.accounts.get(name);
  }
  async put(account: Account) {
    await this.#up();
    this.accounts.set(account.name, account);
  }
  async remove(name: string) {
    await this.#up();
    return this.accounts.delete(name);
  }
  async openSession(session: Session) {
    await this.#up();
    this.sessions.set(session.id, session);
  }
  async findSession(id: string, now: number) {
    await this.#up();
    const found = this.sessions.get(id);
    return found !== undefined && found.expiresAt > now ? found : undefined;
  }
  async closeSession(id: string) {
    await this.#up();
    this.sessions.delete(id);
  }
  async closeSessions(account: string) {
    await this.#up();
    for (const session of this.sessions.values()) if (session.account === account) this.sessions.delete(session.id);
  }
  async putInvitation(id: string, role: Role, expiresAt: number) {
    await this.#up();
    this.invitation = { id, role, expiresAt };
  }
  async findInvitation(id: string, now: number) {
    await this.#up();
    const found = this.invitation;
    return found !== undefined && found.id === id && found.expiresAt > now ? found.role : undefined;
  }
  async takeInvitation(id: string, now: number) {
    const role = await this.findInvitation(id, now);
    if (role !== undefined) this.invitation = undefined;
    return role;
  }
  async audit(line: (typeof this.lines)[number]) {
    await this.#up();
    this.lines.push(line);
  }
  async auditTrail(limit: number) {
    await this.#up();
    return this.lines.toReversed().slice(0, limit);
  }
}

/** A log in memory: `commit` makes entries durable and tells the listeners. */
export class FakeLedger implements LedgerReader {
  readonly entries: Entry[] = [];
  readonly closed: Alarm[] = [];
  readonly listeners = new Set<(entries: readonly Entry[]) => void>();
  durable = true;
  reads = 0;

  /** One entry for each body, in one commit. */
  commit(bodies: readonly object[], type = 'city.gengfu.alarm.raised'): readonly Entry[] {
    const made = bodies.map((data, index): Entry => {
      const sequence = this.entries.length + index + 1;
      const event = {
        specversion: '1.0',
        id: `test/${sequence}`,
        source: '/gengfu/test',
        type,
        subject: 'device/point/rule',
        time: '2026-07-15T21:30:00.000+08:00',
        datacontenttype: 'application/json',
        sequence: String(sequence),
        data,
      };
      return { sequence, json: JSON.stringify(event) };
    });
    this.entries.push(...made);
    for (const listener of this.listeners) listener(made);
    return made;
  }
  async read(sequence: number, limit: number) {
    this.reads++;
    return this.entries.slice(sequence, sequence + limit);
  }
  async latest(limit: number, before = Number.POSITIVE_INFINITY) {
    this.reads++;
    return this.entries
      .filter((entry) => entry.sequence < before)
      .toReversed()
      .slice(0, limit);
  }
  async closedAlarms(limit: number) {
    return this.closed.slice(0, limit);
  }
  async openCursor() {
    return 0;
  }
  async moveCursor() {}
  onCommit(listener: (entries: readonly Entry[]) => void) {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
  status() {
    const head = this.entries.length;
    return { durable: this.durable, waiting: 0, head, next: head + 1, bytes: 0, commits: 0, cursors: {} };
  }
}

/** A gateway in memory, as the API is handed one. Everything in it can be set and moved by hand. */
export interface FakeContext extends ApiContext {
  readonly clock: FakeClock;
  readonly wire: FakeClock;
  readonly accounts: FakeAccounts;
  readonly devices: FakeDevices;
  readonly jobs: FakeJobs;
  readonly ledger: FakeLedger;
  readonly listeners: Set<Parameters<ApiContext['onReadings']>[0]>;
  /** Every action asked for, and what is answered to the next ones. */
  readonly acted: Parameters<ApiContext['act']>[0][];
  /** What was stored of changes of permits. */
  readonly permitBatches: PermitBatch[];
  open: Alarm[];
  state: Health;
  /** What a change of the site is answered, and by whom it was asked. */
  siteAnswer: SiteAnswer;
  readonly siteAsked: string[];
  /** Oldest first. */
  readonly pictures: (Picture & { readonly device: string })[];
  refuse: { code: 'no-such-alarm' | 'closed' | 'not-durable'; message: string } | undefined;
}

export function fakeContext(): FakeContext {
  const listeners: FakeContext['listeners'] = new Set();
  const context: FakeContext = {
    clock: new FakeClock(),
    wire: new FakeClock(),
    log: silentLog,
    version: '0.0.0',
    site: () => ({ gateway: 'test', name: '测试', timeZone: 'Asia/Shanghai' }),
    siteAnswer: { status: 'applied', number: 2, hash: 'ab', changes: {}, warnings: [] },
    siteAsked: [],
    async reloadSite(by) {
      context.siteAsked.push(`reload ${by}`);
      return context.siteAnswer;
    },
    async backSite(number, by) {
      context.siteAsked.push(`back ${number} ${by}`);
      return context.siteAnswer;
    },
    siteHistory: async () => ({
      sites: [{ number: 2, at: 1, hash: 'ab', by: 'wang', from: 'back', of: 1 }],
      difference: [{ file: 'rules.yaml', change: 'changed' }],
    }),
    devices: fakeDevices(),
    jobs: fakeJobs(),
    accounts: new FakeAccounts(),
    ledger: new FakeLedger(),
    history: {
      async series(point, from, to) {
        return { point, at: [from, to], value: [57.1, null], quality: ['good', 'bad'] };
      },
      async *since() {},
      status: () => ({ bytes: 0, readings: 0, dropped: 0, oldestAt: null }),
    },
    metrics: new Registry(),
    listeners,
    acted: [],
    permits: new PermitRegister({
      site: { timeZone: 'Asia/Shanghai', permits: [FAKE_PERMIT], points: [aPoint(FAKE_POINT)] },
      stored: [],
      instant: () => ({ at: context.clock.now(), tick: context.clock.tick() }),
      async apply(_permits, batch) {
        context.permitBatches.push(batch);
        return context.refuse === undefined;
      },
    }),
    permitBatches: [],
    walkTests: {
      start({ device }, by) {
        if (device !== 'noise-07') throw new Fault('no-such-device', `the site has no device ${device}`);
        return { ...FAKE_WALK_TEST, by };
      },
      list: () => [FAKE_WALK_TEST],
      find: (id) => (id === FAKE_WALK_TEST.id ? FAKE_WALK_TEST : undefined),
      news: () => [{ number: 1, is: 'step', said: { step: 'reading', ok: true } }],
      stop: async (id) => (id === FAKE_WALK_TEST.id ? FAKE_WALK_TEST : undefined),
    },
    drills: {
      async start({ drill }) {
        return { drill, startedAt: '2026-07-15T22:00:00.000+08:00', ended: null };
      },
      async stop() {
        throw new Fault('no-drill', 'no drill runs');
      },
      report: () => null,
    },
    outputs: {
      list: () => [FAKE_OUTPUT],
      set(id, value) {
        if (id !== FAKE_OUTPUT.id) throw new Fault('no-such-output', `the site has no output ${id}`);
        if (!FAKE_OUTPUT.values.includes(value)) throw new Fault('output-value', `not ${value}`);
        return { ...FAKE_OUTPUT, wanted: value };
      },
      release: () => FAKE_OUTPUT,
    },
    open: [fakeAlarm()],
    state: { ready: true, reasons: [] },
    pictures: [],
    refuse: undefined,
    alarms: () => context.open,
    points: () => [FAKE_POINT],
    answers: () => [FAKE_ANSWER],
    links: () => ({ 'bus-1': { state: 'up', counters: { requests: 7 }, devices: { 'noise-07': { answers: true } } } }),
    async picture(device, at) {
      return context.pictures.filter((each) => each.device === device).findLast((each) => each.at <= at);
    },
    upstreams: () => ({ city: { state: 'offline', error: 'connection refused', backlog: 2, sent: 40 } }),
    health: () => context.state,
    standing: () => ({ shelves: [], outOfService: [], workOrders: [], chattering: [], incident: null }),
    async act(action) {
      context.acted.push(action);
      if (context.refuse !== undefined) return { status: 'refused', ...context.refuse };
      const alarm = context.open.find(({ id }) => 'alarm' in action && id === action.alarm);
      if (alarm === undefined) return { status: 'refused', code: 'no-such-alarm', message: 'no such alarm' };
      return { status: 'done', alarm: { ...alarm, acknowledged: true, acknowledgedBy: action.by } };
    },
    calls: {
      calls: [],
      status: () => ({ waiting: 0, sending: 0, refused: 0, backlog: 0, strangers: 0, channels: {} }),
      test: async () => ({ status: 'accepted', message: null }),
    },
    ...fakeDuty(),
    people: () => ({
      contacts: [
        {
          ...{ id: 'li', name: '李娜', phone: '138****5678', roles: ['duty'], grids: [], devices: ['noise-07'] },
          hasAccount: true,
        },
      ],
      teams: [{ id: 'team-1', name: '夜巡队', people: ['li'] }],
      channels: [{ id: 'sms', kind: 'sms' }],
    }),
    plans: () => [
      {
        ...{ id: 'standard', title: { zh: '标准', en: 'Standard' }, steps: { acknowledge: { red: 300_000 } } },
        escalate: { everyMs: 300_000, tiers: 3 },
      },
    ],
    rules: () => [
      {
        ...{ id: 'waterlogging', title: { zh: '积水', en: 'Water' }, kind: 'limit', basis: null, measure: 'value' },
        ...{ levels: { red: { atLeast: 30 } }, respond: 'flood' },
      },
    ],
    onReadings(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  return context;
}

/** A desk where li is on duty, and nobody has a link. */
const fakeDuty = (): Pick<ApiContext, 'duty' | 'responders' | 'photos' | 'cards' | 'nightOf' | 'isSentTo'> => {
  const lines: DutyEntry[] = [];
  const write = (entry: Partial<DutyEntry> & Pick<DutyEntry, 'kind'>, by: string): DutyEntry => {
    const nothing = { of: null, came: null, from: null, text: '', handOver: null };
    const line = { ...nothing, ...entry, number: lines.length + 1, at: 1, by };
    lines.unshift(line);
    return line;
  };
  return {
    duty: {
      now: () => ({
        ...{ mode: 'routine', modeSince: null, modeBy: null, modeNote: null, shifts: ['night'], since: 1, until: 2 },
        ...{ duty: [{ id: 'li', name: '李娜' }], leader: [], by: 'roster', open: 1 },
      }),
      log: (limit) => lines.slice(0, limit),
      handOver: async (to, note, by) => {
        if (to.includes('nobody')) throw new Fault('duty-unknown', 'no such contact');
        return write({ kind: 'hand-over', text: note ?? '', handOver: { from: ['li'], to, open: [] } }, by);
      },
      setMode: async (mode) => (mode === 'routine' ? 'unchanged' : 'done'),
      write: async ({ of, came, from, ...entry }, by) =>
        write({ ...entry, of: of ?? null, came: came ?? null, from: from ?? null }, by),
    },
    photos: {
      list: async () => [FAKE_PHOTO],
      read: async (_alarm, name) => {
        if (name !== FAKE_PHOTO.name) throw new Fault('no-photo', `no photo ${name}`);
        return { type: FAKE_PHOTO.type, bytes: new Uint8Array(3) };
      },
      add: async () => FAKE_PHOTO,
    },
    responders: {
      find: () => null,
      endOf: () => 'unknown',
      act: async () => {
        throw new Fault('link-gone', 'gone');
      },
      photo: async () => {
        throw new Fault('link-gone', 'gone');
      },
    },
    isSentTo: () => true,
    cards: () => [
      { id: 'c', title: { zh: '封路', en: 'Close' }, lines: [{ what: 'step', text: { zh: '拉警戒', en: 'Tape' } }] },
    ],
    nightOf: (at) => new Date(at + 2 * 3_600_000).toISOString().slice(0, 10),
  };
};

export function fakeAlarm(change: Partial<Alarm> = {}): Alarm {
  return {
    id: '019f6b2c-0000-7000-8000-000000000001',
    watch: {
      key: 'night-construction-noise@noise-07/la',
      rule: 'night-construction-noise',
      device: 'noise-07',
      deviceName: '中山路 7 号工地噪声',
      point: 'la',
      quantity: 'noise.la',
      unit: 'dB(A)',
      scene: 'construction',
      place: { grid: 'JS-03', at: [120.7551, 30.7466] },
      title: { zh: '夜间施工噪声超标', en: 'Construction noise over the night limit' },
      basis: 'GB 12523-2025',
      legalLimit: 55,
      permitKind: 'night-work',
      measure: 'leq 20min',
    },
    condition: 'active',
    level: 'red',
    acknowledged: false,
    raisedAt: Date.parse('2026-07-15T13:00:00Z'),
    changedAt: Date.parse('2026-07-15T13:10:00Z'),
    returnedAt: null,
    acknowledgedAt: null,
    acknowledgedBy: null,
    closedAt: null,
    value: 65.003,
    limit: 65,
    coverage: 1,
    window: { name: 'night', date: '2026-07-15' },
    permit: null,
    follows: null,
    ...change,
  };
}

const FAKE_PHOTO = { name: '1784122200000-0123456789abcdef.jpg', type: 'image/jpeg', bytes: 3, at: 1 } as const;

const FAKE_POINT: PointView = {
  key: 'noise-07/la',
  device: 'noise-07',
  deviceName: '中山路 7 号工地噪声',
  id: 'la',
  quantity: 'noise.la',
  unit: 'dB(A)',
  scene: 'construction',
  place: { grid: 'JS-03', at: [120.7551, 30.7466] },
  link: 'bus-1',
  everyMs: 1000,
  last: { point: 'noise-07/la', value: 57.1, at: 1_784_122_200_000, tick: 1_784_122_200_000, quality: 'good' },
};

const FAKE_WALK_TEST: JobView = {
  id: '019f6b2c-0000-7000-8000-00000000000a',
  kind: 'walk-test',
  link: 'device noise-07',
  by: 'wang',
  startedAt: 1_784_122_200_000,
  endedAt: null,
  state: 'running',
  progress: null,
  result: null,
  fault: null,
};

const FAKE_OUTPUT: OutputView = {
  id: 'siren-1',
  name: '建设路警号',
  kind: 'siren',
  point: 'relay-1/siren',
  values: ['off', 'on'],
  safe: 'off',
  silence: 'duty',
  wanted: 'on',
  is: 'off',
  state: 'failed',
  code: 'read-back-differs',
  alarm: 'waterlogging@water-02/depth',
  by: null,
  until: null,
  failures: 1,
};

/** Of the night of 2026-07-15. */
const FAKE_PERMIT = permit.parse({
  id: 'bg-2026-0715-02',
  on: { device: 'noise-07' },
  from: '2026-07-15T22:00:00+08:00',
  to: '2026-07-16T02:00:00+08:00',
  status: 'granted',
});

const FAKE_ANSWER: AnswerView = {
  rule: 'night-construction-noise',
  point: 'noise-07/la',
  answer: 'not-evaluable',
  code: 'filling',
  value: null,
  since: 1_784_122_200_000,
};
