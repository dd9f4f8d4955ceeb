import { setTimeout as wait } from 'node:timers/promises';
import { whileAlive } from './lifetime.ts';
import type { Scenario, Step } from './scenario.ts';
import { clockFace, type SimTime } from './sim-time.ts';

/** Who signs in as whom: a role of the scenario (`duty`, `night-patrol`) → a name and a password. */
export type Accounts = Readonly<Record<string, { readonly name: string; readonly password: string }>>;

export interface PeopleAccess {
  /** The console's address, `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly accounts: Accounts;
  /** How long a person looks for the alarm they came for, real milliseconds (5000): live events may be a period late. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 5000;
const LOOK_MS = 200;

/**
 * Plays what people do through the gateway's API, each step at its time, by who does it. A step that a visitor took first,
 * or whose alarm does not come, is left out; what the gateway does by itself is not played.
 */
export async function runPeople(
  scenario: Scenario,
  time: SimTime,
  access: PeopleAccess,
  signal: AbortSignal,
  print: (line: string) => void = console.log,
): Promise<void> {
  const desks = new Map(
    Object.entries(access.accounts).map(([role, account]) => [role, new Desk(access.url, account, signal)]),
  );
  await whileAlive(signal, async () => {
    const steps = scenario.people.filter((step) => step.by !== GATEWAY && step.at >= time.now());
    await Promise.all(
      steps.map(async (step) => {
        await time.sleepUntil(step.at, signal);
        const desk = desks.get(step.by);
        const outcome =
          desk === undefined ? 'has no account' : await play(step, desk, access.patienceMs ?? PATIENCE_MS, signal);
        const { by, kind, alarm } = step;
        print(`people: ${clockFace(time.now(), scenario.offsetMinutes)}  ${by}  ${kind}  ${alarm}  ${outcome}`);
      }),
    );
  });
}

/** What the table of the night says of the gateway itself stands among the people's steps. */
const GATEWAY = 'gateway';

/** Looks for the alarm until the step can be taken, says what came of it. */
async function play(step: Step, desk: Desk, patienceMs: number, signal: AbortSignal): Promise<string> {
  if (step.kind === 'hand-over') return desk.handOver(step.to, step.note);
  const end = performance.now() + patienceMs;
  for (;;) {
    const found = await desk.find(step.alarm);
    let why = found.kind === 'trouble' ? found.why : 'no such alarm';
    if (found.kind === 'alarm') {
      if (step.kind === 'acknowledge' && found.acknowledged) return 'was done already';
      const done = await desk.act(found.id, step);
      if (done.isDone) return `done${step.note === null ? '' : `: ${step.note}`}`;
      why = done.why;
    }
    if (performance.now() > end) return why;
    await wait(LOOK_MS, undefined, { signal });
  }
}

type Found =
  | { readonly kind: 'alarm'; readonly id: string; readonly acknowledged: boolean }
  | { readonly kind: 'none' }
  | { readonly kind: 'trouble'; readonly why: string };

/** One signed-in person's way to the API; signs in again when the session has ended. */
class Desk {
  readonly #url: string;
  readonly #account: Accounts[string];
  readonly #signal: AbortSignal;
  #cookie: Promise<string> | null = null;

  constructor(url: string, account: Accounts[string], signal: AbortSignal) {
    this.#url = url;
    this.#account = account;
    this.#signal = signal;
  }

  async find(key: string): Promise<Found> {
    const answer = await this.#ask('GET', '/api/v1/alarms');
    if (answer.kind === 'trouble') return answer;
    const alarm = listOf(answer.body).find(({ watch }) => watch.key === key);
    return alarm === undefined ? { kind: 'none' } : { kind: 'alarm', id: alarm.id, acknowledged: alarm.acknowledged };
  }

  async act(alarm: string, { kind, to, note }: Step): Promise<{ readonly isDone: boolean; readonly why: string }> {
    const action = { kind, alarm, ...(to === null ? {} : { to }), ...(note === null ? {} : { note }) };
    const answer = await this.#ask('POST', '/api/v1/actions', action);
    return answer.kind === 'trouble' ? { isDone: false, why: answer.why } : { isDone: true, why: '' };
  }

  async handOver(to: string | null, note: string | null): Promise<string> {
    const answer = await this.#ask('POST', '/api/v1/duty/hand-over', { to: [to ?? ''], note: note ?? '' });
    return answer.kind === 'trouble' ? answer.why : `done: ${note}`;
  }

  async #ask(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ kind: 'body'; body: unknown } | { kind: 'trouble'; why: string }> {
    try {
      this.#cookie ??= this.#signIn();
      const response = await this.#send(method, path, body, { cookie: await this.#cookie });
      if (response.status === 401) this.#cookie = null;
      if (!response.ok) return { kind: 'trouble', why: `${path} answers ${response.status}` };
      const text = await response.text();
      return { kind: 'body', body: text === '' ? null : JSON.parse(text) };
    } catch (error) {
      this.#signal.throwIfAborted();
      this.#cookie = null;
      return { kind: 'trouble', why: error instanceof Error ? error.message : String(error) };
    }
  }

  async #signIn(): Promise<string> {
    const { name, password } = this.#account;
    const response = await this.#send('POST', '/api/v1/sign-in', { name, password }, {});
    if (!response.ok) throw new Error(`sign-in answers ${response.status}`);
    const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0]);
    if (cookies.length === 0) throw new Error('sign-in gave no cookie');
    return cookies.join('; ');
  }

  #send(method: string, path: string, body: unknown, headers: Record<string, string>): Promise<Response> {
    return fetch(new URL(path, this.#url), {
      method,
      signal: this.#signal,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }
}

interface ListedAlarm {
  readonly id: string;
  readonly acknowledged: boolean;
  readonly watch: { readonly key: string };
}

function isListedAlarm(value: unknown): value is ListedAlarm {
  const alarm = value as Partial<ListedAlarm> | null;
  return (
    typeof alarm?.id === 'string' && typeof alarm.acknowledged === 'boolean' && typeof alarm.watch?.key === 'string'
  );
}

/** The alarms of an answer `{ alarms: [...] }`. */
function listOf(body: unknown): readonly ListedAlarm[] {
  const list = (body as { alarms?: unknown } | null)?.alarms;
  return Array.isArray(list) ? list.filter(isListedAlarm) : [];
}
