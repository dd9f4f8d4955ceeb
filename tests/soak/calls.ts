import { once } from 'node:events';
import { createServer } from 'node:http';
import { openZone } from '#kit/zone.ts';
import { loadSite } from '../../config/load.ts';
import type { Alarm } from '../../gateway/alarms/alarm.ts';
import type { GatewayStatus } from '../../gateway/gateway.ts';
import { kinds } from '../../gateway/kinds.ts';
import { callKey } from '../../gateway/notify/call.ts';
import { NOBODY } from '../../gateway/notify/people.ts';
import { ROUTINE } from '../../gateway/notify/roster.ts';
import { callsOf } from '../../gateway/notify/route.ts';
import type { Session } from '../e2e/real-gateway.ts';
import { until } from '../tools/program.ts';
import { openSoakedGateway, openStorm, type SoakedGateway } from './soaked-gateway.ts';
import { entriesOf } from './whole.ts';

export interface CallReport {
  readonly rounds: number;
  readonly events: number;
  readonly incidents: number;
  /** Calls that the log asks for, and how many of them came more than once, marked. */
  readonly wanted: number;
  readonly repeated: number;
  readonly faults: readonly string[];
}

interface Came {
  readonly id: string;
  readonly isRepeated: boolean;
  /** UTC ms. */
  readonly at: number;
}

type LogEntry = ReturnType<typeof entriesOf>[number];

/** The alarm or incident that an entry is about. */
const aboutOf = (entry: LogEntry | undefined): string => {
  const { alarm, incident } = (entry?.data ?? {}) as { readonly alarm?: string; readonly incident?: string };
  return alarm ?? incident ?? '';
};

/** The alarms of each incident. */
function membersOf(entries: readonly LogEntry[]): ReadonlyMap<string, Set<string>> {
  const members = new Map<string, Set<string>>();
  for (const { data } of entries) {
    const {
      alarm,
      incident,
      alarms = [],
    } = data as {
      readonly alarm?: string;
      readonly incident?: string | null;
      readonly alarms?: readonly { readonly alarm: string }[];
    };
    if (incident === undefined || incident === null) continue;
    const of = members.get(incident) ?? new Set();
    for (const each of [...(alarm === undefined ? [] : [alarm]), ...alarms.map((listed) => listed.alarm)]) of.add(each);
    members.set(incident, of);
  }
  return members;
}

