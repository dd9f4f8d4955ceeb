import { openZone } from '#kit/zone.ts';
import { peopleFile } from '../../../config/people.ts';
import type { AlarmData } from '../../../gateway/alarms/alarm-event.ts';
import type { People } from '../../../gateway/notify/people.ts';
import { type DutyStanding, ROUTINE } from '../../../gateway/notify/roster.ts';
import type { Roll } from '../../../gateway/notify/route.ts';

export const ZONE = openZone('Asia/Shanghai');
/** An instant of the demo's night, in Shanghai. */
export const at = (time: string, date = '2026-07-15'): number => Date.parse(`${date}T${time}+08:00`);

export const aPeople = (more: object = {}): People =>
  peopleFile.parse({
    contacts: [
      { id: 'li', name: '李娜', phone: '13812345678', roles: ['duty'], account: 'li.na' },
      { id: 'wang', name: '王强', phone: '13900000001', roles: ['leader'], quiet: { hours: '23:00-07:00' } },
      { id: 'zhao', name: '赵敏', phone: '13900000002', roles: ['grid-worker'], grids: ['JS-01'] },
      { id: 'qian', name: '钱进', phone: '13900000003', roles: ['grid-worker'], grids: ['JS-02'] },
      { id: 'chen', name: '陈刚', phone: '13900000004', roles: ['fire-post'] },
      { id: 'daughter', name: '周女士', phone: '13900000005', roles: ['family'], devices: ['smoke-12'] },
      { id: 'shop', name: '店主', phone: '13900000006', roles: ['manager'], devices: ['fume-03'] },
      { id: 'pump', name: '孙工', phone: '13900000007', quiet: '23:00-07:00', channels: ['sms'] },
    ],
    teams: [{ id: 'drainage', name: '排水班', people: ['pump'] }],
    groups: [{ id: 'desk', name: '值守群', channel: 'robot' }],
    roster: [
      { id: 'night', when: '20:00-08:00', duty: ['li'], leader: ['wang'] },
      { id: 'flood', when: '00:00-24:00', duty: ['pump'], modes: ['II', 'I'] },
    ],
    routes: [
      { quantity: 'smoke.state', scene: 'home', to: ['duty', 'family', 'grid-worker', 'fire-post'] },
      { scene: 'kitchen', to: ['duty'], remind: { to: ['manager'], within: '15min' } },
      { scene: 'underpass', to: ['duty', 'desk'], tiers: [['leader', 'drainage']] },
    ],
    channels: ['sms', 'mail'],
    urgentChannels: ['call', 'sms'],
    ...more,
  });

export const aRoll = (people: People = aPeople(), standing: DutyStanding = ROUTINE): Roll => ({
  people,
  zone: ZONE,
  standing,
});

export const someData = (more: Partial<AlarmData> = {}): AlarmData => ({
  alarm: '0199',
  rule: 'waterlogging',
  device: 'water-02',
  point: 'depth',
  quantity: 'water.depth',
  scene: 'underpass',
  level: 'orange',
  previousLevel: null,
  condition: 'active',
  acknowledged: false,
  again: false,
  reason: null,
  exercise: null,
  value: 25.7,
  limit: 25,
  legalLimit: null,
  excess: null,
  unit: 'cm',
  measure: 'value',
  coverage: null,
  window: null,
  permit: null,
  basis: null,
  place: { grid: 'JS-07', at: [120.7, 30.7] },
  title: { zh: '积水', en: 'Waterlogging' },
  follows: null,
  by: null,
  note: null,
  shelvedUntil: null,
  suppressedBy: null,
  outOfService: null,
  response: null,
  verdict: null,
  incident: null,
  clock: 'synchronised',
  ...more,
});

export const NOISE: Partial<AlarmData> = {
  rule: 'night-construction-noise',
  device: 'noise-07',
  point: 'la',
  quantity: 'noise.la',
  scene: 'construction',
  level: 'yellow',
  value: 61.2,
  limit: 55,
  legalLimit: 55,
  excess: 6.2,
  unit: 'dB(A)',
  measure: 'leq 20min',
  basis: 'GB 12523—2025',
  place: { grid: 'JS-03', at: null },
  title: { zh: '夜间施工噪声超标', en: 'Construction noise over the night limit' },
};

export const SMOKE: Partial<AlarmData> = {
  rule: 'smoke-alarm',
  device: 'smoke-12',
  point: 'state',
  quantity: 'smoke.state',
  scene: 'home',
  level: 'red',
  value: 'alarm',
  limit: null,
  unit: null,
  measure: 'state',
  place: { grid: 'JS-01', at: null },
  title: { zh: '火警', en: 'Fire alarm' },
};

/** What an event says of a response. */
export const answered = (more: Partial<NonNullable<AlarmData['response']>> = {}): AlarmData['response'] => ({
  plan: 'flood',
  waitsFor: 'acknowledge',
  due: null,
  to: null,
  tier: 1,
  late: null,
  ...more,
});
