import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import type { ListedAlarm, LogEntry, Problem } from '../../../gateway/console/api.ts';
import { CARDS, DESK } from './fake-desk.ts';
import { ALARMS, depthAt, ENTRIES, NIGHT, POINTS } from './night.ts';

/** The gateway's own policy for the page: what breaks it does not work on a gateway. */
const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'self'";

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** What the fake gateway knows; a test changes it. */
export interface FakeState {
  alarms: ListedAlarm[];
  entries: LogEntry[];
  role: string;
  clock: string;
  /** Every route but the page's own files answers nothing at all. */
  away: boolean;
  readonly posts: { readonly path: string; readonly body: Record<string, unknown> }[];
}

export interface FakeApi extends AsyncDisposable {
  readonly origin: string;
  readonly state: FakeState;
  /** Sends an event to every page that listens. */
  emit(event: string, data: object): void;
  /** Takes the alarm into the list and tells the entry about it. */
  tell(alarm: ListedAlarm, entry: LogEntry): void;
  /** Ends every stream and answers no more. */
  leave(): void;
  comeBack(): void;
}

const answer = (response: ServerResponse, status: number, body: object | null): void => {
  response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' });
  response.end(body === null ? '' : JSON.stringify(body));
};

const problem = (status: number, title: string, more: Partial<Problem> = {}): Problem => ({ title, status, ...more });

export const UPSTREAMS = { city: { state: 'online', backlog: 0, sent: 42 } };
export const LINKS = {
  'bus-1': {
    state: 'up',
    counters: { requests: 5412, timeouts: 12, crc: 1, late: 0 },
    devices: {
      'noise-07': { answers: true },
      'noise-11': { answers: true },
      'noise-19': { answers: false, code: 'no-answer' },
    },
  },
  air: { state: 'up', counters: { messages: 88 }, devices: { 'cover-21': { answers: true } } },
  'plc-1': { state: 'up', counters: { requests: 912 }, devices: { 'water-02': { answers: true } } },
};
const ANSWERS = [
  { rule: 'waterlogging', point: 'water-02/depth', answer: 'red', code: null, value: 36.4, since: NIGHT - 190_000 },
  { rule: 'water-rise', point: 'water-02/depth', answer: 'orange', code: null, value: 1.87, since: NIGHT - 650_000 },
  { rule: 'cover-tilt', point: 'cover-21/tilt', answer: 'orange', code: null, value: 24, since: NIGHT - 27_000 },
  {
    rule: 'night-construction-noise',
    point: 'noise-19/la',
    answer: 'not-evaluable',
    code: 'coverage',
    value: null,
    since: NIGHT - 90_000,
  },
  { rule: 'cover-tilt', point: 'cover-33/tilt', answer: 'normal', code: null, value: 0.8, since: NIGHT - 9_000_000 },
];