/** A duty phone by webhook that answers at once, late, by a refusal for now, or not at all. */
async function openPhone(): Promise<AsyncDisposable & { readonly port: number; readonly came: Came[] }> {
  const came: Came[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const chance = Math.random();
    // For now it takes nothing, and has shown nothing.
    if (chance < 0.1) return response.writeHead(503).end();
    const event = JSON.parse(body) as { id: string; data: { text: string } };
    came.push({ id: event.id, isRepeated: event.data.text.includes('重复'), at: Date.now() });
    if (chance < 0.15) return request.socket.destroy();
    if (chance < 0.4) await new Promise((resolve) => setTimeout(resolve, Math.random() * 500));
    return response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    came,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const siteOf = (port: number, isFlood: boolean): readonly string[] => [
  `channels: [{ id: phone, kind: webhook, url: "http://127.0.0.1:${port}/", timeout: 2s }]`,
  'plans: [{ id: quick, title: { zh: 快, en: Quick }, acknowledge: 1s, escalate: { every: 1s, tiers: 3 } }]',
  // Each alarm is told by itself, or nearly all by incidents, many of them.
  isFlood
    ? 'alarms: { flood: { over: 3, below: 2, within: 2s, respond: quick }, chatter: { returns: 1000 } }'
    : 'alarms: { flood: { over: 1000 }, chatter: { returns: 1000 } }',
];
const FILES = {
  'people.yaml': [
    'contacts:',
    ...['li', 'wang', 'zhao'].map((id) => `  - { id: ${id}, name: ${id}, phone: "13800000000" }`),
    'escalation: [[li], [wang], [zhao]]',
    'channels: [phone]',
  ].join('\n'),
};

/** Incidents that nobody has seen and that were not told to every tier. */
function unheard(entries: readonly LogEntry[]): string[] {
  const last = new Map<string, string>();
  for (const { type, data } of entries) {
    const step = /^city\.gengfu\.incident\.(opened|changed|escalated|acknowledged)$/.exec(type)?.[1];
    if (step === undefined) continue;
    const { incident, response } = data as unknown as { incident: string; response: { tier: number } | null };
    last.set(incident, step === 'escalated' ? `${step} ${response?.tier}` : step);
  }
  const heard = new Set(['escalated 3', 'acknowledged']);
  return [...last].filter(([, step]) => !heard.has(step)).map(([id, step]) => `incident ${id} ended as ${step}`);
}

/** The log of a gateway that runs, which has its file to itself. */
async function logBy(session: Session): Promise<readonly LogEntry[]> {
  const all: LogEntry[] = [];
  for (;;) {
    const { events } = await session.get<{ events: LogEntry[] }>(`events?after=${all.length}&limit=500`);
    all.push(...events);
    if (events.length < 500) return all;
  }
}

/**
 * No step that somebody owes has a time that is still to come, every incident was told to the last tier, and no call is left
 * to be made of what the log tells.
 */
async function isQuiet(gateway: SoakedGateway, session: Session): Promise<boolean> {
  const alarms = await gateway.ask<Alarm[]>({ ask: 'alarms' });
  if (alarms.some(({ response }) => response?.clocks.some(({ dueAt }) => dueAt !== null))) return false;
  if (unheard(await logBy(session)).length > 0) return false;
  const { calls } = await gateway.ask<GatewayStatus>({ ask: 'status' });
  return calls.waiting + calls.sending + calls.backlog === 0;
}

/**
 * `kill -9` at random instants while alarms rise and escalate: each step is called once or marked as repeated, none is missed.
 * `isFlood`: most are told by incidents, which nobody acknowledges either.
 */
export async function soakCalls(
  rounds: number,
  say: (text: string) => void = () => {},
  isFlood = false,
): Promise<CallReport> {
  await using phone = await openPhone();
  await using gateway = await openSoakedGateway(null, {
    respond: 'quick',
    site: siteOf(phone.port, isFlood),
    files: FILES,
  });
  using storm = openStorm(gateway.broker, 20);
  for (let round = 1; round <= rounds; round++) {
    await gateway.start();
    // On a machine that is starved nothing may have happened yet.
    const before = await gateway.head();
    await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 2500));
    await until(async () => (await gateway.head()) > before, 'something to happen');
    await gateway.kill();
    say(`round ${round}: ${entriesOf(gateway.data).length} entries, ${phone.came.length} messages`);
  }
  storm[Symbol.dispose]();
  await gateway.start();
  const session = await gateway.signIn();
  await until(() => isQuiet(gateway, session), 'all calls to be made');
  await gateway.kill();

  const { site } = await loadSite(gateway.site, kinds, { missingSecrets: 'warning' });
  const roll = { people: site?.people ?? NOBODY, zone: openZone('Asia/Shanghai'), standing: ROUTINE };
  const entries = entriesOf(gateway.data);
  const wanted = new Map<string, { readonly about: string; readonly person: string; readonly at: number }>();
  /** Entries of which somebody was not reached: the caller itself asks for the tier above. */
  const unreached = new Set<number>();
  for (const entry of entries) {
    const sequence = Number(entry.sequence);
    for (const call of callsOf(entry, roll, 0)) {
      const person = call.to.id;
      wanted.set(callKey({ ...call, sequence }), { about: aboutOf(entry), person, at: Date.parse(entry.time) });
    }
    const told = entry.data as unknown as { readonly entry?: number };
    if (entry.type === 'city.gengfu.call.failed' && told.entry !== undefined) unreached.add(told.entry);
  }
  const came = Map.groupBy(phone.came, ({ id }) => id);
  /** By alarm and person: when he was last told anything of it. */
  const lastTold = new Map<string, number>();
  for (const { id, at } of phone.came) {
    const [sequence, , person] = id.split(':');
    const about = `${aboutOf(entries[Number(sequence) - 1])} ${person}`;
    lastTold.set(about, Math.max(lastTold.get(about) ?? 0, at));
  }
  const faults = unheard(entries);
  const members = membersOf(entries);
  const isTold = (about: string, person: string, at: number) => (lastTold.get(`${about} ${person}`) ?? 0) >= at;
  for (const [id, { about, person, at }] of wanted) {
    // Of several that wait for one person about one alarm one is sent, as it stands then; an alarm may have become part of
    // an incident meanwhile, and alarms that come back leave an incident that is over, each to be told anew.
    const isHeard = (alarm: string) =>
      isTold(alarm, person, at) || [...members].some(([each, of]) => of.has(alarm) && isTold(each, person, at));
    const parts = members.get(about);
    const isKnown = isHeard(about) || (parts !== undefined && (isTold(about, person, at) || [...parts].every(isHeard)));
    if (!came.has(id) && !isKnown) faults.push(`call ${id} never came, and none after it`);
  }
  for (const [id, messages] of came) {
    const sequence = Number(id.split(':')[0]);
    // What a slow disk has not taken in two seconds is told without a number.
    const isAsked = sequence < 0 || wanted.has(id) || unreached.has(sequence);
    if (!isAsked) faults.push(`call ${id} came and nobody asked for it`);
    if (messages.slice(1).some(({ isRepeated }) => !isRepeated)) faults.push(`call ${id} came twice, unmarked`);
  }
  const repeated = [...came.values()].filter((messages) => messages.length > 1).length;
  const incidents = entries.filter(({ type }) => type === 'city.gengfu.incident.opened').length;
  return { rounds, events: entries.length, incidents, wanted: wanted.size, repeated, faults };
}
