import { NIGHT } from './night.ts';

const PERSON = { kind: 'person', id: 'zhou' };

/** What the fake gateway answers about duty, calls, outputs and jobs, by path. */
export const DESK: Readonly<Record<string, object>> = {
  duty: {
    ...{ mode: 'routine', modeSince: null, modeBy: null, modeNote: null, open: 7 },
    duty: [{ id: 'zhou', name: '周值班' }],
    leader: [{ id: 'shen', name: '沈主任' }],
    shifts: ['night'],
    ...{ since: NIGHT - 14_400_000, until: NIGHT + 28_800_000, by: 'roster' },
  },
  'duty/log': {
    entries: [
      {
        ...{ number: 2, at: NIGHT - 60_000, by: '值班员', kind: 'further', of: 1, came: 'call', from: '区防汛办' },
        ...{ text: '已封闭南北入口', handOver: null },
      },
      {
        ...{ number: 1, at: NIGHT - 3_600_000, by: '值班员', kind: 'hand-over', of: null, came: null, from: null },
        ...{ text: '', handOver: { from: ['wu'], to: ['zhou'], open: ['waterlogging@water-02/depth'] } },
      },
    ],
  },
  channels: {
    sms: { state: 'ready', sent: 12, failed: 1, waiting: 0, warnings: ['rate-limited'], testedAt: null },
    call: { state: 'failing', error: 'no modem', sent: 0, failed: 3, waiting: 2, warnings: [], testedAt: NIGHT },
  },
  calls: {
    calls: [
      {
        ...{ sequence: 41, alarm: 'a-water', step: 'risen:red', to: PERSON, tier: 1, urgent: true, state: 'sending' },
        ...{ channels: ['sms', 'call'], channel: 1, tries: 2, repeated: true },
        ...{ wantedAt: NIGHT - 5000, notBefore: null, sentAt: null },
      },
    ],
    ...{ waiting: 0, sending: 1, backlog: 0, refused: 0 },
  },
  outputs: {
    outputs: [
      {
        ...{ id: 'siren-1', name: '下穿通道警号', kind: 'siren', point: 'siren-1/relay', values: ['off', 'on'] },
        ...{ safe: 'off', silence: 'admin', wanted: 'on', is: 'on', state: 'on', code: null },
        ...{ alarm: 'waterlogging@water-02/depth', by: '值班员', until: NIGHT + 600_000, failures: 0 },
      },
    ],
  },
  people: {
    contacts: [
      { id: 'zhou', name: '周值班', phone: '138****0001', roles: ['duty'], grids: [], devices: [], hasAccount: true },
      { id: 'wu', name: '吴值班', phone: null, roles: ['duty'], grids: [], devices: [], hasAccount: true },
      {
        id: 'sun',
        name: '孙工',
        phone: '138****0005',
        roles: ['responder'],
        grids: ['JS'],
        devices: [],
        hasAccount: false,
      },
    ],
    teams: [{ id: 'drainage-crew', name: '排水班', people: ['sun'] }],
    channels: [
      { id: 'sms', kind: 'sms' },
      { id: 'call', kind: 'voice' },
    ],
  },
  plans: {
    plans: [{ id: 'flood', title: { zh: '防汛', en: 'Flood' }, steps: {}, escalate: { everyMs: 1, tiers: 3 } }],
  },
  rules: {
    rules: [
      {
        ...{ id: 'waterlogging', title: { zh: '积水', en: 'Water' }, kind: 'limit', basis: null, measure: 'value' },
        ...{ levels: { orange: { atLeast: 25 }, red: { atLeast: 40 } }, respond: 'flood' },
      },
      {
        ...{ id: 'water-rise', title: { zh: '上涨', en: 'Rise' }, kind: 'limit', basis: null, measure: 'rate' },
        ...{ levels: { orange: { above: 1.8 } }, respond: 'flood' },
      },
    ],
  },
  standing: {
    shelves: [],
    outOfService: [{ on: 'cover-33', by: 'li', owner: '王师傅', note: '换井盖', at: NIGHT - 1000, end: null }],
    workOrders: [{ on: 'cover-21', order: 'GD-7', by: 'li', note: null, at: NIGHT, until: NIGHT + 3_600_000 }],
    chattering: [],
  },
  permits: {
    permits: [
      {
        permit: {
          ...{ id: 'bg-2026-0715-02', kind: 'night-work', on: { device: 'noise-11' }, processes: ['混凝土浇筑'] },
          ...{ from: '2026-07-15T22:00:00+08:00', to: '2026-07-16T02:00:00+08:00', status: 'granted' },
        },
        ...{ revision: 1, source: 'site', by: null, at: null, covers: true, differs: null },
      },
    ],
    total: 1,
  },
  'site/history': {
    sites: [
      { number: 2, at: NIGHT - 60_000, hash: 'b', by: 'wang', from: 'directory', of: null },
      { number: 1, at: NIGHT - 3_600_000, hash: 'a', by: 'wang', from: 'directory', of: null },
    ],
    difference: [{ file: 'rules/water.yaml', change: 'changed' }],
  },
  drill: { report: { drill: 'flood', startedAt: '2026-07-16T00:01:00.000+08:00', ended: null } },
  'walk-tests': [],
  // Shown while an alarm is open that names it.
  incidents: {
    incidents: [
      {
        ...{ incident: 'i-1', isOpen: true, title: { zh: '合并告警', en: 'Incident' }, level: 'red', count: 25 },
        ...{ openedAt: '2026-07-16T00:05:00.000+08:00', alarms: [] },
        firstOut: { alarm: 'a-water', subject: 'water-02/depth/waterlogging', level: 'red', grid: 'JS-07', at: '' },
      },
    ],
  },
  cases: {
    cases: [
      {
        ...{ id: '2026-07-15.water-02', date: '2026-07-15', grid: 'JS-07', deviceName: '南溪路下穿通道积水' },
        ...{ state: 'dispatched', raisedAt: NIGHT - 1_000_000, closedAt: null, level: 'red' },
        alarms: ['waterlogging', 'water-rise'].map((rule, n) => ({
          ...{ id: n === 0 ? 'a-water' : 'a-rise', key: `${rule}@water-02/depth`, state: 'UNACK', level: 'red' },
          ...{ raisedAt: NIGHT - 1_000_000, closedAt: null, verdict: null, stage: 'dispatched', to: '排水班' },
        })),
      },
    ],
  },
  jobs: [
    {
      ...{ id: 'j1', kind: 'scan', link: 'bus-1', by: 'wang', startedAt: NIGHT - 30_000, endedAt: null },
      ...{ state: 'running', progress: { done: 3, total: 12, etaMs: null, at: '' }, result: null, fault: null },
    },
  ],
};

export const CARDS = {
  cards: [
    {
      id: 'underpass',
      title: { zh: '下穿通道积水处置', en: 'Flooded underpass' },
      lines: [{ what: 'close', text: { zh: '排水班封闭南北入口', en: 'The drainage crew closes both ends' } }],
    },
  ],
};
