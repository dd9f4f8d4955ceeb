import { setTimeout as wait } from 'node:timers/promises';
import { whileAlive } from './lifetime.ts';
import type { Scenario, Step } from './scenario.ts';
import { clockFace, type SimTime } from './sim-time.ts';

export interface PeopleAccess {
  /** The console's address, `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly name: string;
  readonly password: string;
  /** How long a person looks for the alarm they came for, real milliseconds (5000): live events may be a period late. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 5000;
const LOOK_MS = 200;

/**
 * Plays the acknowledgements through the gateway's API, each at its time. A step that a visitor took first, or
 * whose alarm does not come, is left out.
 */
export async function runPeople(
  scenario: Scenario,
  time: SimTime,
  access: PeopleAccess,
  signal: AbortSignal,
  print: (line: string) => void = console.log,
): Promise<void> {
  const desk = new Desk(access, signal);
  await whileAlive(signal, async () => {
    const steps = scenario.people.filter((step) => !step.later && step.at >= time.now());
    await Promise.all(
      steps.map(async (step) => {
        await time.sleepUntil(step.at, signal);
        const outcome = await play(step, desk, access.patienceMs ?? PATIENCE_MS, signal);
        const { by, kind, alarm } = step;
        print(`people: ${clockFace(time.now(), scenario.offsetMinutes)}  ${by}  ${kind}  ${alarm}  ${outcome}`);
      }),
    );
  });
}

/** Looks for the alarm until it can be acknowledged, says what came of it. */
async function play(step: Step, desk: Desk, patienceMs: number, signal: AbortSignal): Promise<string> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const found = await desk.find(step.alarm);
    if (found.kind === 'alarm') {
      return found.acknowledged ? 'was done already' : desk.acknowledge(found.id, step.note);
    }
    if (performance.now() > end) return found.kind === 'none' ? 'no such alarm' : found.why;
    await wait(LOOK_MS, undefined, { signal });
  }
}

type Found =
  | { readonly kind: 'alarm'; readonly id: string; readonly acknowledged: boolean }
  | { readonly kind: 'none' }
  | { readonly kind: 'trouble'; readonly why: string };

/** One signed-in person's way to the API; signs in again when the session has ended. */
class Desk {
  readonly #access: PeopleAccess;
  readonly #signal: AbortSignal;
  #cookie: Promise<string> | null = null;

  constructor(access: PeopleAccess, signal: AbortSignal) {
    this.#access = access;
    this.#signal = signal;
  }

  async find(key: string): Promise<Found> {
    const answer = await this.#ask('GET', '/api/v1/alarms');
    if (answer.kind === 'trouble') return answer;
    const alarm = listOf(answer.body).find(({ watch }) => watch.key === key);
    return alarm === undefined ? { kind: 'none' } : { kind: 'alarm', id: alarm.id, acknowledged: alarm.acknowledged };
  }

  async acknowledge(id: string, note: string | null): Promise<string> {
    const answer = await this.#ask(
      'POST',
      `/api/v1/alarms/${encodeURIComponent(id)}/acknowledge`,
      note ? { note } : {},
    );
    return answer.kind === 'trouble' ? answer.why : `done${note === null ? '' : `: ${note}`}`;
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
    const { name, password } = this.#access;
    const response = await this.#send('POST', '/api/v1/sign-in', { name, password }, {});
    if (!response.ok) throw new Error(`sign-in answers ${response.status}`);
    const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0]);
    if (cookies.length === 0) throw new Error('sign-in gave no cookie');
    return cookies.join('; ');
  }

  #send(method: string, path: string, body: unknown, headers: Record<string, string>): Promise<Response> {
    return fetch(new URL(path, this.#access.url), {
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