/** A gateway that is not one: canned routes, the built page, and a stream that a test speaks through. */
export async function openFakeApi(dist: string): Promise<FakeApi> {
  const streams = new Set<ServerResponse>();
  const state: FakeState = {
    alarms: [...ALARMS],
    entries: [...ENTRIES],
    role: 'duty',
    clock: 'synchronised',
    away: false,
    posts: [],
  };
  const isIn = (request: IncomingMessage) => request.headers.cookie?.includes('session=in') === true;

  const file = async (path: string, response: ServerResponse) => {
    const name = path === '/' ? 'index.html' : normalize(path);
    try {
      const body = await readFile(join(dist, name));
      response.writeHead(200, {
        'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
        'content-security-policy': POLICY,
      });
      response.end(body);
    } catch {
      answer(response, 404, problem(404, 'Not Found'));
    }
  };

  const enter = (response: ServerResponse, name: string | undefined) => {
    response.setHeader('set-cookie', 'session=in; Path=/; HttpOnly; SameSite=Strict');
    answer(response, 200, { name, role: state.role });
  };

  const post = (path: string, body: Record<string, unknown>, request: IncomingMessage, response: ServerResponse) => {
    state.posts.push({ path, body });
    if (path === 'sign-in') {
      if (body.password !== 'right')
        return answer(response, 401, problem(401, 'Unauthorized', { code: 'wrong-sign-in' }));
      return enter(response, String(body.name));
    }
    if (path === 'invitation') return enter(response, String(body.name));
    if (!isIn(request)) return answer(response, 401, problem(401, 'Unauthorized'));
    if (path === 'sign-out') {
      response.setHeader('set-cookie', 'session=; Path=/; Max-Age=0');
      return answer(response, 204, null);
    }
    if (!path.startsWith('alarms/')) return answer(response, 200, { status: 'done', message: null, overlaps: [] });
    const [, id, verb] = path.split('/');
    const found = state.alarms.find((alarm) => alarm.id === id);
    if (found === undefined) return answer(response, 404, problem(404, 'no such alarm', { code: 'no-such-alarm' }));
    const alarm = verb === 'acknowledge' ? { ...found, acknowledged: true, acknowledgedBy: 'li' } : found;
    state.alarms = state.alarms.map((other) => (other.id === id ? alarm : other));
    answer(response, 200, { status: 'done', alarm });
  };

  const series = (path: string, query: URLSearchParams) => {
    const key = path.split('/').slice(1, 3).join('/');
    const to = Math.min(Number(query.get('to')), NIGHT);
    const from = Math.max(Number(query.get('from')), NIGHT - 3 * 3_600_000);
    const at = Array.from({ length: Math.max(0, Math.floor((to - from) / 10_000)) }, (_, n) => from + n * 10_000);
    const isBad = (_time: number, n: number) => n >= 120 && n < 140;
    return {
      point: key,
      at,
      value: at.map((time, n) => (isBad(time, n) ? null : depthAt(time))),
      quality: at.map((time, n) => (isBad(time, n) ? 'bad' : 'good')),
    };
  };

  const get = (path: string, query: URLSearchParams, response: ServerResponse) => {
    const after = Number(query.get('after') ?? 0);
    const ledger = { durable: true, waiting: 0, head: 42, bytes: 81_920 };
    if (path === 'session') return answer(response, 200, { name: 'li', role: state.role });
    if (path === 'alarms') return answer(response, 200, { alarms: query.get('state') === 'open' ? state.alarms : [] });
    if (path.endsWith('/cards')) return answer(response, 200, CARDS);
    if (path.endsWith('/photos')) return answer(response, 200, { photos: [] });
    if (path.startsWith('alarms/')) {
      const alarm = state.alarms.find(({ id }) => id === path.slice('alarms/'.length));
      if (alarm === undefined) return answer(response, 404, problem(404, 'no such alarm'));
      return answer(response, 200, {
        alarm,
        events: state.entries.filter(({ data }) => data.alarm === alarm.id),
        complete: true,
        pictureAt: null,
      });
    }
    if (path.endsWith('/series')) return answer(response, 200, series(path, query));
    const canned: Readonly<Record<string, object>> = {
      site: {
        gateway: 'nh-jianshe-01',
        name: '建设街道 1 号',
        timeZone: 'Asia/Shanghai',
        version: '0.1.0',
        now: NIGHT,
        clock: state.clock,
      },
      points: { points: POINTS },
      answers: { answers: ANSWERS },
      links: LINKS,
      upstreams: UPSTREAMS,
      events: { events: state.entries.filter(({ sequence }) => Number(sequence) > after), head: 42 },
      ...DESK,
    };
    if (path !== 'live') {
      const body = canned[path];
      return answer(response, body === undefined ? 404 : 200, body ?? problem(404, 'Not Found'));
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const status = { health: { ready: true, reasons: [] }, links: LINKS, upstreams: UPSTREAMS, ledger };
    response.write(`event: status\ndata: ${JSON.stringify(status)}\n\n`);
    streams.add(response);
    response.on('close', () => streams.delete(response));
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://fake');
    if (!url.pathname.startsWith('/api/v1/')) return file(url.pathname, response);
    if (state.away) return request.socket.destroy();
    const path = url.pathname.slice('/api/v1/'.length);
    if (request.method === 'POST' || request.method === 'PATCH') {
      let text = '';
      for await (const chunk of request) text += chunk;
      return post(path, JSON.parse(text || '{}'), request, response);
    }
    if (path === 'invitation') {
      const good = url.searchParams.get('secret') === 'good';
      return answer(
        response,
        good ? 200 : 410,
        good ? { role: 'admin' } : problem(410, 'Gone', { code: 'invitation-gone' }),
      );
    }
    if (!isIn(request)) return answer(response, 401, problem(401, 'Unauthorized'));
    get(path, url.searchParams, response);
  };

  const server = createServer((request, response) => void handle(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  const emit = (event: string, data: object) => {
    for (const stream of streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  return {
    origin: `http://127.0.0.1:${bound.port}`,
    state,
    emit,
    tell(alarm, entry) {
      const others = state.alarms.filter(({ id }) => id !== alarm.id);
      state.alarms = alarm.closedAt === null ? [...others, alarm] : others;
      state.entries = [...state.entries, entry];
      emit('entry', entry);
    },
    leave() {
      state.away = true;
      for (const stream of streams) stream.destroy();
    },
    comeBack() {
      state.away = false;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}
