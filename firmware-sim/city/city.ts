import { createWriteStream } from 'node:fs';
import { aborted, whileAlive } from '../lifetime.ts';
import type { Scenario, Span } from '../scenario.ts';
import { clockFace, encodeTime, type SimTime } from '../sim-time.ts';
import { type Message, openCityBroker } from './broker.ts';
import { encodeLine, numberOf } from './line.ts';
import { Numbers } from './numbers.ts';

export interface CityOptions {
  /** 0: a free one. */
  readonly port: number;
  /** Where all that arrives is kept, as JSON lines `{ at, topic, payload }`. */
  readonly file?: string | undefined;
}

export interface City extends AsyncDisposable {
  readonly port: number;
  /** Numbers received so far, by gateway. */
  readonly numbers: ReadonlyMap<string, Numbers>;
  /** Cuts and joins the line as the scenario says, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** A city platform: a broker that takes what gateways send, prints it and counts its numbers. */
export async function openCity(
  scenario: Scenario,
  time: SimTime,
  options: CityOptions,
  print: (line: string) => void = console.log,
): Promise<City> {
  const numbers = new Map<string, Numbers>();
  const file = options.file === undefined ? null : createWriteStream(options.file, { flags: 'a' });
  const take = ({ topic, payload, retain }: Message) => {
    const [root, version, gateway, kind] = topic.split('/');
    if (root !== 'gengfu' || version !== 'v1' || gateway === undefined) return;
    const text = payload.toString('utf8');
    file?.write(
      `${JSON.stringify({ at: encodeTime(time.now(), scenario.offsetMinutes), topic, retain, payload: text })}\n`,
    );
    if (kind === 'events') print(`city: ${takeEvent(numbersOf(numbers, gateway), text, scenario.offsetMinutes)}`);
    if (kind === 'status') print(`city: ${clockFace(time.now(), scenario.offsetMinutes)}  ${gateway} says ${text}`);
  };
  const broker = await openCityBroker(options.port, take);
  const tell = (what: string) =>
    print(`city: ${clockFace(time.now(), scenario.offsetMinutes)}  ${what}; ${sums(numbers)}`);
  return {
    port: broker.port,
    numbers,
    run: (signal) => whileAlive(signal, () => cutAndJoin(scenario.cityCuts ?? [], broker, time, tell, signal)),
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]();
      tell('the platform ends');
      if (file !== null) await new Promise<void>((resolve) => file.end(resolve));
    },
  };
}

async function cutAndJoin(
  cuts: readonly Span[],
  broker: { cut(): Promise<void>; join(): Promise<void> },
  time: SimTime,
  tell: (what: string) => void,
  signal: AbortSignal,
): Promise<void> {
  for (const [from, to] of cuts) {
    if (time.now() >= to) continue;
    await time.sleepUntil(from, signal);
    await broker.cut();
    tell('the line is cut');
    await time.sleepUntil(to, signal);
    await broker.join();
    tell('the line is back');
  }
  await aborted(signal);
}

function takeEvent(numbers: Numbers, text: string, offsetMinutes: number): string {
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    return `no JSON: ${text.slice(0, 80)}`;
  }
  const number = numberOf(event);
  if (number === null) return `no number: ${text.slice(0, 80)}`;
  const isNew = numbers.take(number);
  return `${encodeLine(event, offsetMinutes)}${isNew ? '' : '  (again)'}`;
}

function numbersOf(all: Map<string, Numbers>, gateway: string): Numbers {
  const known = all.get(gateway) ?? new Numbers();
  all.set(gateway, known);
  return known;
}

/** `42 events, #1 to #42, 0 missing, 0 twice`. */
function sums(all: ReadonlyMap<string, Numbers>): string {
  if (all.size === 0) return 'no events yet';
  return [...all]
    .map(([gateway, { counts }]) => {
      const { received, first, last, missing, twice } = counts;
      return `${gateway}: ${received} events, #${first} to #${last}, ${missing} missing, ${twice} twice`;
    })
    .join('; ');
}
